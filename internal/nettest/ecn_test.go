//go:build linux

package nettest

import (
	"path/filepath"
	"testing"
)

// A router that marks packets instead of dropping them is understood, and one that clears
// the marks is noticed.
func TestECN(t *testing.T) {
	requireNetworks(t)
	for name, test := range map[string]struct {
		router string // what it does to UDP packets that may be marked
		check  func(capable, touched, size int) bool
	}{
		"marked": {
			"limit rate over 1 mbytes/second counter name touched ip ecn set ce",
			func(capable, marked, size int) bool { return capable > size && marked > 0 },
		},
		"cleared": {
			"counter name touched ip ecn set not-ect",
			func(capable, cleared, size int) bool { return capable > 0 && capable < size/4 && cleared > 0 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const size = 24<<20 + 123
			n, file, to := joinedByNAT(t), randomFile(t, size), t.TempDir()
			n.middle.nft(t, `table ip marks {
	counter capable {}
	counter touched {}
	chain through {
		type filter hook forward priority filter
		meta l4proto udp ip ecn ect0 counter name capable
		meta l4proto udp ip ecn ect0 `+test.router+`
	}
}
`)
			n.send(t, file, to, "--relay", n.startRelay(t), "--lanes", "webrtc").carriedBy(t, "webrtc", size)
			same(t, file, filepath.Join(to, filepath.Base(file)))
			capable, touched := n.middle.counted(t, "ip marks capable"), n.middle.counted(t, "ip marks touched")
			t.Logf("%d bytes in packets that may be marked, %d of them were touched", capable, touched)
			if !test.check(capable, touched, size) {
				t.Errorf("%d bytes in packets that may be marked, %d of them were touched, of a file of %d", capable, touched, size)
			}
		})
	}
}
