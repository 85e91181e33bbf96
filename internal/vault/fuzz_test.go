package vault

import (
	"bytes"
	"errors"
	"testing"
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
	f.Add(append([]byte{2}, sealed[1:]...))
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
