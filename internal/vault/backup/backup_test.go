package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// testCost makes a password cheap.
func testCost() container.Cost { return container.Cost{Passes: 1, Memory: 8, Lanes: 1} }

func known() []string { return []string{"history/history.db", "stored/stored.db"} }

func testKey(t testing.TB) *devicekey.Key {
	t.Helper()
	key, err := devicekey.ParseKey([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// example are databases, the second one of several chunks.
func example() []File {
	return []File{
		{"history/history.db", []byte("the history")},
		{"stored/stored.db", bytes.Repeat([]byte("stored "), 50_000)},
	}
}

func written(t testing.TB, files []File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, "password", testCost(), testKey(t), files); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read opens a backup and puts it into a folder.
func read(b []byte, password, dir string) (*devicekey.Key, error) {
	r, err := Open(bytes.NewReader(b), password)
	if err != nil {
		return nil, err
	}
	return r.Key, r.Extract(dir, known())
}

func TestBackup(t *testing.T) {
	for _, files := range [][]File{nil, example()[:1], example()} {
		b := written(t, files)
		for _, f := range files {
			if bytes.Contains(b, f.Content[:7]) || bytes.Contains(b, []byte(f.Name)) {
				t.Errorf("%s is in the clear", f.Name)
			}
		}
		if bytes.Contains(b, testKey(t).Secret()) {
			t.Error("the key is in the clear")
		}
		dir := t.TempDir()
		key, err := read(b, "password", dir)
		if err != nil || *key != *testKey(t) {
			t.Fatalf("read: %v", err)
		}
		for _, f := range files {
			path := filepath.Join(dir, filepath.FromSlash(f.Name))
			got, err := os.ReadFile(path)
			info, _ := os.Stat(path)
			if err != nil || !bytes.Equal(got, f.Content) || filepath.Separator == '/' && info.Mode() != 0o600 {
				t.Errorf("%s comes back with %d bytes and %v, %v", f.Name, len(got), info.Mode(), err)
			}
		}
	}
}

// The cost of a password is that of encrypted files, and it is used.
func TestUsualCost(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, "password", testKey(t), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := read(b.Bytes(), "password", t.TempDir()); err != nil {
		t.Error(err)
	}
	if got, want := b.Bytes()[len(magic)+11:len(magic)+20], []byte{4, 0, 0, 0, 3, 0, 1, 0, 0}; !bytes.Equal(got, want) {
		t.Errorf("lanes, passes and memory are %x, want %x", got, want)
	}
}

// Whatever was changed, cut off or added is found out.
func TestDamage(t *testing.T) {
	b := written(t, example())
	if _, err := read(b, "Password", t.TempDir()); !errors.Is(err, ErrPassword) {
		t.Errorf("a wrong password: %v", err)
	}
	refused := func(what string, b []byte) {
		t.Helper()
		if _, err := read(b, "password", t.TempDir()); !errors.Is(err, ErrFormat) && !errors.Is(err, ErrVersion) && !errors.Is(err, ErrPassword) && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := 0; i < len(b); i += 1 + i/3 {
		changed := slices.Clone(b)
		changed[i] ^= 1
		refused("changed", changed)
		refused("cut off", b[:i])
	}
	refused("without its last byte", b[:len(b)-1])
	refused("with another one", append(slices.Clone(b), 0))
	if _, err := read(append([]byte("tallow-vault/2\n"), b[len(magic):]...), "password", t.TempDir()); !errors.Is(err, ErrFormat) {
		t.Errorf("of another form: %v", err)
	}
}

// sealedArchive is a backup with any archive in it.
func sealedArchive(t *testing.T, archive []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	keys, err := container.New(nil, "password", testCost())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = b.WriteString(magic)
	stream, err := container.NewStream(&b, keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := container.NewWriter(stream)
	if _, err := w.Write(archive); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func archiveOf(t testing.TB, entries ...*tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write(make([]byte, h.Size)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func file(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600}
}

// Who knows the password cannot have it write anything but the databases into the
// folder.
func TestHostileArchive(t *testing.T) {
	key := file(keyName, devicekey.Size)
	for name, entries := range map[string][]*tar.Header{
		"nothing":           {},
		"no key":            {file("history/history.db", 1)},
		"a short key":       {file(keyName, devicekey.Size-1)},
		"a key as a link":   {{Typeflag: tar.TypeSymlink, Name: keyName, Linkname: "elsewhere"}},
		"two keys":          {key, key},
		"another file":      {key, file("history/other", 1)},
		"a way out":         {key, file("../outside", 1)},
		"an absolute path":  {key, file("/tmp/outside", 1)},
		"the same twice":    {key, file("stored/stored.db", 1), file("stored/stored.db", 1)},
		"a symlink":         {key, {Typeflag: tar.TypeSymlink, Name: "history/history.db", Linkname: "/etc/passwd"}},
		"a link":            {key, {Typeflag: tar.TypeLink, Name: "history/history.db", Linkname: "/etc/passwd"}},
		"a folder":          {key, {Typeflag: tar.TypeDir, Name: "history/history.db"}},
		"another way there": {key, file("history/./history.db", 1)},
		"another format":    {key, {Typeflag: tar.TypeReg, Name: "history/history.db", Size: 1, Format: tar.FormatGNU, AccessTime: time.Unix(1, 0)}},
	} {
		dir := filepath.Join(t.TempDir(), "in")
		if _, err := read(sealedArchive(t, archiveOf(t, entries...)), "password", dir); !errors.Is(err, ErrVersion) && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		beside, err := os.ReadDir(filepath.Dir(dir))
		if err != nil || len(beside) > 1 {
			t.Errorf("%s: beside the folder there is %v, %v", name, beside, err)
		}
	}
}

func FuzzArchive(f *testing.F) {
	var b bytes.Buffer
	if err := writeArchive(&b, testKey(f), example()[:1]); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(archiveOf(f, file(keyName, devicekey.Size), file("stored/stored.db", 3), file("../outside", 1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := openArchive(bytes.NewReader(b))
		if err != nil {
			return
		}
		dir := filepath.Join(t.TempDir(), "in")
		_ = r.Extract(dir, known())
		err = filepath.WalkDir(filepath.Dir(dir), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(dir, path)
			if !slices.Contains(known(), filepath.ToSlash(rel)) || !d.Type().IsRegular() {
				t.Errorf("there is %s", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// errRead is that of a disk.
var errRead = errors.New("the disk is gone")

type broken struct{ r io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if errors.Is(err, io.EOF) {
		err = errRead
	}
	return n, err
}

// That it cannot be read is told as what it is.
func TestReadError(t *testing.T) {
	b := written(t, example())
	for _, n := range []int{0, 7, len(magic), len(magic) + 9, len(b) / 2, len(b) - 1} {
		r, err := Open(broken{bytes.NewReader(b[:n])}, "password")
		if err == nil {
			err = r.Extract(t.TempDir(), known())
		}
		if !errors.Is(err, errRead) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

// Exported devices come back, and whatever was changed is found out.
func TestDevices(t *testing.T) {
	exported := bytes.Repeat([]byte("devices "), 20_000)
	var b bytes.Buffer
	err := seal(&b, devicesMagic, "password", testCost(), func(w io.Writer) error {
		_, err := w.Write(exported)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	sealed := b.Bytes()
	if got, err := OpenDevices(bytes.NewReader(sealed), "password"); err != nil || !bytes.Equal(got, exported) {
		t.Fatalf("%d bytes come back, %v", len(got), err)
	}
	if bytes.Contains(sealed, []byte("devices d")) {
		t.Error("they are in the clear")
	}
	if _, err := OpenDevices(bytes.NewReader(sealed), "Password"); !errors.Is(err, ErrPassword) {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := OpenDevices(bytes.NewReader(written(t, nil)), "password"); !errors.Is(err, ErrFormat) {
		t.Errorf("a vault: %v", err)
	}
	if _, err := Open(bytes.NewReader(sealed), "password"); !errors.Is(err, ErrFormat) {
		t.Errorf("devices for a vault: %v", err)
	}
	for i := 0; i < len(sealed); i += 1 + i/3 {
		changed := slices.Clone(sealed)
		changed[i] ^= 1
		for what, b := range map[string][]byte{"changed": changed, "cut off": sealed[:i]} {
			if _, err := OpenDevices(bytes.NewReader(b), "password"); !errors.Is(err, ErrFormat) && !errors.Is(err, ErrVersion) && !errors.Is(err, ErrPassword) && !errors.Is(err, ErrDamaged) {
				t.Errorf("%s at %d: %v", what, i, err)
			}
		}
	}
}
