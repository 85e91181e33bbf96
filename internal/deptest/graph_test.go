package deptest

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// goCommand runs the go command for an operating system and returns its output.
func goCommand(t *testing.T, goos, goarch string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s for %s/%s: %v\n%s", cmd, goos, goarch, err, &stderr)
	}
	return string(output)
}

// list returns packages of this module, by pattern, and everything they depend on.
func list(t *testing.T, goos, goarch, pattern string) (packages []pkg) {
	t.Helper()
	out := goCommand(t, goos, goarch, "list", "-deps", "-json=ImportPath,Imports,Deps,Standard", module+"/"+pattern)
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// The imports of every package keep to the rules, on every operating system, and the
// rules allow nothing that is not used on any.
func TestArchitecture(t *testing.T) {
	var all []pkg
	for _, goos := range []string{"linux", "darwin", "windows"} {
		t.Run(goos, func(t *testing.T) {
			packages := list(t, goos, "amd64", "...")
			all = append(all, packages...)
			for _, fault := range check(packages) {
				t.Error(fault)
			}
			there := make(map[string]bool)
			for _, p := range packages {
				there[p.ImportPath] = true
			}
			for name := range layers() {
				if !there[module+"/"+name] {
					t.Errorf("rules_test.go has rules for %s, which does not exist", name)
				}
			}
		})
	}
	for _, permission := range unused(all) {
		t.Errorf("%s, and does not", permission)
	}
}

// The packages that a browser needs compile for it, and "go vet" accepts them there.
func TestPortablePackages(t *testing.T) {
	args := []string{"vet"}
	for _, name := range portable() {
		args = append(args, module+"/"+name)
	}
	goCommand(t, "js", "wasm", args...)
}

// In a browser the page brings WebRTC along.
func TestBrowserLinksNoPion(t *testing.T) {
	for dep := range strings.Lines(goCommand(t, "js", "wasm", "list", "-deps", module+"/internal/lane/...")) {
		if strings.HasPrefix(dep, "github.com/pion/") {
			t.Errorf("the lanes depend on %s", dep)
		}
	}
}

// A browser has no sockets: the program there must not contain what needs them.
func TestPortablePackagesNeedNoSockets(t *testing.T) {
	out := goCommand(t, "js", "wasm", "list", "-deps", module+"/internal/rendezvous")
	if strings.Contains(out, "github.com/gorilla/websocket") {
		t.Error("internal/rendezvous contains gorilla/websocket in a browser")
	}
}
