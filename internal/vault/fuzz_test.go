package vault

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// Whatever is on the disk, only what was sealed opens.
func FuzzOpen(f *testing.F) {
	aead, sealed := fixed(f), sealFixed(f, state())
	if _, err := open(aead, sealed); err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:81])
	f.Add(sealed[:80])
	f.Add(append([]byte{1}, sealed[1:]...))
	f.Add(bytes.Repeat([]byte{resumeVersion}, MaxSealedResume+1))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := checkSealed(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("%x: %v, want ErrMalformed", b, err)
			}
			return
		}
		got, err := open(aead, b)
		if same := bytes.Equal(b, sealed); same != (err == nil) || (!same && !errors.Is(err, ErrWrongWords)) {
			t.Fatalf("%x: %+v, %v", b, got, err)
		}
	})
}

// What parses, append writes as it was.
func FuzzParseState(f *testing.F) {
	plain := state().append(nil)
	if _, err := parseState(plain); err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	f.Add(plain[:48])
	f.Add(plain[:47])
	f.Add(append(plain, 0xff))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseState(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) || s != (ResumeState{}) {
				t.Fatalf("%x: %+v, %v", b, s, err)
			}
			return
		}
		if again := s.append(nil); !bytes.Equal(again, b) {
			t.Fatalf("%x parsed and appended is %x", b, again)
		}
	})
}

// What parses, append writes as it was.
func FuzzParseFailed(f *testing.F) {
	file := failedFile{salt: [saltSize]byte{1}, entries: []failedEntry{{time.Unix(2, 0), [failedHashSize]byte{3}}, {time.Unix(0, 0), [failedHashSize]byte{}}}}
	good := file.append(nil)
	if _, err := parseFailed(good); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:17])
	f.Add(good[:18])
	f.Add(append(good[:17:17], bytes.Repeat([]byte{0xff}, failedEntrySize)...))
	f.Add(append([]byte{failedVersion}, make([]byte, maxFailedFile)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := parseFailed(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) || len(file.entries) > 0 {
				t.Fatalf("%x: %+v, %v", b, file, err)
			}
			return
		}
		if again := file.append(nil); !bytes.Equal(again, b) || len(file.entries) > maxFailed {
			t.Fatalf("%x parsed and appended is %x", b, again)
		}
	})
}
