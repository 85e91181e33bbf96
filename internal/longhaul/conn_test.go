package longhaul

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipe is one end of a flow that delays and loses datagrams.
type pipe struct {
	net.Conn // not used
	in       chan []byte
	out      *pipe
	delay    time.Duration
	loss     float64
	done     chan struct{}
	once     sync.Once

	mu     sync.Mutex
	random *rand.Rand
}

func newPipe(delay time.Duration, loss float64) (a, b *pipe) {
	make := func(seed uint64) *pipe {
		return &pipe{
			in: make(chan []byte, 10000), done: make(chan struct{}), delay: delay, loss: loss,
			random: rand.New(rand.NewPCG(seed, 0)),
		}
	}
	a, b = make(1), make(2)
	a.out, b.out = b, a
	return a, b
}

func (p *pipe) Write(b []byte) (int, error) {
	select {
	case <-p.done:
		return 0, net.ErrClosed
	default:
	}
	p.mu.Lock()
	lost := p.random.Float64() < p.loss
	p.mu.Unlock()
	if lost {
		return len(b), nil
	}
	packet := bytes.Clone(b)
	deliver := func() {
		select {
		case p.out.in <- packet:
		default:
		}
	}
	if p.delay == 0 {
		deliver()
	} else {
		time.AfterFunc(p.delay, deliver)
	}
	return len(b), nil
}

func (p *pipe) Read(b []byte) (int, error) {
	select {
	case packet := <-p.in:
		return copy(b, packet), nil
	case <-p.done:
		return 0, io.EOF
	}
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

const testMessage = 1 << 16

func testOptions() Options {
	return Options{Payload: 1171, Sizes: []int{1443, 8192}, MaxMessage: testMessage}
}

func testConns(t testing.TB, delay time.Duration, loss float64) (a, b *Conn) {
	x, y := newPipe(delay, loss)
	a, b = New(x, testOptions()), New(y, testOptions())
	t.Cleanup(func() {
		_ = a.Close()
		_ = b.Close()
	})
	return a, b
}

// numbered returns message n, of a size that depends on n.
func numbered(n int) []byte {
	b := bytes.Repeat([]byte{byte(n)}, 8+(n*7919)%(testMessage-7))
	binary.BigEndian.PutUint64(b, uint64(n))
	return b
}

func sendNumbered(c *Conn, count int) error {
	for n := range count {
		if err := c.WriteMessage(numbered(n)); err != nil {
			return err
		}
	}
	return nil
}

func readNumbered(c *Conn, count int) error {
	buf := make([]byte, testMessage)
	for n := range count {
		b, err := c.ReadMessage(buf)
		if err != nil {
			return err
		}
		if !bytes.Equal(b, numbered(n)) {
			return errors.New("a message is not the one that was sent")
		}
	}
	return nil
}

// Messages arrive whole and in order, in both directions at once, whatever the path
// loses. Time is that of the bubble.
func TestConnOverALossyFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := testConns(t, 30*time.Millisecond, 0.05)
		var all sync.WaitGroup
		for _, c := range []*Conn{a, b} {
			all.Go(func() {
				if err := sendNumbered(c, 100); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if err := readNumbered(c, 100); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if rtt := a.RoundTrip(); rtt < 60*time.Millisecond || rtt > 90*time.Millisecond {
			t.Errorf("a round trip of %v on a path of 60 ms", rtt)
		}
	})
}

// What was written before a close is read before io.EOF, and writes fail afterwards.
func TestConnClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := testConns(t, 10*time.Millisecond, 0)
		if err := a.Await(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := a.WriteMessage([]byte("last")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // of the bubble: a CLOSE may overtake what was just sent
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, testMessage)
		if m, err := b.ReadMessage(buf); err != nil || string(m) != "last" {
			t.Errorf("%q, %v", m, err)
		}
		if _, err := b.ReadMessage(buf); !errors.Is(err, io.EOF) {
			t.Errorf("%v, want io.EOF", err)
		}
		if err := b.WriteMessage([]byte("too late")); err == nil {
			t.Error("a write after the peer closed")
		}
		if _, err := a.ReadMessage(buf); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read after close: %v", err)
		}
	})
}

// Await ends with its context if nobody answers.
func TestConnAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, _ := newPipe(time.Millisecond, 1)
		c := New(x, testOptions())
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := c.Await(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		x.Close()
		if err := c.Await(t.Context()); !errors.Is(err, errBroken) {
			t.Errorf("%v after the flow has ended", err)
		}
	})
}

// A packet that no honest peer sends ends the connection.
func TestConnMalformed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x, y := newPipe(time.Millisecond, 0)
		c := New(x, testOptions())
		defer c.Close()
		if _, err := y.Write([]byte{0, 0x3f}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.ReadMessage(make([]byte, testMessage)); !errors.Is(err, errMalformed) {
			t.Errorf("%v", err)
		}
	})
}
