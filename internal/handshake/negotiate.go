package handshake

import (
	"slices"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// version2 is the protocol of docs/protocol.md. suite1 is CPACE-RISTR255-SHA512,
// X-Wing, HKDF-SHA256 and AES-256-GCM.
const (
	version2 uint16 = 2
	suite1   uint16 = 1
)

// supported lists what this side supports. Suites are in the order of its
// preference.
type supported struct{ versions, suites []uint16 }

func current() supported {
	return supported{versions: []uint16{version2}, suites: []uint16{suite1}}
}

// choose makes the sender's choice from the receiver's proposal: the highest
// common version, and the first of its own suites that is proposed.
func (s supported) choose(p wire.Proposal) (version, suite uint16, err error) {
	for _, v := range s.versions {
		if v > version && slices.Contains(p.Versions, v) {
			version = v
		}
	}
	if version == 0 {
		return 0, 0, &VersionError{"version", s.versions, p.Versions}
	}
	i := slices.IndexFunc(s.suites, func(n uint16) bool { return slices.Contains(p.Suites, n) })
	if i < 0 {
		return 0, 0, &VersionError{"suite", s.suites, p.Suites}
	}
	return version, s.suites[i], nil
}

// check makes sure that the sender chose something that the receiver proposed.
func (s supported) check(c wire.Choice) error {
	if !slices.Contains(s.versions, c.Version) {
		return &VersionError{"version", s.versions, []uint16{c.Version}}
	}
	if !slices.Contains(s.suites, c.Suite) {
		return &VersionError{"suite", s.suites, []uint16{c.Suite}}
	}
	return nil
}
