package ratchet_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/ratchet"
)

var associated = []byte("two devices")

// device is one end of a conversation.
type device struct {
	t testing.TB
	*ratchet.Session
	now time.Time
}

// pair makes two devices that have a session with each other.
func pair(t testing.TB) (initiator, responder *device) {
	t.Helper()
	var secret [ratchet.SecretSize]byte
	rand.Read(secret[:])
	r, public, err := ratchet.Responder(secret)
	if err != nil {
		t.Fatal(err)
	}
	i, err := ratchet.Initiator(secret, public)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	return &device{t, i, now}, &device{t, r, now}
}

func (d *device) seal(format string, args ...any) []byte {
	d.t.Helper()
	m, err := d.Seal(fmt.Appendf(nil, format, args...), associated)
	if err != nil {
		d.t.Fatal(err)
	}
	return m
}

func (d *device) opens(m []byte, format string, args ...any) {
	d.t.Helper()
	got, err := d.Open(m, associated, d.now)
	if want := fmt.Sprintf(format, args...); err != nil || string(got) != want {
		d.t.Fatalf("%q, %v; want %q", got, err, want)
	}
}

func (d *device) refuses(m []byte, want error) {
	d.t.Helper()
	before := d.bytes()
	if got, err := d.Open(m, associated, d.now); !errors.Is(err, want) {
		d.t.Fatalf("%q, %v; want %v", got, err, want)
	}
	if !bytes.Equal(d.bytes(), before) {
		d.t.Fatal("a message that did not open changed the session")
	}
}

func (d *device) bytes() []byte {
	d.t.Helper()
	b, err := d.Append(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

// copy is another device with the same state.
func (d *device) copy() *device {
	d.t.Helper()
	s, err := ratchet.Parse(d.bytes())
	if err != nil {
		d.t.Fatal(err)
	}
	return &device{d.t, s, d.now}
}

// exchange lets each of two devices send to the other once.
func exchange(a, b *device) {
	a.t.Helper()
	b.opens(a.seal("there"), "there")
	a.opens(b.seal("and back"), "and back")
}

func TestConversation(t *testing.T) {
	a, b := pair(t)
	for n := range 20 {
		for range n % 3 {
			b.opens(a.seal("to b, %d", n), "to b, %d", n)
		}
		for range n % 4 {
			a.opens(b.seal("to a, %d", n), "to a, %d", n)
		}
		a, b = a.copy(), b.copy() // both restart
	}
}

// Both devices may send before anything has come.
func TestBothSendAtOnce(t *testing.T) {
	a, b := pair(t)
	for n := range 10 {
		toB := [][]byte{a.seal("b%d", n), a.seal("b%d again", n)}
		toA := [][]byte{b.seal("a%d", n), b.seal("a%d again", n)}
		a.opens(toA[1], "a%d again", n)
		a.opens(toA[0], "a%d", n)
		b.opens(toB[0], "b%d", n)
		b.opens(toB[1], "b%d again", n)
	}
}

func TestAnyOrder(t *testing.T) {
	a, b := pair(t)
	var late [][]byte
	for n := range 8 {
		late = append(late, a.seal("late %d", n), a.seal("lost"))
		exchange(a, b)
	}
	for n := 7; n >= 0; n-- {
		b.opens(late[2*n], "late %d", n)
		b.refuses(late[2*n], ratchet.ErrUsed)
	}
}

func TestMessagesHaveOneSize(t *testing.T) {
	a, b := pair(t)
	for _, size := range []int{0, 1, ratchet.MaxPayload} {
		payload := bytes.Repeat([]byte{7}, size)
		m, err := a.Seal(payload, nil)
		if err != nil || len(m) != ratchet.MessageSize || ratchet.MessageSize != 2000 {
			t.Fatalf("%d bytes, %v", len(m), err)
		}
		if got, err := b.Open(m, nil, b.now); err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%d bytes of %d, %v", len(got), size, err)
		}
		exchange(a, b)
	}
	if _, err := a.Seal(make([]byte, ratchet.MaxPayload+1), nil); !errors.Is(err, ratchet.ErrTooLong) {
		t.Error(err)
	}
}

func TestChangedMessages(t *testing.T) {
	a, b := pair(t)
	exchange(a, b)
	m := a.seal("once")
	for at := 0; at < len(m); at += 13 {
		changed := bytes.Clone(m)
		changed[at] ^= 0x80
		b.refuses(changed, ratchet.ErrForeign)
	}
	b.refuses(m[:len(m)-1], ratchet.ErrMalformed)
	b.refuses(append(bytes.Clone(m), 0), ratchet.ErrMalformed)
	if _, err := b.Open(m, []byte("other data"), b.now); !errors.Is(err, ratchet.ErrForeign) {
		t.Error(err)
	}
	a.refuses(m, ratchet.ErrForeign) // sent back
	other, _ := pair(t)
	b.refuses(other.seal("of another session"), ratchet.ErrForeign)
	b.opens(m, "once")
	b.refuses(m, ratchet.ErrUsed)
}

// The relay may lose whatever it likes.
func TestManyAreLost(t *testing.T) {
	a, b := pair(t)
	exchange(a, b)
	first := a.seal("first")
	for range 9_998 {
		a.seal("lost")
	}
	recent := a.seal("recent")
	b.opens(a.seal("last"), "last")
	if size := len(b.bytes()); size > 400_000 {
		t.Errorf("the state has %d bytes", size)
	}
	b.opens(recent, "recent")
	b.refuses(first, ratchet.ErrUsed) // its key is one of the oldest
	exchange(a, b)
	for range 10_001 {
		a.seal("lost")
	}
	b.refuses(a.seal("too far"), ratchet.ErrGap)
	a.opens(b.seal("but an answer"), "but an answer")
	b.refuses(a.seal("helps nobody"), ratchet.ErrGap)
}

func TestSkippedKeysExpire(t *testing.T) {
	a, b := pair(t)
	early, late := a.seal("early"), a.seal("late")
	exchange(a, b)
	b.now = b.now.Add(29 * 24 * time.Hour)
	b.opens(late, "late")
	b.now = b.now.Add(2 * 24 * time.Hour)
	b.refuses(early, ratchet.ErrUsed)
	exchange(a, b)
	b.refuses(early, ratchet.ErrForeign) // nothing is known of its chain any more
}

func TestPublicKeyOfLowOrder(t *testing.T) {
	if _, err := ratchet.Initiator([32]byte{1}, [32]byte{}); !errors.Is(err, ratchet.ErrMalformed) {
		t.Error(err)
	}
}
