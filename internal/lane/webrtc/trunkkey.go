//go:build !js

package webrtc

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/tallow-transfer/tallow/internal/trunk"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// trunkAttribute is the line of a session description with which a peer says that it
// accepts flows with long-haul connections of version 1 (package longhaul), and with
// which key it seals what it sends on them. Descriptions travel sealed. A browser
// ignores the line and has none.
const trunkAttribute = "a=tallow-longhaul:1 "

// ecnLine is the line with which a peer says that it sees the ECN bits of what comes on
// its flows, and takes reports of them.
const ecnLine = "a=tallow-longhaul-ecn:1"

// hasECNLine says whether a description has that line.
func hasECNLine(sdp string) bool {
	for line := range strings.Lines(sdp) {
		if strings.TrimRight(line, "\r\n") == ecnLine {
			return true
		}
	}
	return false
}

func newTrunkKey() []byte {
	key := make([]byte, trunk.KeySize)
	_, _ = rand.Read(key) // never fails
	return key
}

func appendTrunkKey(sdp string, key []byte) string {
	return sdp + trunkAttribute + base64.StdEncoding.EncodeToString(key) + "\r\n"
}

// parseTrunkKey finds the key in a description. It returns nil if there is none.
func parseTrunkKey(sdp string) ([]byte, error) {
	for line := range strings.Lines(sdp) {
		text, found := strings.CutPrefix(strings.TrimRight(line, "\r\n"), trunkAttribute)
		if !found {
			continue
		}
		key, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(key) != trunk.KeySize {
			return nil, fmt.Errorf("%w: the key of a trunk", wire.ErrMalformed)
		}
		return key, nil
	}
	return nil, nil
}
