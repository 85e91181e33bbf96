package webrtc

import (
	"errors"
	"reflect"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestCandidateIsRTCIceCandidateInit(t *testing.T) {
	const body = `{"candidate":"candidate:1 1 udp 1 203.0.113.1 9 typ host","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":null}`
	c, err := parseCandidate(body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.format(); err != nil || got != body {
		t.Errorf("%s, %v, want %s", got, err, body)
	}
}

func FuzzParseCandidate(f *testing.F) {
	for _, seed := range []string{`{}`, `null`, `{"candidate":7}`, `{"candidate":"a","sdpMid":"0","sdpMLineIndex":65536}`, "{"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c, err := parseCandidate(body)
		if err != nil {
			if !errors.Is(err, wire.ErrMalformed) {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		again, err := c.format()
		if err != nil {
			t.Fatal(err)
		}
		if d, err := parseCandidate(again); err != nil || !reflect.DeepEqual(c, d) {
			t.Fatalf("%q is parsed again as %+v, %v", body, d, err)
		}
	})
}
