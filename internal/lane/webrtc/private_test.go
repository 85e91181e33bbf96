package webrtc

import (
	"strings"
	"testing"
)

func TestCandidateWithoutAddresses(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{
			"candidate:1 1 udp 16777215 203.0.113.7 50000 typ relay raddr 192.168.1.2 rport 40000",
			"candidate:1 1 udp 16777215 203.0.113.7 50000 typ relay raddr 0.0.0.0 rport 0",
		},
		{
			"candidate:1 1 udp 16777215 203.0.113.7 50000 typ relay raddr fd00::2 rport 4 generation 0 network-cost 10",
			"candidate:1 1 udp 16777215 203.0.113.7 50000 typ relay raddr 0.0.0.0 rport 0 generation 0 network-cost 10",
		},
		{"candidate:1 1 udp 16777215 203.0.113.7 50000 typ relay", "candidate:1 1 udp 16777215 203.0.113.7 50000 typ relay"},
		{"candidate:1 1 udp 2130706431 192.168.1.2 40000 typ host", ""},
		{"candidate:1 1 udp 1694498815 198.51.100.2 40000 typ srflx raddr 192.168.1.2 rport 40000", ""},
		{"candidate:1 1 udp 1694498815 198.51.100.2 40000 typ prflx raddr 192.168.1.2 rport 40000", ""},
		{"candidate:1 1 udp 2130706431 6a5b.local 40000 typ host", ""},
		{"relay", ""},
		{"", ""},
	} {
		got, relayed := Candidate{Candidate: tt.in}.withoutAddresses()
		if got.Candidate != tt.want || relayed != (tt.want != "") {
			t.Errorf("%q became %q, %v", tt.in, got.Candidate, relayed)
		}
	}
}

func TestDescriptionWithoutAddresses(t *testing.T) {
	in := strings.Join([]string{
		"v=0", "o=- 46117 2 IN IP6 fd00::2", "s=-", "m=application 40000 UDP/DTLS/SCTP webrtc-datachannel",
		"c=IN IP4 192.168.1.2", "a=rtcp:9 IN IP4 192.168.1.2",
		"a=candidate:1 1 udp 2130706431 192.168.1.2 40000 typ host", "a=mid:0", "",
	}, "\r\n")
	want := strings.Join([]string{
		"v=0", "o=- 46117 2 IN IP4 0.0.0.0", "s=-", "m=application 40000 UDP/DTLS/SCTP webrtc-datachannel",
		"c=IN IP4 0.0.0.0", "a=mid:0", "",
	}, "\r\n")
	if got := withoutAddresses(in); got != want {
		t.Errorf("%q", got)
	}
}
