//go:build linux

package nettest

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// exFAT is what USB sticks and cards are formatted with. It has neither hard links
// nor symlinks nor permissions, and times of whole seconds.

// exfatSize is the size of the disk, in bytes, and exfatFile that of a file on it.
const (
	exfatSize = 512 << 20
	exfatFile = 48 << 20
)

// newExFAT makes an exFAT file system in a file and mounts it by FUSE, so that the
// kernel need not know it. It returns its folder.
func newExFAT(t *testing.T) string {
	t.Helper()
	requireRoot(t)
	for _, tool := range []string{"mkfs.exfat", "mount.exfat-fuse", "losetup", "umount"} {
		if _, err := exec.LookPath(tool); err != nil {
			skipOrFail(t, "%s is missing; install exfatprogs, exfat-fuse and mount", tool)
		}
	}
	if _, err := os.Stat("/dev/fuse"); err != nil {
		t.Skip("NOT TESTED: this machine has no FUSE")
	}
	image, folder := filepath.Join(t.TempDir(), "exfat.img"), t.TempDir()
	f, err := os.Create(image)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(exfatSize); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "mkfs.exfat", image)
	device, err := exec.CommandContext(t.Context(), "losetup", "--find", "--show", image).Output()
	if err != nil {
		t.Skipf("NOT TESTED: this machine has no loop devices: %v", err)
	}
	loop := strings.TrimSpace(string(device))
	t.Cleanup(func() { mustRun(t, "losetup", "--detach", loop) })
	mustRun(t, "mount.exfat-fuse", loop, folder)
	t.Cleanup(func() { mustRun(t, "umount", folder) })
	return folder
}

// mustRun runs a program that has to succeed. It also does so in a Cleanup, where
// the test's context is over.
func mustRun(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// sameContents fails unless all files and folders in want are in got, and nothing
// else is, with the same bytes.
func sameContents(t *testing.T, want, got string) {
	t.Helper()
	count := func(dir string) (n int) {
		err := filepath.WalkDir(dir, func(string, fs.DirEntry, error) error { n++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if a, b := count(want), count(got); a != b {
		t.Errorf("%d entries in %s, of %d", b, got, a)
	}
	err := filepath.WalkDir(want, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(want, path)
		if err != nil {
			return err
		}
		return sameBytes(path, filepath.Join(got, name))
	})
	if err != nil {
		t.Error(err)
	}
}

// On a disk without hard links files are put in place all the same: new ones, over
// existing ones, beside them, and after the receiver was killed.
func TestExFAT(t *testing.T) {
	disk := newExFAT(t)
	source := filepath.Join(t.TempDir(), "card")
	for name, size := range map[string]int{"a.txt": 10, "empty": 0, "in/b.bin": 3 << 20, "in/deeper/c.bin": 200_000} {
		path := filepath.Join(source, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Repeat(name, size/len(name))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	relay := "ws://" + run(t, nil, "relay", "--listen", "127.0.0.1:0").first(t, "listening").Addr
	flags := func(more ...string) []string { return append(more, "--relay", relay) }

	t.Run("new", func(t *testing.T) {
		network{}.send(t, source, disk, flags()...).succeed(t)
		sameContents(t, source, filepath.Join(disk, "card"))
		alone(t, disk, "card")
	})
	t.Run("over existing files", func(t *testing.T) {
		old := filepath.Join(disk, "card", "a.txt")
		if err := os.WriteFile(old, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		receiveWith(t, source, disk, flags(), "--on-conflict", "overwrite").succeed(t)
		sameContents(t, source, filepath.Join(disk, "card"))
	})
	t.Run("beside existing files", func(t *testing.T) {
		old := filepath.Join(disk, "card", "a.txt")
		if err := os.WriteFile(old, []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		receiveWith(t, source, disk, flags(), "--on-conflict", "rename").succeed(t)
		if err := sameBytes(filepath.Join(source, "a.txt"), filepath.Join(disk, "card", "a (1).txt")); err != nil {
			t.Error(err)
		}
		if b, err := os.ReadFile(old); err != nil || string(b) != "mine" {
			t.Errorf("what was there is %q, %v", b, err)
		}
	})
	t.Run("after a kill", func(t *testing.T) { killedOnExFAT(t, disk) })
}

// receiveWith is network.send with flags for the receiver alone.
func receiveWith(t *testing.T, path, to string, flags []string, receiver ...string) exchange {
	t.Helper()
	x := exchange{sender: run(t, nil, append([]string{"send", path}, flags...)...)}
	code := x.sender.first(t, "code").Code
	x.receiver = run(t, nil, append(append([]string{"receive", "--yes", "--output", to, code}, receiver...), flags...)...)
	return x
}

func killedOnExFAT(t *testing.T, disk string) {
	file := randomFile(t, exfatFile)
	relay := "ws://" + run(t, nil, "relay", "--listen", "127.0.0.1:0", "--bytes-per-second", strconv.Itoa(exfatFile/8)).first(t, "listening").Addr
	x := network{}.send(t, file, disk, "--relay", relay, "--lanes", "relay")
	x.receiver.await(t, "progress", func(e event) bool { return e.Event == "progress" && e.Bytes >= exfatFile/2 || e.Event == "done" })
	if !x.receiver.kill(t) {
		t.Fatal("the receiver had ended before it was killed")
	}
	arrived := x.receiver.reached()
	x.sender.leave(t)
	_, received := network{}.send(t, file, disk, "--relay", relay, "--lanes", "relay").succeed(t)
	if received.Sent > exfatFile-arrived/2 {
		t.Errorf("%d bytes came again, although %d of %d were there", received.Sent, arrived, exfatFile)
	}
	if err := sameBytes(file, filepath.Join(disk, filepath.Base(file))); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(filepath.Join(disk, "card")); err != nil {
		t.Fatal(err)
	}
	alone(t, disk, filepath.Base(file))
}
