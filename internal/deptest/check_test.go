package deptest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pkg is what "go list" says about the imports of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string // direct and indirect
	Standard   bool
}

// check lists the violations of the rules.
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
	for _, path := range p.Imports {
		imported, ours := strings.CutPrefix(path, module+"/")
		allowed := standard[path] || withinAny(path, thirdParty()[name])
		if ours {
			allowed = slices.Contains(layers()[name], imported)
		}
		if !allowed {
			faults = append(faults, fmt.Sprintf("%s imports %s", name, imported))
		}
	}
	return faults
}

// within says whether an import path is another one or below it.
func within(path, above string) bool {
	return path == above || strings.HasPrefix(path, above+"/")
}

func withinAny(path string, above []string) bool {
	return slices.ContainsFunc(above, func(a string) bool { return within(path, a) })
}

// unused lists the permissions of thirdParty that no import of the packages needs.
func unused(packages []pkg) (permissions []string) {
	imports := make(map[string][]string)
	for _, p := range packages {
		if name, ours := strings.CutPrefix(p.ImportPath, module+"/"); ours {
			imports[name] = append(imports[name], p.Imports...)
		}
	}
	for name, allowed := range thirdParty() {
		for _, a := range allowed {
			if !slices.ContainsFunc(imports[name], func(path string) bool { return within(path, a) }) {
				permissions = append(permissions, fmt.Sprintf("%s may import %s", name, a))
			}
		}
	}
	slices.Sort(permissions)
	return permissions
}

// The check finds the faults of made-up programs.
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
		"a package without rules that imports a module": {
			p:    pkg{ImportPath: ours("internal/utils"), Imports: []string{"golang.org/x/sync/errgroup"}},
			want: []string{"internal/utils imports golang.org/x/sync/errgroup"},
		},
		"a library in the wrong place": {
			p:    pkg{ImportPath: ours("pkg/tallow"), Imports: []string{"github.com/pion/webrtc/v4"}},
			want: []string{"pkg/tallow imports github.com/pion/webrtc/v4"},
		},
		"a library in its place":         {p: pkg{ImportPath: ours("internal/lane/webrtc"), Imports: []string{"github.com/pion/webrtc/v4"}}},
		"a package below it":             {p: pkg{ImportPath: ours("internal/lane/webrtc"), Imports: []string{"github.com/pion/webrtc/v4/pkg/media"}}},
		"a name that begins like it":     {p: pkg{ImportPath: ours("internal/lane/webrtc"), Imports: []string{"github.com/pion/webrtc/v4util"}}, want: []string{"internal/lane/webrtc imports github.com/pion/webrtc/v4util"}},
		"the module above it":            {p: pkg{ImportPath: ours("internal/vault"), Imports: []string{"golang.org/x/crypto/chacha20"}}, want: []string{"internal/vault imports golang.org/x/crypto/chacha20"}},
		"a module that nobody may use":   {p: pkg{ImportPath: ours("internal/wire"), Imports: []string{"example.org/x"}}, want: []string{"internal/wire imports example.org/x"}},
		"the standard library":           {p: pkg{ImportPath: ours("internal/wire"), Imports: []string{"net/http"}}},
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

// A permission that nothing needs is found, and one that is needed is not.
func TestUnusedFindsPermissions(t *testing.T) {
	const argon2, vault = "golang.org/x/crypto/argon2", "internal/vault"
	line := vault + " may import " + argon2
	if got := unused(nil); !slices.Contains(got, line) {
		t.Errorf("%q is not in %q", line, got)
	}
	if got := unused([]pkg{{ImportPath: module + "/" + vault, Imports: []string{argon2}}}); slices.Contains(got, line) {
		t.Errorf("%q is in %q", line, got)
	}
}
