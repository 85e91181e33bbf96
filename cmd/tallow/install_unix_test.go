//go:build unix

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// fakeRelease is a release on a server of its own.
type fakeRelease map[string][]byte // by name

// newFakeRelease makes a release of programs that print which one they are, for these
// platforms.
func newFakeRelease(t *testing.T, version string, platforms ...string) fakeRelease {
	t.Helper()
	r := fakeRelease{}
	for _, platform := range platforms {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		w := tar.NewWriter(z)
		for name, content := range map[string]string{
			"README.md": "read me", "man/man1/tallow.1": "manual",
			"tallow": "#!/bin/sh\necho tallow v" + version + " for " + platform + "\n",
		} {
			if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content))}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		r["tallow_"+version+"_"+platform+".tar.gz"] = b.Bytes()
	}
	var sums strings.Builder
	for name, content := range r {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), name)
	}
	r["checksums.txt"] = []byte(sums.String())
	return r
}

// serveReleases serves releases as GitHub does, by the tag or as "latest", and returns
// where they are.
func serveReleases(t *testing.T, releases map[string]fakeRelease) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for tag, release := range releases {
			path := "/releases/download/" + tag + "/"
			if tag == "latest" {
				path = "/releases/latest/download/"
			}
			if content, ok := release[strings.TrimPrefix(r.URL.Path, path)]; ok {
				_, _ = w.Write(content)
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/releases"
}

// installer runs install.sh.
type installer struct {
	shell    []string
	releases string
	home     string
	tools    string // a folder that comes first in PATH
	only     bool   // nothing else is in PATH
}

// run runs the script with arguments. It returns what it printed, and whether it
// succeeded.
func (i installer) run(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	path := i.tools + string(os.PathListSeparator) + os.Getenv("PATH")
	if i.only {
		path = i.tools
	}
	cmd := exec.Command(i.shell[0], append(append(i.shell[1:len(i.shell):len(i.shell)], "../../install.sh"), args...)...)
	cmd.Env = []string{"PATH=" + path, "HOME=" + i.home, "TALLOW_RELEASES=" + i.releases, "TMPDIR=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// fakeMachine makes a uname that says what machine this is.
func fakeMachine(t *testing.T, system, machine string) string {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\ncase $1 in -s) echo " + system + ";; -m) echo " + machine + ";; esac\n"
	if err := os.WriteFile(filepath.Join(dir, "uname"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// shells returns the POSIX shells that are here.
func shells(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for name, command := range map[string][]string{"sh": {"sh"}, "dash": {"dash"}, "busybox": {"busybox", "sh"}, "bash": {"bash", "--posix"}} {
		if path, err := exec.LookPath(command[0]); err == nil {
			all[name] = append([]string{path}, command[1:]...)
		}
	}
	if len(all) == 0 {
		t.Skip("there is no shell")
	}
	return all
}

func TestInstall(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		if _, err := exec.LookPath("wget"); err != nil {
			t.Skip("there is neither curl nor wget")
		}
	}
	platforms := []string{"linux_amd64", "linux_arm64", "linux_armv7", "darwin_amd64", "darwin_arm64", "freebsd_amd64", "freebsd_arm64"}
	releases := serveReleases(t, map[string]fakeRelease{
		"latest": newFakeRelease(t, "2.0.0", platforms...), "v1.9.0": newFakeRelease(t, "1.9.0", platforms...),
	})
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			machines := map[[2]string]string{
				{"Linux", "x86_64"}: "linux_amd64", {"Linux", "aarch64"}: "linux_arm64", {"Linux", "armv7l"}: "linux_armv7",
				{"Darwin", "arm64"}: "darwin_arm64", {"FreeBSD", "amd64"}: "freebsd_amd64",
			}
			if out, _ := exec.Command(shell[0], append(shell[1:len(shell):len(shell)], "-c", "command -v uname")...).Output(); string(out) == "uname\n" {
				machines = map[[2]string]string{{}: runtime.GOOS + "_" + runtime.GOARCH} // the shell has its own
			}
			for machine, platform := range machines {
				i := installer{shell: shell, releases: releases, home: t.TempDir(), tools: fakeMachine(t, machine[0], machine[1])}
				dir := filepath.Join(i.home, "my programs")
				for _, want := range []struct {
					version string
					args    []string
				}{{"2.0.0", nil}, {"1.9.0", []string{"-v", "1.9.0"}}, {"1.9.0", []string{"-v", "v1.9.0"}}} {
					out, ok := i.run(t, append([]string{"-b", dir}, want.args...)...)
					if !ok || !strings.HasPrefix(out, "Installed tallow v"+want.version+" for "+platform+" as "+dir+"/tallow\n") || !strings.Contains(out, "not in PATH") {
						t.Errorf("%v %v: %s", machine, want.args, out)
					}
					got, err := exec.Command(filepath.Join(dir, "tallow")).Output()
					if err != nil || string(got) != "tallow v"+want.version+" for "+platform+"\n" {
						t.Errorf("%s is installed, %v", got, err)
					}
				}
				checkInstalled(t, dir, "tallow")
			}
		})
	}
}

// checkInstalled checks what a folder has in it.
func checkInstalled(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s has %v, want %v", dir, got, want)
	}
}

// What is not the release, or cannot be found, is not installed, and what was installed
// before stays.
func TestInstallRefuses(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl")
	}
	const archive = "tallow_2.0.0_linux_amd64.tar.gz"
	change := func(name string, content []byte) map[string]fakeRelease {
		r := newFakeRelease(t, "2.0.0", "linux_amd64")
		r[name] = content
		if content == nil {
			delete(r, name)
		}
		return map[string]fakeRelease{"latest": r}
	}
	good := newFakeRelease(t, "2.0.0", "linux_amd64")
	other := newFakeRelease(t, "6.6.6", "linux_amd64")["tallow_6.6.6_linux_amd64.tar.gz"]
	for name, tt := range map[string]struct {
		releases        map[string]fakeRelease
		system, machine string
		args            []string
		want            string
	}{
		"another archive":           {releases: change(archive, other), want: "the SHA-256 of " + archive + " is "},
		"half an archive":           {releases: change(archive, good[archive][:100]), want: "the SHA-256 of "},
		"no archive":                {releases: change(archive, nil), want: archive + " could not be downloaded"},
		"no checksums":              {releases: change("checksums.txt", nil), want: "checksums.txt could not be downloaded"},
		"no checksum of it":         {releases: change("checksums.txt", []byte("00  tallow_2.0.0_linux_arm64.tar.gz\n")), want: "no program for linux_amd64"},
		"an empty checksum":         {releases: change("checksums.txt", []byte(" "+archive+"\n")), want: "install.sh: "},
		"a path in the checksums":   {releases: change("checksums.txt", []byte("00  tallow_/../x_linux_amd64.tar.gz\n")), want: "no program for linux_amd64"},
		"no such version":           {args: []string{"-v", "9.9.9"}, want: "could not be downloaded"},
		"an unknown system":         {system: "MINGW64_NT-10.0", want: "no program for the system MINGW64_NT-10.0"},
		"an unknown processor":      {machine: "mips", want: "no program for the processor mips"},
		"a platform not in it":      {system: "FreeBSD", want: "no program for freebsd_amd64"},
		"an unknown option":         {args: []string{"-x"}, want: "usage: install.sh"},
		"a folder that is a file":   {args: []string{"-b", "/etc/passwd"}, want: "cannot be made"},
		"another program's archive": {releases: map[string]fakeRelease{"latest": {"checksums.txt": fmt.Appendf(nil, "%x  %s\n", sha256.Sum256([]byte("x")), archive), archive: []byte("x")}}, want: "has no tallow in it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.releases == nil {
				tt.releases = map[string]fakeRelease{"latest": good}
			}
			system, machine := "Linux", "x86_64"
			if tt.system != "" {
				system = tt.system
			}
			if tt.machine != "" {
				machine = tt.machine
			}
			i := installer{shell: []string{"sh"}, releases: serveReleases(t, tt.releases), home: t.TempDir(), tools: fakeMachine(t, system, machine)}
			dir := filepath.Join(i.home, "bin")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "tallow"), []byte("before"), 0o755); err != nil {
				t.Fatal(err)
			}
			out, ok := i.run(t, append([]string{"-b", dir}, tt.args...)...)
			if ok || !strings.Contains(out, tt.want) {
				t.Errorf("%v: %s", ok, out)
			}
			if b, err := os.ReadFile(filepath.Join(dir, "tallow")); string(b) != "before" {
				t.Errorf("it was replaced: %q, %v", b, err)
			}
			checkInstalled(t, dir, "tallow")
		})
	}
}

// The folder that is taken if none is named, and tools that stand in for others.
func TestInstallPlaces(t *testing.T) {
	releases := serveReleases(t, map[string]fakeRelease{"latest": newFakeRelease(t, "2.0.0", "linux_amd64")})
	tools := fakeMachine(t, "Linux", "x86_64")
	for _, tool := range []string{"sh", "mktemp", "rm", "cp", "chmod", "mv", "mkdir", "tar", "gzip", "head", "cut", "curl"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Skipf("there is no %s", tool)
		}
		if err := os.Symlink(path, filepath.Join(tools, tool)); err != nil {
			t.Fatal(err)
		}
	}
	i := installer{shell: []string{filepath.Join(tools, "sh")}, releases: releases, home: t.TempDir(), tools: tools, only: true}
	dir := filepath.Join(i.home, "bin")
	if out, ok := i.run(t, "-b", dir); ok || !strings.Contains(out, "sha256sum, shasum, sha256 or openssl is needed") {
		t.Errorf("without a program for checksums: %v, %s", ok, out)
	}
	checkInstalled(t, dir)
	if path, err := exec.LookPath("openssl"); err == nil {
		if err := os.Symlink(path, filepath.Join(tools, "openssl")); err != nil {
			t.Fatal(err)
		}
		if out, ok := i.run(t, "-b", dir); !ok {
			t.Errorf("with openssl: %s", out)
		}
	}
	if unix.Access("/usr/local/bin", unix.W_OK) == nil {
		return // it would go there, which is not for a test
	}
	i.only = false
	out, ok := i.run(t)
	if _, err := os.Stat(filepath.Join(i.home, ".local/bin/tallow")); err != nil || !ok {
		t.Errorf("%v, %s", err, out)
	}
}

// What install.sh looks for is what a release has.
func TestInstallerKnowsTheArchives(t *testing.T) {
	config, err := os.ReadFile("../../.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`name_template: "{{ .ProjectName }}_{{ .Version }}_{{ .Os }}_{{ .Arch }}{{ with .Arm }}v{{ . }}{{ end }}"`,
		"name_template: checksums.txt", "algorithm: sha256", "goos: [linux, darwin, windows, freebsd]", "goarch: [amd64, arm64, arm]", `goarm: ["7"]`,
	} {
		if !strings.Contains(string(config), part) {
			t.Errorf("the configuration of releases has no %s", part)
		}
	}
}
