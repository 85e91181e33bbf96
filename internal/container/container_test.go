package container_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/tallow-transfer/tallow/internal/container"
)

// Padmé against the paper's own arithmetic, and what it promises.
func TestPadded(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		n := random.IntN(1 << random.IntN(40))
		want := (referencePadme(n) + 65535) / 65536 * 65536
		if n == 0 {
			want = 65536
		}
		got := container.Padded(int64(n))
		if got != int64(want) {
			t.Fatalf("%d bytes are padded to %d, want %d", n, got, want)
		}
		if got < int64(n) || float64(got) > float64(n)*1.12+65536 {
			t.Fatalf("%d bytes are padded to %d", n, got)
		}
	}
	if got := container.Padded(container.MaxPayload); got < container.MaxPayload {
		t.Errorf("the largest payload is padded to %d", got)
	}
}

// A key, a password, or both: what is needed opens, and less does not.
func TestWhoCanOpen(t *testing.T) {
	secret, other := container.Key{1}, container.Key{2}
	for _, test := range []struct {
		secret           *container.Key
		password         string
		needsS, needsPwd bool
	}{
		{&secret, "", true, false},
		{nil, "pass", false, true},
		{&secret, "pass", true, true},
	} {
		k := newKeys(t, test.secret, test.password)
		sealed := sealAll(t, k, []byte("offer"), []byte("payload"))
		h := k.Header()
		if h.NeedsSecret() != test.needsS || h.NeedsPassword() != test.needsPwd {
			t.Errorf("needs a key: %v, a password: %v", h.NeedsSecret(), h.NeedsPassword())
		}
		for _, s := range []*container.Key{nil, &secret, &other} {
			for _, p := range []string{"", "pass", "Pass"} {
				want := (!test.needsS || s == &secret) && (!test.needsPwd || p == "pass")
				_, err := open(sealed, s, p)
				if want != (err == nil) || !want && !errors.Is(err, container.ErrKey) {
					t.Errorf("needs a key %v and a password %v; with key %v and password %q: %v", test.needsS, test.needsPwd, s, p, err)
				}
			}
		}
	}
}

// Two containers of one key have nothing in common but the form of their headers.
func TestKeysDiffer(t *testing.T) {
	secret := container.Key{7}
	a, b := newKeys(t, &secret, ""), newKeys(t, &secret, "")
	if a.Claim() == b.Claim() {
		t.Error("two containers have the same claim")
	}
	x, y := sealAll(t, a, nil, nil), sealAll(t, b, nil, nil)
	if bytes.Equal(x[20:52], y[20:52]) || bytes.Equal(x[132:], y[132:]) {
		t.Error("two containers are alike")
	}
	one, err := a.SealSegment(nil, 0, make([]byte, container.ChunkSize), true)
	if err != nil {
		t.Fatal(err)
	}
	two, err := a.SealSegment(nil, 0, make([]byte, container.ChunkSize), true)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(one, two) {
		t.Error("a segment that is sealed twice has the same key")
	}
}

// A reader that gets its bytes one by one, or fails, says no more than is true.
func TestReaderOfAwkwardStreams(t *testing.T) {
	secret := container.Key{1}
	k := newKeys(t, &secret, "")
	payload := counting(3 * 65536)
	sealed := sealAll(t, k, nil, payload)[preface:]
	got, err := io.ReadAll(container.NewReader(iotest.OneByteReader(bytes.NewReader(sealed)), k))
	if err != nil || !bytes.Equal(got, payload) {
		t.Errorf("byte by byte: %d bytes, %v", len(got), err)
	}
	broken := errors.New("broken")
	got, err = io.ReadAll(container.NewReader(io.MultiReader(bytes.NewReader(sealed[:16+chunk]), iotest.ErrReader(broken)), k))
	if !errors.Is(err, broken) || len(got) != 0 {
		t.Errorf("a stream that breaks: %d bytes, %v", len(got), err)
	}
}

// Any place can be read alone.
func TestReaderAt(t *testing.T) {
	secret := container.Key{1}
	k := newKeys(t, &secret, "")
	payload := referencePayload(counting(128*65536 + 70_000))
	sealed := sealAll(t, k, nil, counting(128*65536+70_000))
	r, err := container.NewReaderAt(bytes.NewReader(sealed), int64(len(sealed)), k)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(); err != nil || r.Size() != int64(len(payload)) {
		t.Errorf("Verify: %v; Size: %d, want %d", err, r.Size(), len(payload))
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		off, n := random.IntN(len(payload)), random.IntN(200_000)
		p := make([]byte, n)
		got, err := r.ReadAt(p, int64(off))
		want := payload[off:min(off+n, len(payload))]
		if !bytes.Equal(p[:got], want) || (err == io.EOF) != (off+n > len(payload)) || err != nil && err != io.EOF {
			t.Fatalf("%d bytes at %d: %d bytes, %v", n, off, got, err)
		}
	}
	for _, size := range []int{0, 100, preface, preface + 16, preface + chunk, len(sealed) - 1, len(sealed) + 1} {
		if _, err := container.NewReaderAt(bytes.NewReader(sealed), int64(size), k); !errors.Is(err, container.ErrTruncated) {
			t.Errorf("a size of %d: %v, want ErrTruncated", size, err)
		}
	}
	short, err := container.NewReaderAt(bytes.NewReader(sealed), int64(len(sealed)-chunk), k)
	if err != nil {
		t.Fatal(err)
	}
	if err := short.Verify(); !errors.Is(err, container.ErrTruncated) {
		t.Errorf("without the last chunk: %v, want ErrTruncated", err)
	}
	sealed[preface+segment+16+5] ^= 1
	var damaged *container.ChunkError
	if _, err := r.ReadAt(make([]byte, 1), 128*65536); !errors.As(err, &damaged) || damaged.Index != 128 {
		t.Errorf("a damaged chunk: %v", err)
	}
}

// failing is a Sink that takes nothing.
type failing struct{ err error }

func (f failing) Segment(uint64, []byte, bool) error { return f.err }

func TestWriterKeepsItsError(t *testing.T) {
	broken := errors.New("broken")
	w := container.NewWriter(failing{broken})
	if _, err := w.Write(make([]byte, container.SegmentSize+1)); !errors.Is(err, broken) {
		t.Errorf("Write: %v", err)
	}
	if err := w.Close(); !errors.Is(err, broken) {
		t.Errorf("Close: %v", err)
	}
}
