package handshake

import (
	"slices"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// suite1 is CPACE-RISTR255-SHA512, X-Wing, HKDF-SHA256 and AES-256-GCM.
const (
	version1 uint16 = 1
	suite1   uint16 = 1
)

// speaks is what this side can speak: suites in the order of its preference.
type speaks struct{ versions, suites []uint16 }

func current() speaks { return speaks{versions: []uint16{version1}, suites: []uint16{suite1}} }

// choose is the sender's choice of what the receiver proposed: the highest
// version in common, and the first suite of its own that is proposed.
func (s speaks) choose(p wire.Proposal) (version, suite uint16, err error) {
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

// check is the receiver's look at the sender's choice, which has to be one that
// it was offered.
func (s speaks) check(c wire.Choice) error {
	if !slices.Contains(s.versions, c.Version) {
		return &VersionError{"version", s.versions, []uint16{c.Version}}
	}
	if !slices.Contains(s.suites, c.Suite) {
		return &VersionError{"suite", s.suites, []uint16{c.Suite}}
	}
	return nil
}
