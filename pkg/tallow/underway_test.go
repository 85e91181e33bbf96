package tallow_test

import (
	"path/filepath"
	"testing"

	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// Both sides tell how far each large file is.
func TestFilesUnderway(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{}), Lanes: []tallow.Lane{tallow.LaneTCP}})
	const size = 8 << 20
	dir := write(t, map[string]int{"d/big": size, "d/small": 10})
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Paths: []string{filepath.Join(dir, "d")}, LimitRate: 8 << 20}, tallow.ReceiveOptions{Output: t.TempDir()})
	for name, s := range map[string]outcome{"sender": sent, "receiver": received} {
		if s.err != nil {
			t.Fatalf("%s: %v", name, s.err)
		}
		told := 0
		for _, e := range s.events {
			p, ok := e.(tallow.ProgressEvent)
			if !ok {
				continue
			}
			for _, f := range p.Underway {
				told++
				if f.Path != "d/big" || f.Size != size || f.Bytes <= 0 || f.Bytes > size {
					t.Errorf("%s: %+v", name, f)
				}
			}
		}
		if told == 0 {
			t.Errorf("%s: it was never told", name)
		}
	}
}
