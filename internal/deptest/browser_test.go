package deptest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// notInBrowser lists what a browser's program must not contain: what needs a disk or
// sockets, and what a browser has already and is large. The page brings WebRTC along.
func notInBrowser() []string {
	return []string{
		module + "/internal/disk/source", module + "/internal/disk/destination", module + "/internal/disk/partial",
		module + "/internal/disk/journal", module + "/internal/disk/osfs", module + "/internal/lan", module + "/internal/nearby", module + "/internal/trunk",
		module + "/relay", module + "/web", module + "/internal/history", module + "/internal/vault/devicekey",
		"github.com/gorilla/websocket", "github.com/pion",
		"net/http", "crypto/tls", "crypto/x509",
	}
}

// checkBrowser lists the packages of a browser's program that must not be in it, each
// with the packages that are allowed and import it.
func checkBrowser(packages []pkg) (faults []string) {
	for _, p := range packages {
		if withinAny(p.ImportPath, notInBrowser()) {
			continue
		}
		for _, path := range p.Imports {
			if withinAny(path, notInBrowser()) {
				faults = append(faults, fmt.Sprintf("%s, which browsers need, imports %s",
					strings.TrimPrefix(p.ImportPath, module+"/"), strings.TrimPrefix(path, module+"/")))
			}
		}
	}
	return faults
}

// The SDK and the browser's program compile for browsers, without what they do not
// have, and keep to the rules there too.
func TestBrowser(t *testing.T) {
	goCommand(t, "js", "wasm", "build", "-o", os.DevNull, module+"/cmd/tallow-wasm")
	packages := list(t, "js", "wasm", "cmd/tallow-wasm")
	for _, fault := range append(checkBrowser(packages), check(packages)...) {
		t.Error(fault)
	}
}

// The check finds the faults of made-up programs.
func TestCheckBrowserFindsFaults(t *testing.T) {
	ours := func(path string) string { return module + "/" + path }
	sdk := pkg{ImportPath: ours("pkg/tallow"), Imports: []string{ours("internal/link"), ours("internal/disk/osfs")}}
	link := pkg{ImportPath: ours("internal/link"), Imports: []string{"github.com/gorilla/websocket", "github.com/pion/webrtc/v4"}}
	for name, tt := range map[string]struct {
		packages []pkg
		want     []string
	}{
		"nothing": {packages: []pkg{{ImportPath: ours("pkg/tallow"), Imports: []string{ours("internal/wire")}}, {ImportPath: ours("internal/wire")}}},
		"a package of ours": {
			packages: []pkg{{ImportPath: ours("internal/disk/osfs")}, sdk},
			want:     []string{"pkg/tallow, which browsers need, imports internal/disk/osfs"},
		},
		"a module, by way of another package": {
			packages: []pkg{{ImportPath: "github.com/gorilla/websocket"}, link, {ImportPath: ours("pkg/tallow"), Imports: []string{ours("internal/link")}}},
			want: []string{
				"internal/link, which browsers need, imports github.com/gorilla/websocket",
				"internal/link, which browsers need, imports github.com/pion/webrtc/v4",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := checkBrowser(tt.packages); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
