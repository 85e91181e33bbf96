package readahead_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/readahead"
)

// sealed returns a container with a payload of about n bytes, and the payload with its
// padding.
func sealed(t testing.TB, k *container.Keys, n int) (whole, payload []byte) {
	t.Helper()
	payload = make([]byte, container.Padded(int64(n)))
	for i := range payload[:n] {
		payload[i] = byte(i*7 + i>>9 + i>>16)
	}
	var out bytes.Buffer
	stream, err := container.NewStream(&out, k, []byte("offer"))
	if err != nil {
		t.Fatal(err)
	}
	w := container.NewWriter(stream)
	if _, err := w.Write(payload[:n]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), payload
}

func newKeys(t testing.TB) *container.Keys {
	t.Helper()
	k, err := container.New(&container.Key{1}, "", container.Cost{})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// memory gives the ranges of a container in memory, and counts them.
type memory struct {
	b        []byte
	requests atomic.Int64
	given    atomic.Int64
	delay    time.Duration            // of each answer
	broken   func(offset int64) int64 // how many bytes are given before it breaks off; nil or -1: all
	second   chan struct{}            // nothing is given before it is closed, once two ranges are open; nil: it does not matter

	mu           sync.Mutex
	open, opened int // at once, at most
}

var errBroken = errors.New("broken off")

func (m *memory) Open(_ context.Context, offset, n int64) (io.ReadCloser, error) {
	m.requests.Add(1)
	time.Sleep(m.delay)
	if offset < 0 || offset+n > int64(len(m.b)) {
		return nil, fmt.Errorf("%d bytes from %d on of %d", n, offset, len(m.b))
	}
	m.mu.Lock()
	m.open++
	if m.open == 2 && m.opened < 2 && m.second != nil {
		close(m.second)
	}
	m.opened = max(m.opened, m.open)
	m.mu.Unlock()
	r := &body{Reader: bytes.NewReader(m.b[offset : offset+n]), m: m, rest: -1}
	if m.broken != nil {
		r.rest = m.broken(offset)
	}
	return r, nil
}

type body struct {
	*bytes.Reader
	m    *memory
	rest int64
}

func (b *body) Read(p []byte) (int, error) {
	if b.rest == 0 {
		return 0, errBroken
	}
	if b.m.second != nil {
		select {
		case <-b.m.second:
		case <-time.After(time.Minute):
			return 0, errors.New("there is no second range")
		}
	}
	if b.rest > 0 {
		p = p[:min(int64(len(p)), b.rest)]
	}
	n, err := b.Reader.Read(p)
	b.m.given.Add(int64(n))
	if b.rest > 0 {
		b.rest -= int64(n)
	}
	return n, err
}

func (b *body) Close() error {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	b.m.open--
	return nil
}

// open opens a memory, which no other reader has.
func open(t testing.TB, m *memory, k *container.Keys, o readahead.Options) *readahead.Reader {
	t.Helper()
	l, err := container.NewLayout(int64(len(m.b)))
	if err != nil {
		t.Fatal(err)
	}
	r := readahead.New(t.Context(), m, l, k, o)
	t.Cleanup(func() {
		_ = r.Close()
		if m.open != 0 {
			t.Errorf("%d ranges are still open", m.open)
		}
	})
	return r
}

func TestInOrder(t *testing.T) {
	k := newKeys(t)
	for _, n := range []int{0, 1, 65536, 65537, 128 * 65536, 128*65536 + 1, 26 << 20} {
		whole, payload := sealed(t, k, n)
		m := &memory{b: whole}
		if n > 20<<20 {
			m.second = make(chan struct{})
		}
		var chunks atomic.Int64
		got, err := io.ReadAll(open(t, m, k, readahead.Options{Opened: func() { chunks.Add(1) }}))
		if err != nil || !bytes.Equal(got, payload) {
			t.Errorf("of %d bytes %d were read, %v", n, len(got), err)
		}
		if given := m.given.Load(); given > int64(len(whole)-container.Preface)+16*8 || chunks.Load() != int64(len(payload)/65536) {
			t.Errorf("of %d bytes %d were requested, and %d chunks opened", len(whole), given, chunks.Load())
		}
		if m.requests.Load() > 40 {
			t.Errorf("%d requests", m.requests.Load())
		}
	}
}

// Wherever one goes, what is there is what was sealed, and little more is requested.
func TestSeek(t *testing.T) {
	k := newKeys(t)
	whole, payload := sealed(t, k, 40<<20)
	m := &memory{b: whole}
	r := open(t, m, k, readahead.Options{})
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		at, n := random.IntN(len(payload)), random.IntN(300_000)
		switch random.IntN(3) {
		case 0: // forward, a little
			now, _ := r.Seek(0, io.SeekCurrent)
			at = min(int(now)+random.IntN(1<<20), len(payload))
		case 1: // to the end, or behind it
			at = len(payload) - 100_000 + random.IntN(200_000)
		}
		if got, err := r.Seek(int64(at), io.SeekStart); err != nil || got != int64(at) {
			t.Fatal(got, err)
		}
		if random.IntN(2) == 0 {
			r.Expect(int64(at), random.Int64N(int64(len(payload))), random.Int64N(int64(len(payload))))
		}
		want := payload[min(at, len(payload)):min(at+n, len(payload))]
		got, err := io.ReadAll(io.LimitReader(r, int64(n)))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes from %d on: %d, %v", n, at, len(got), err)
		}
	}
	if end, err := r.Seek(-5, io.SeekEnd); err != nil || end != int64(len(payload))-5 {
		t.Error(end, err)
	}
	if _, err := r.Seek(-1, io.SeekStart); err == nil {
		t.Error("before the beginning")
	}
}

func TestSeekRequestsLittle(t *testing.T) {
	k := newKeys(t)
	whole, _ := sealed(t, k, 60<<20)
	m := &memory{b: whole}
	r := open(t, m, k, readahead.Options{})
	for at := int64(0); at < 60<<20; at += 5 << 20 {
		_, _ = r.Seek(at, io.SeekStart)
		if _, err := io.ReadFull(r, make([]byte, 33)); err != nil {
			t.Fatal(err)
		}
	}
	_ = r.Close()
	if given := m.given.Load(); given > 16*65600+11*2*65600 {
		t.Errorf("%d bytes were requested for 12 short reads", given)
	}
}

// A range that breaks off is requested again from the chunk on that is missing.
func TestRetry(t *testing.T) {
	k := newKeys(t)
	whole, payload := sealed(t, k, 20<<20)
	random := rand.New(rand.NewPCG(3, 4))
	var mu sync.Mutex
	m := &memory{b: whole, broken: func(int64) int64 {
		mu.Lock()
		defer mu.Unlock()
		return random.Int64N(3 << 20)
	}}
	var retries atomic.Int64
	r := open(t, m, k, readahead.Options{Retry: func(_ context.Context, err error) error {
		retries.Add(1)
		if !errors.Is(err, errBroken) {
			return err
		}
		return nil
	}})
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, payload) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if retries.Load() < 5 {
		t.Errorf("only %d retries", retries.Load())
	}
	giveUp := errors.New("enough")
	dead := func() *memory { return &memory{b: whole, broken: func(int64) int64 { return 0 }} }
	r = open(t, dead(), k, readahead.Options{Retry: func(context.Context, error) error { return giveUp }})
	if _, err := io.ReadAll(r); !errors.Is(err, giveUp) {
		t.Errorf("given up: %v", err)
	}
	r = open(t, dead(), k, readahead.Options{})
	if _, err := io.ReadAll(r); !errors.Is(err, errBroken) {
		t.Errorf("without retries: %v", err)
	}
}

// A path on which an answer takes long is filled: the requests ahead double with what
// was read, and several are under way.
func TestLongPath(t *testing.T) {
	k := newKeys(t)
	whole, payload := sealed(t, k, 40<<20)
	synctest.Test(t, func(t *testing.T) {
		const roundTrip = 100 * time.Millisecond
		began := time.Now()
		got, err := io.ReadAll(open(t, &memory{b: whole, delay: roundTrip}, k, readahead.Options{}))
		if took := time.Since(began); err != nil || !bytes.Equal(got, payload) || took > 15*roundTrip {
			t.Errorf("%d bytes took %d round trips, %v", len(got), took/roundTrip, err)
		}
	})
}

// Short reads at places that are expected do not wait for each other.
func TestExpect(t *testing.T) {
	k := newKeys(t)
	whole, payload := sealed(t, k, 64<<20)
	synctest.Test(t, func(t *testing.T) {
		const roundTrip = 100 * time.Millisecond
		m := &memory{b: whole, delay: roundTrip}
		r := open(t, m, k, readahead.Options{})
		var places []int64
		for at := int64(1 << 20); at < 60<<20; at += 1<<20 + 77 {
			places = append(places, at)
		}
		began := time.Now()
		for i, at := range places {
			r.Expect(places[i:]...)
			_, _ = r.Seek(at, io.SeekStart)
			got := make([]byte, 33)
			if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, payload[at:at+33]) {
				t.Fatalf("at %d: %x, %v", at, got, err)
			}
		}
		if took := time.Since(began); took > 20*roundTrip {
			t.Errorf("%d reads took %d round trips", len(places), took/roundTrip)
		}
		r.Expect(1<<40, -1)
		_, _ = r.Seek(5<<20, io.SeekStart) // back, and on to the end
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, payload[5<<20:]) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		_ = r.Close()
		if most := int64(len(whole)) + int64(len(places)+20)*66_000; m.given.Load() > most {
			t.Errorf("%d bytes were requested", m.given.Load())
		}
	})
}

func TestCancel(t *testing.T) {
	k := newKeys(t)
	whole, _ := sealed(t, k, 1<<20)
	l, _ := container.NewLayout(int64(len(whole)))
	cause := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	r := readahead.New(ctx, stuck{}, l, k, readahead.Options{Retry: func(context.Context, error) error { return nil }})
	defer r.Close()
	cancel(cause)
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, cause) {
		t.Errorf("the error is %v", err)
	}
}

// stuck never answers.
type stuck struct{}

func (stuck) Open(ctx context.Context, _, _ int64) (io.ReadCloser, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// What a store does to a container never gives a wrong byte, and is no reason to ask
// again.
func TestHostile(t *testing.T) {
	const chunk, preface = 65536 + 16, container.Preface
	segment := container.SealedSegment
	k := newKeys(t)
	whole, payload := sealed(t, k, 17<<20)
	other, _ := sealed(t, newKeys(t), 17<<20)
	cut := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	first, second := whole[preface:preface+segment], whole[preface+segment:preface+2*segment]
	for name, tt := range map[string]struct {
		b    []byte
		want error
	}{
		"the last chunk missing":  {whole[:len(whole)-chunk], container.ErrTruncated},
		"the last segment":        {whole[:preface+2*segment], container.ErrTruncated},
		"a chunk more":            {cut(whole, whole[len(whole)-chunk:]), container.ErrTrailing},
		"segments exchanged":      {cut(whole[:preface], second, first, whole[preface+2*segment:]), container.ErrCorrupt},
		"a segment twice":         {cut(whole[:preface], first, first, whole[preface+2*segment:]), container.ErrCorrupt},
		"a segment of another":    {cut(whole[:preface+segment], other[preface+segment:]), container.ErrCorrupt},
		"another":                 {other, container.ErrCorrupt},
		"chunks exchanged":        {cut(whole[:preface+16], whole[preface+16+chunk:preface+16+2*chunk], whole[preface+16:preface+16+chunk], whole[preface+16+2*chunk:]), container.ErrCorrupt},
		"a bit":                   {flipped(whole, preface+16+50*chunk+7), container.ErrCorrupt},
		"a bit of a salt":         {flipped(whole, preface+segment+3), container.ErrCorrupt},
		"zeros":                   {make([]byte, len(whole)), container.ErrCorrupt},
		"a bit of the last chunk": {flipped(whole, len(whole)-1), container.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, &memory{b: tt.b}, k, readahead.Options{Retry: func(context.Context, error) error {
				t.Error("it is asked for again")
				return errBroken
			}})
			got, err := io.ReadAll(r)
			if !errors.Is(err, tt.want) || !bytes.HasPrefix(payload, got) {
				t.Errorf("%d bytes, %v, want %v", len(got), err, tt.want)
			}
			if _, again := r.Read(make([]byte, 1)); !errors.Is(again, tt.want) {
				t.Errorf("the next Read: %v", again)
			}
		})
	}
}

func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 4
	return b
}
