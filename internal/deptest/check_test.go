package deptest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pkg is a package as far as its imports go.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string // what is in the program because of it
	Standard   bool
}

// check lists what in the packages breaks the rules.
func check(packages []pkg) (faults []string) {
	standard := make(map[string]bool)
	for _, p := range packages {
		standard[p.ImportPath] = p.Standard
	}
	for _, p := range packages {
		if name, ours := strings.CutPrefix(p.ImportPath, module+"/"); ours {
			faults = append(faults, checkImports(name, p, standard)...)
			for _, forbidden := range never()[name] {
				for _, dep := range p.Deps {
					if within(dep, forbidden) {
						faults = append(faults, fmt.Sprintf("%s depends on %s", name, dep))
					}
				}
			}
		}
	}
	return faults
}

func checkImports(name string, p pkg, standard map[string]bool) (faults []string) {
	allowed := layers()[name]
	for _, path := range p.Imports {
		imported, ours := strings.CutPrefix(path, module+"/")
		if ours && !slices.Contains(allowed, imported) {
			faults = append(faults, fmt.Sprintf("%s imports %s", name, imported))
		}
		if !ours && !standard[path] && slices.Contains(onlyStandard(), name) {
			faults = append(faults, fmt.Sprintf("%s imports %s", name, path))
		}
		for guarded, owners := range onlyIn() {
			if within(path, guarded) && !slices.Contains(owners, name) {
				faults = append(faults, fmt.Sprintf("%s imports %s", name, path))
			}
		}
	}
	return faults
}

// within says whether an import path is another one or below it.
func within(path, above string) bool {
	return path == above || strings.HasPrefix(path, above+"/")
}

// The checker finds what is wrong in programs that are made up.
func TestCheckFindsFaults(t *testing.T) {
	ours := func(path string) string { return module + "/" + path }
	std := pkg{ImportPath: "net/http", Standard: true}
	tests := map[string]struct {
		p    pkg
		want []string
	}{
		"nothing": {p: pkg{ImportPath: ours("internal/session"), Imports: []string{"net/http", ours("internal/wire")}}},
		"an import upwards": {
			p:    pkg{ImportPath: ours("internal/wire"), Imports: []string{ours("internal/session")}},
			want: []string{"internal/wire imports internal/session"},
		},
		"an import across": {
			p:    pkg{ImportPath: ours("internal/transfer"), Imports: []string{ours("internal/disk"), ours("internal/wire")}},
			want: []string{"internal/transfer imports internal/disk"},
		},
		"the command goes past the SDK": {
			p:    pkg{ImportPath: ours("cmd/tallow"), Imports: []string{ours("pkg/tallow"), ours("internal/wire")}},
			want: []string{"cmd/tallow imports internal/wire"},
		},
		"a package that nobody knows": {
			p:    pkg{ImportPath: ours("internal/utils"), Imports: []string{ours("internal/wire")}},
			want: []string{"internal/utils imports internal/wire"},
		},
		"a library in the wrong place": {
			p:    pkg{ImportPath: ours("pkg/tallow"), Imports: []string{"github.com/pion/webrtc/v4"}},
			want: []string{"pkg/tallow imports github.com/pion/webrtc/v4"},
		},
		"a library in its place":         {p: pkg{ImportPath: ours("internal/lane/webrtc"), Imports: []string{"github.com/pion/webrtc/v4"}}},
		"a name that begins like it":     {p: pkg{ImportPath: ours("pkg/tallow"), Imports: []string{"github.com/pion/webrtcutil"}}},
		"any library in a pure package":  {p: pkg{ImportPath: ours("internal/wire"), Imports: []string{"example.org/x"}}, want: []string{"internal/wire imports example.org/x"}},
		"a standard one in the same":     {p: pkg{ImportPath: ours("internal/wire"), Imports: []string{"net/http"}}},
		"the relay by way of another":    {p: pkg{ImportPath: ours("relay"), Deps: []string{ours("internal/handshake")}}, want: []string{"relay depends on " + ours("internal/handshake")}},
		"WebRTC in the relay":            {p: pkg{ImportPath: ours("relay"), Deps: []string{"github.com/pion/webrtc/v4/pkg/media"}}, want: []string{"relay depends on github.com/pion/webrtc/v4/pkg/media"}},
		"others' packages are their own": {p: pkg{ImportPath: "github.com/pion/ice/v4", Imports: []string{"github.com/pion/stun/v4"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := check([]pkg{std, tt.p}); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
