//go:build !js

package webrtc

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/trunk"
	"github.com/tallow-transfer/tallow/internal/wire"
)

const someSDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"

func TestTrunkKeyOfADescription(t *testing.T) {
	key := newTrunkKey()
	if got, err := parseTrunkKey(appendTrunkKey(someSDP, key)); err != nil || !bytes.Equal(got, key) {
		t.Errorf("%x, %v; want %x", got, err, key)
	}
	if got, err := parseTrunkKey(someSDP); got != nil || err != nil {
		t.Errorf("of a side without one: %x, %v", got, err)
	}
	for name, line := range map[string]string{
		"empty":      "",
		"too short":  strings.Repeat("A", 40) + "==",
		"too long":   strings.Repeat("A", 48),
		"no base64":  strings.Repeat("!", 44),
		"not strict": strings.Repeat("A", 42) + "B=",
	} {
		if _, err := parseTrunkKey(someSDP + trunkAttribute + line + "\r\n"); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestECNLine(t *testing.T) {
	for sdp, want := range map[string]bool{
		someSDP + ecnLine + "\r\n":                                 true,
		appendTrunkKey(someSDP, newTrunkKey()) + ecnLine + "\r\n":  true,
		someSDP + ecnLine:                                          true,
		someSDP:                                                    false,
		someSDP + ecnLine + "1\r\n":                                false,
		someSDP + "a=x " + ecnLine + "\r\n":                        false,
		appendTrunkKey(someSDP, newTrunkKey()):                     false,
		someSDP + strings.Replace(ecnLine, ":1", ":2", 1) + "\r\n": false,
	} {
		if got := hasECNLine(sdp); got != want {
			t.Errorf("%q: %t", sdp, got)
		}
	}
	if got, err := parseTrunkKey(someSDP + ecnLine + "\r\n"); got != nil || err != nil {
		t.Errorf("it is taken for a key: %x, %v", got, err)
	}
}

func FuzzParseTrunkKey(f *testing.F) {
	f.Add(appendTrunkKey(someSDP, make([]byte, trunk.KeySize)))
	f.Add(trunkAttribute)
	f.Fuzz(func(t *testing.T, sdp string) {
		key, err := parseTrunkKey(sdp)
		switch {
		case err != nil && key != nil, err == nil && key != nil && len(key) != trunk.KeySize:
			t.Errorf("%d bytes, %v", len(key), err)
		case key != nil && !strings.Contains(sdp, strings.TrimSpace(appendTrunkKey("", key))):
			t.Errorf("a key that is not there: %x", key)
		}
	})
}
