package disk_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/internal/disk/partial"
)

// crashed returns a folder with the partial folders of dest as after a power cut:
// the files are there, and no process holds them.
func crashed(t *testing.T, dest string) string {
	t.Helper()
	to := t.TempDir()
	for _, box := range leftovers(t, dest) {
		must(t, os.CopyFS(filepath.Join(to, filepath.Base(box)), os.DirFS(box)))
	}
	return to
}

func remembers(t *testing.T, dest string, want ...string) {
	t.Helper()
	var got []string
	for _, b := range partial.Remembered(t.Context(), dest, "") {
		got = append(got, string(b))
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q is remembered, want %q", got, want)
	}
}

// What Remember took is found after a crash unless a process holds the folder,
// the newest first, and by later processes too until one finishes.
func TestRemember(t *testing.T) {
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{}, "a")
	for _, s := range []string{"one", "two", "one"} {
		must(t, f.Remember([]byte(s)))
	}
	remembers(t, dir) // this process holds it
	dir = crashed(t, dir)
	before := tree(t, dir)
	remembers(t, dir, "one", "two")
	if after := tree(t, dir); !reflect.DeepEqual(after, before) {
		t.Errorf("to look left %v", after)
	}
	f = begun(t, dir, destination.Options{}, "a")
	remembers(t, dir)
	must(t, f.Remember([]byte("three")))
	remembers(t, crashed(t, dir), "three", "one", "two")
	_, err := put(t, f, fileEntry("a", 1), []byte("1"))
	must(t, err)
	remembers(t, crashed(t, dir), "three", "one", "two")
	must(t, f.Finish(t.Context()))
	remembers(t, dir)
	if err := f.Remember([]byte("late")); err == nil {
		t.Error("a transfer that is over remembers")
	}
}

// Of several transfers into one folder, the one that was active last comes first.
func TestRememberSeveral(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		must(t, begun(t, dir, destination.Options{}, name).Remember([]byte(name)))
	}
	dir = crashed(t, dir)
	var want []string
	for i, box := range leftovers(t, dir) {
		at := time.Unix(int64(1000+i), 0)
		must(t, os.Chtimes(filepath.Join(box, "journal"), at, at))
		journal := read(t, filepath.Join(box, "journal"))
		want = append([]string{journal[len(journal)-1:]}, want...) // its blob
	}
	remembers(t, dir, want...)
}

func TestRememberBounds(t *testing.T) {
	dir := t.TempDir()
	f := folder(t, dir, destination.Options{})
	mentions(t, f.Remember([]byte("early")), "not begun")
	must(t, f.Begin(t.Context(), []string{"a"}, 0))
	most := bytes.Repeat([]byte{7}, journal.MaxSealed)
	mentions(t, f.Remember(nil), "1 to 1024")
	mentions(t, f.Remember(append(most, 7)), "1025 bytes")
	must(t, f.Remember(most))
	remembers(t, crashed(t, dir), string(most))
	for i := range 40 {
		must(t, f.Remember(fmt.Append(nil, i)))
	}
	if got := partial.Remembered(t.Context(), crashed(t, dir), ""); len(got) != 16 || string(got[0]) != "39" || string(got[15]) != "24" {
		t.Errorf("%q", got)
	}
}

// A Close with nothing to resume leaves nothing, whatever was remembered. With a
// block it leaves both.
func TestRememberAndClose(t *testing.T) {
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{}, "a")
	must(t, f.Remember([]byte("one")))
	must(t, f.Close())
	if found := tree(t, dir); len(found) > 0 {
		t.Errorf("%v", found)
	}
	f = begun(t, dir, destination.Options{}, "a")
	must(t, f.Remember([]byte("one")))
	file, err := f.Prepare(t.Context(), 0, fileEntry("a", 2*mib))
	must(t, err)
	fill(t, file, random(mib, 1))
	must(t, f.Close())
	remembers(t, dir, "one")
}

// After Keep, what was remembered stays although nothing has arrived. It is
// removed by the transfer that takes it up.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{}, "a")
	must(t, f.Remember([]byte("one")))
	f.Keep()
	must(t, f.Close())
	remembers(t, dir, "one")
	f = begun(t, dir, destination.Options{}, "a")
	_, err := put(t, f, fileEntry("a", 1), []byte("1"))
	must(t, err)
	must(t, f.Finish(t.Context()))
	must(t, f.Close())
	if found := tree(t, dir); len(found) != 1 {
		t.Errorf("%v", found)
	}
}

// Anything else with such a name is ignored.
func TestRememberedJunk(t *testing.T) {
	base := t.TempDir()
	remembers(t, filepath.Join(base, "missing"))
	remembers(t, write(t, filepath.Join(base, "file"), nil))
	dir := t.TempDir()
	must(t, begun(t, dir, destination.Options{}, "a").Remember([]byte("found")))
	dir = crashed(t, dir)
	box := leftovers(t, dir)[0]
	journal := []byte(read(t, filepath.Join(box, "journal")))
	outside := t.TempDir()
	write(t, filepath.Join(outside, "journal"), journal)
	write(t, filepath.Join(outside, "lock"), nil)

	at := func(name string) string { return filepath.Join(dir, ".tallow-"+name) }
	write(t, at("file"), journal)
	must(t, os.Symlink(outside, at("link")))
	must(t, os.Mkdir(at("empty"), 0o700))
	must(t, os.MkdirAll(filepath.Join(at("odd"), "journal"), 0o700))
	write(t, filepath.Join(at("garbage"), "journal"), random(100_000, 1))
	write(t, filepath.Join(at("zeros"), "journal"), make([]byte, 1000))
	write(t, filepath.Join(at("headless"), "journal"), journal[40:])
	must(t, os.Mkdir(at("linked"), 0o700))
	must(t, os.Symlink(filepath.Join(outside, "journal"), filepath.Join(at("linked"), "journal")))
	if os.Geteuid() == 0 {
		write(t, filepath.Join(at("foreign"), "journal"), journal)
		write(t, filepath.Join(at("foreign"), "lock"), nil)
		must(t, os.Chown(at("foreign"), 12345, 12345))
	}
	for name, make := range specialFiles() {
		must(t, os.Mkdir(at(name), 0o700))
		make(t, filepath.Join(at(name), "journal"))
	}
	remembers(t, dir, "found")
}

// A journal that is cut off or damaged anywhere is read up to the damage.
func TestRememberedDamaged(t *testing.T) {
	dir := t.TempDir()
	f := begun(t, dir, destination.Options{}, "a")
	for _, s := range []string{"one", "two", "three"} {
		must(t, f.Remember([]byte(s)))
	}
	dir = crashed(t, dir)
	p := filepath.Join(leftovers(t, dir)[0], "journal")
	journal := []byte(read(t, p))
	// Where the records end: a head of 7 bytes each, 33 of the first one.
	ends := []int{7 + 33, 50, 60, 72}
	if len(journal) != ends[3] {
		t.Fatalf("the journal has %d bytes", len(journal))
	}
	sound := func(n int) []string {
		var want []string
		for i, s := range []string{"one", "two", "three"} {
			if n >= ends[i+1] {
				want = append([]string{s}, want...)
			}
		}
		return want
	}
	for n := range len(journal) + 1 {
		write(t, p, journal[:n])
		remembers(t, dir, sound(n)...)
	}
	for n := range journal {
		for bit := range 8 {
			d := bytes.Clone(journal)
			d[n] ^= 1 << bit
			write(t, p, d)
			remembers(t, dir, sound(n)...)
		}
	}
}
