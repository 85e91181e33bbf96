//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The Action installs the release that is named, for the steps that follow, if it is
// what the release says.
func TestActionInstalls(t *testing.T) {
	needBash(t)
	platform := runtime.GOOS + "_" + runtime.GOARCH
	good, changed := newFakeRelease(t, "1.2.3", platform), newFakeRelease(t, "1.2.4", platform)
	for name := range changed {
		if strings.HasSuffix(name, ".tar.gz") {
			changed[name] = append(changed[name], 0)
		}
	}
	releases := serveReleases(t, map[string]fakeRelease{"v1.2.3": good, "v1.2.4": changed, "latest": good})
	for _, tt := range []struct{ name, version, words string }{
		{"the release", "v1.2.3", ""},
		{"another archive", "v1.2.4", "and should be"},
		{"no such release", "v1.2.5", "could not be downloaded"},
		{"no version", "../../evil", "version is not like v1.2.3"},
		{"none", "", "version is not like v1.2.3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRunner(t, "")
			log, exit := r.run(t, "install", "INPUT_VERSION="+tt.version, "TALLOW_RELEASES="+releases, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
			path, _ := os.ReadFile(filepath.Join(r.dir, "path"))
			if tt.words != "" {
				if exit == 0 || !strings.Contains(log, tt.words) || len(path) > 0 {
					t.Errorf("exit code %d, path %q, log:\n%s", exit, path, log)
				}
				return
			}
			out, err := exec.Command(filepath.Join(strings.TrimSpace(string(path)), "tallow")).CombinedOutput()
			if exit != 0 || err != nil || string(out) != "tallow v1.2.3 for "+platform+"\n" {
				t.Errorf("exit code %d, %q, %v, log:\n%s", exit, out, err, log)
			}
		})
	}
}
