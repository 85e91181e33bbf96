package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// machineKey is a key in a folder that is not there yet.
func machineKey(t *testing.T) MachineKey {
	t.Helper()
	return MachineKey{Path: filepath.Join(t.TempDir(), "state", "machine-key")}
}

func sealOn(t *testing.T, d MachineKey) []byte {
	t.Helper()
	sealed, err := d.SealResume(words, nameplate, state())
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestMachineKey(t *testing.T) {
	d := machineKey(t)
	sealed := sealOn(t, d)
	if got, err := OpenResume(words, nameplate, sealed, d); err != nil || got != state() {
		t.Errorf("opened as %+v, %v", got, err)
	}
	if again := sealOn(t, d); bytes.Equal(again[1:], sealed[1:]) {
		t.Error("sealed twice alike")
	}
	if runtime.GOOS != "windows" {
		for _, path := range []string{d.Path, d.Path + ".lock"} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", path, info.Mode(), err)
			}
		}
	}
}

// Neither the key nor the code opens it alone.
func TestMachineKeyAndCode(t *testing.T) {
	d := machineKey(t)
	sealed := sealOn(t, d)
	for _, c := range [][2]string{{"acid-acorn-acts", nameplate}, {words, "8"}, {words + "7", ""}} {
		if _, err := OpenResume(c[0], c[1], sealed, d); !errors.Is(err, ErrWrongWords) {
			t.Errorf("%q: %v, want ErrWrongWords", c, err)
		}
	}
	other := machineKey(t)
	sealOn(t, other)
	if _, err := OpenResume(words, nameplate, sealed, other); !errors.Is(err, ErrWrongWords) {
		t.Errorf("with another key: %v, want ErrWrongWords", err)
	}
	for name, none := range map[string]MachineKey{"no file": {}, "no key": machineKey(t)} {
		if got, err := OpenResume(words, nameplate, sealed, none); err == nil {
			t.Errorf("%s: opened as %+v", name, got)
		}
		if _, err := os.Stat(filepath.Dir(none.Path)); none.Path != "" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: opening makes a key (%v)", name, err)
		}
	}
	sealed[0] = resumeVersion // which the machine key does not open
	if _, err := OpenResume(words, nameplate, sealed, d); !errors.Is(err, ErrWrongWords) {
		t.Errorf("as another version: %v, want ErrWrongWords", err)
	}
}

// The key is derived as the comment says: here by HMAC alone, after RFC 5869.
func TestMachineKeyBytes(t *testing.T) {
	d := machineKey(t)
	if err := os.MkdirAll(filepath.Dir(d.Path), 0o700); err != nil {
		t.Fatal(err)
	}
	secret := bytes.Repeat([]byte{0x42}, 32)
	if err := os.WriteFile(d.Path, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	sealed := sealOn(t, d)
	mac := func(key []byte, parts ...string) []byte {
		h := hmac.New(sha256.New, key)
		for _, p := range parts {
			h.Write([]byte(p))
		}
		return h.Sum(nil)
	}
	prk := mac(sealed[1:17], string(secret))
	key := mac(prk, "\x15tallow/2 resume state", string(rune(len(words))), words, string(rune(len(nameplate))), nameplate, "\x01")
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := aead.Open(nil, make([]byte, 12), sealed[17:], sealed[:17])
	if want := state().append(nil); err != nil || sealed[0] != 3 || !bytes.Equal(plain, want) {
		t.Errorf("version %d, plaintext %x, %v; want %x", sealed[0], plain, err, want)
	}
}

// A key that is damaged, or that others may have read, is not used, and stays.
func TestMachineKeyUnusable(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"short":    func(path string) error { return os.WriteFile(path, []byte("short"), 0o600) },
		"long":     func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte{1}, 33), 0o600) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"read by others": func(path string) error {
			if runtime.GOOS == "windows" {
				return os.Mkdir(path, 0o700)
			}
			return errors.Join(os.WriteFile(path, bytes.Repeat([]byte{1}, 32), 0o600), os.Chmod(path, 0o640))
		},
	} {
		d := machineKey(t)
		if err := errors.Join(os.MkdirAll(filepath.Dir(d.Path), 0o700), make(d.Path)); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(d.Path)
		if sealed, err := d.SealResume(words, nameplate, state()); err == nil {
			t.Errorf("%s: sealed as %x", name, sealed)
		}
		if after, _ := os.ReadFile(d.Path); !bytes.Equal(after, before) {
			t.Errorf("%s: it was replaced", name)
		}
	}
}

// Processes that need a key at the same time have the same one.
func TestMachineKeyMadeOnce(t *testing.T) {
	d := machineKey(t)
	sealed := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range sealed {
		wg.Go(func() {
			var err error
			if sealed[i], err = d.SealResume(words, nameplate, state()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, b := range sealed {
		if _, err := OpenResume(words, nameplate, b, d); err != nil {
			t.Errorf("number %d does not open: %v", i, err)
		}
	}
}
