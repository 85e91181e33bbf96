//go:build linux

package nettest

import (
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/relaytest"
)

// A relay whose mailbox is hostile: what arrives is what was sent, once, and all arrives again
// when the relay behaves.
func TestHostileMailbox(t *testing.T) {
	t.Parallel()
	behind := run(t, nil, "relay", "--listen", "127.0.0.1:0", "--stun", "off").first(t, "listening").Addr
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: behind})
	proxy.ErrorLog = log.New(io.Discard, "", 0) // of connections that it breaks
	hostile := relaytest.NewHostile(proxy, 1)
	server := httptest.NewUnstartedServer(hostile)
	server.Config.ErrorLog = proxy.ErrorLog
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	relay := &boxRelay{url: "ws" + strings.TrimPrefix(server.URL, "http")}
	ann, bob := paired{name: "ann", home: t.TempDir()}, paired{name: "bob", home: t.TempDir()}
	ann.pairWith(t, bob, relay)
	atAnn, atBob := ann.listen(t), bob.listen(t)

	hostile.Start(0.3, relaytest.AllEvil()...)
	sent, arrived := 0, 0
	for n := range 4 {
		for _, to := range []paired{ann, bob} {
			from := map[string]paired{"ann": bob, "bob": ann}[to.name]
			name := fmt.Sprintf("%s-%d", from.name, n)
			sent++
			if from.mayCome(t, to, name).cmd.ProcessState.ExitCode() == 0 {
				arrived++
			}
		}
	}
	t.Logf("%d of %d files arrived; the relay did %v", arrived, sent, hostile.Did())

	hostile.Behave()
	for n := range 3 {
		ann.sends(t, bob, fmt.Sprint("ann-later-", n))
		bob.sends(t, ann, fmt.Sprint("bob-later-", n))
	}
	for _, at := range []struct {
		device   paired
		listener *command
		from     string
	}{{ann, atAnn, "bob"}, {bob, atBob, "ann"}} {
		at.listener.leave(t)
		if n := at.listener.matching(func(e event) bool { return e.Event == "device-sends" && e.Name != at.from }); n > 0 {
			t.Errorf("%d transfers of %s came from somebody else", n, at.from)
		}
		files, err := os.ReadDir(at.device.folder())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(filepath.Join(at.device.folder(), f.Name()))
			if err != nil || !strings.HasPrefix(f.Name(), at.from+"-") || string(b) != "this is "+f.Name() {
				t.Errorf("%s has %s with %q, %v", at.device.name, f.Name(), b, err)
			}
		}
		if n := at.listener.count("done"); n != len(files) {
			t.Errorf("%s received %d times, and has %d files", at.device.name, n, len(files))
		}
	}
}
