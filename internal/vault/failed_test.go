package vault

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// failedCodes is a store in a folder that is not there yet, at a time that can be
// set.
func failedCodes(t *testing.T) (f FailedCodes, now *time.Time) {
	t.Helper()
	at := time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC)
	now = &at
	return FailedCodes{Path: filepath.Join(t.TempDir(), "state", "failed-codes"), Now: func() time.Time { return *now }}, now
}

func failedCode() FailedCode {
	return FailedCode{Words: words, Nameplate: nameplate}
}

func has(t *testing.T, f FailedCodes, c FailedCode) bool {
	t.Helper()
	found, err := f.Has(c)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func add(t *testing.T, f FailedCodes, c FailedCode) {
	t.Helper()
	if err := f.Add(c); err != nil {
		t.Fatal(err)
	}
}

func TestFailedCodes(t *testing.T) {
	f, _ := failedCodes(t)
	if has(t, f, failedCode()) {
		t.Error("a code failed before there was one")
	}
	if _, err := os.Stat(filepath.Dir(f.Path)); err == nil {
		t.Error("Has makes a folder")
	}
	add(t, f, failedCode())
	if !has(t, f, failedCode()) {
		t.Error("the code that failed is not remembered")
	}
	for name, c := range map[string]FailedCode{
		"other words":     {"acid-acorn-acts", nameplate},
		"other nameplate": {words, "8"},
		"shifted fields":  {words + "7", ""},
	} {
		if has(t, f, c) {
			t.Errorf("%s: failed, too", name)
		}
	}
}

func TestFailedCodesExpire(t *testing.T) {
	f, now := failedCodes(t)
	start := *now
	add(t, f, failedCode())
	*now = start.Add(FailedCodeLifetime - 2*time.Second)
	if !has(t, f, failedCode()) {
		t.Error("forgotten too early")
	}
	*now = start.Add(FailedCodeLifetime)
	if has(t, f, failedCode()) {
		t.Error("remembered for more than its lifetime")
	}
	if err := f.Prune(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.Path); !os.IsNotExist(err) {
		t.Errorf("the file of no codes: %v", err)
	}
	if err := f.Prune(); err != nil {
		t.Errorf("without a file: %v", err)
	}
}

// Failing again begins the time anew, and takes no second entry. Whatever has
// expired goes with the next Add.
func TestFailedCodesAddAgain(t *testing.T) {
	f, now := failedCodes(t)
	start := *now
	other := FailedCode{Words: "other", Nameplate: "9"}
	add(t, f, other)
	*now = start.Add(FailedCodeLifetime / 2)
	add(t, f, failedCode())
	*now = start.Add(FailedCodeLifetime + time.Hour)
	add(t, f, failedCode())
	if got := readFailed(t, f); len(got.entries) != 1 {
		t.Errorf("%d entries, want 1", len(got.entries))
	}
	*now = start.Add(2 * FailedCodeLifetime)
	if !has(t, f, failedCode()) || has(t, f, other) {
		t.Error("the second failure does not count")
	}
}

// A clock that was wrong keeps no code for longer than the lifetime from now.
func TestFailedCodesClockSetBack(t *testing.T) {
	f, now := failedCodes(t)
	start := *now
	*now = start.AddDate(10, 0, 0)
	add(t, f, failedCode())
	*now = start
	if !has(t, f, failedCode()) {
		t.Error("not remembered")
	}
	if err := f.Prune(); err != nil {
		t.Fatal(err)
	}
	*now = start.Add(FailedCodeLifetime)
	if has(t, f, failedCode()) {
		t.Error("remembered for years")
	}
}

// A new salt is drawn when nothing is left that the old one is for.
func TestFailedCodesSalt(t *testing.T) {
	f, now := failedCodes(t)
	add(t, f, failedCode())
	first := readFailed(t, f).salt
	add(t, f, FailedCode{Words: "other", Nameplate: "9"})
	if readFailed(t, f).salt != first {
		t.Error("the salt changed under the entries")
	}
	*now = now.Add(2 * FailedCodeLifetime)
	add(t, f, failedCode())
	if got := readFailed(t, f).salt; got == first || got == [saltSize]byte{} {
		t.Errorf("the salt is %x, as before or never drawn", got)
	}
}

func TestFailedCodesAreBounded(t *testing.T) {
	f, now := failedCodes(t)
	full := failedFile{salt: [saltSize]byte{1}}
	for i := range maxFailed {
		full.entries = append(full.entries, failedEntry{now.Add(time.Duration(i+1) * time.Second), [failedHashSize]byte{byte(i), 1}})
	}
	full.entries[0], full.entries[7] = full.entries[7], full.entries[0] // the first to expire is not the first of the file
	writeFailed(t, f, full.append(nil))
	add(t, f, failedCode())
	got := readFailed(t, f)
	if len(got.entries) != maxFailed || slices.ContainsFunc(got.entries, func(e failedEntry) bool { return e.hash == [failedHashSize]byte{0, 1} }) {
		t.Errorf("%d entries, or not the first to expire went", len(got.entries))
	}
	if !has(t, f, failedCode()) {
		t.Error("no room for the newest")
	}
}

func TestFailedCodesDamaged(t *testing.T) {
	for name, content := range map[string][]byte{
		"empty": {}, "short": {1, 2}, "other version": make([]byte, 17), "half an entry": append([]byte{1}, make([]byte, 16+20)...),
		"too long": append([]byte{1}, make([]byte, maxFailedFile)...),
	} {
		f, _ := failedCodes(t)
		writeFailed(t, f, content)
		if has(t, f, failedCode()) {
			t.Errorf("%s: has a code", name)
		}
		add(t, f, failedCode())
		if !has(t, f, failedCode()) {
			t.Errorf("%s: not replaced", name)
		}
	}
}

// What cannot be read or written is an error, and no reason to say that a code is
// good.
func TestFailedCodesUnreadable(t *testing.T) {
	f, _ := failedCodes(t)
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		t.Fatal(err)
	}
	if found, err := f.Has(failedCode()); err == nil || found {
		t.Errorf("a folder in its place: %v, %v", found, err)
	}
	if err := f.Add(failedCode()); err == nil {
		t.Error("a folder in its place: added")
	}
}

func TestFailedCodesFiles(t *testing.T) {
	f, _ := failedCodes(t)
	add(t, f, failedCode())
	add(t, f, FailedCode{Words: "other", Nameplate: "9"})
	entries, err := os.ReadDir(filepath.Dir(f.Path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
	}
	if want := []string{"failed-codes", "failed-codes.lock"}; !slices.Equal(names, want) {
		t.Errorf("left behind: %v, want %v", names, want)
	}
	content, err := os.ReadFile(f.Path)
	if err != nil || bytes.Contains(content, []byte("acid")) || bytes.Contains(content, []byte("relay")) {
		t.Errorf("the file shows the code, or %v", err)
	}
}

// Whoever adds at the same time as others loses nothing.
func TestFailedCodesAddTogether(t *testing.T) {
	f, _ := failedCodes(t)
	codes := make([]FailedCode, 8)
	var wg sync.WaitGroup
	for i := range codes {
		codes[i] = FailedCode{Words: words, Nameplate: fmt.Sprint(i)}
		wg.Go(func() {
			if err := f.Add(codes[i]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, c := range codes {
		if !has(t, f, c) {
			t.Errorf("nameplate %s is lost", c.Nameplate)
		}
	}
}

// The hash was computed by another implementation of Argon2id, that of Python's
// cryptography package, from the comment of FailedCodes.
func TestFailedCodeHash(t *testing.T) {
	file := failedFile{}
	for i := range file.salt {
		file.salt[i] = 0x10 + byte(i)
	}
	hash := file.hash(failedCode())
	if got, want := hex.EncodeToString(hash[:]), "7657d27ea5cb540e99120644afdeb770aeed0c7904798b85b8a7c11a90d7151d"; got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
	file.entries = []failedEntry{{time.Unix(0x0102030405, 0), hash}}
	want := "01" + "101112131415161718191a1b1c1d1e1f" + "0000000102030405" + hex.EncodeToString(hash[:])
	if got := hex.EncodeToString(file.append(nil)); got != want {
		t.Errorf("the file is %s, want %s", got, want)
	}
}

func readFailed(t *testing.T, f FailedCodes) failedFile {
	t.Helper()
	kept, err := f.store().Read()
	if err != nil {
		t.Fatal(err)
	}
	return keptCodes(kept)
}

func writeFailed(t *testing.T, f FailedCodes, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.Path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkFailedCodesHas(b *testing.B) {
	f := FailedCodes{Path: filepath.Join(b.TempDir(), "failed-codes")}
	if err := f.Add(failedCode()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := f.Has(failedCode()); err != nil {
			b.Fatal(err)
		}
	}
}
