package session_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/session/sessiontest"
	"github.com/tallow-transfer/tallow/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const all = wire.LaneRelay | wire.LaneWebRTC

// pair returns two sessions of one handshake.
func pair(t *testing.T) (a, b *session.Session) {
	t.Helper()
	return pairAllowing(t, all, all)
}

func pairAllowing(t *testing.T, lanesA, lanesB wire.Lanes) (a, b *session.Session) {
	t.Helper()
	k := session.Keys{
		ControlOut: [32]byte{1}, ControlIn: [32]byte{2},
		DataOut: [32]byte{3}, DataIn: [32]byte{4},
	}
	a = session.New(k, session.Options{Allowed: lanesA, Program: "test/1", ReconnectTimeout: time.Second})
	k.ControlOut, k.ControlIn, k.DataOut, k.DataIn = k.ControlIn, k.ControlOut, k.DataIn, k.DataOut
	b = session.New(k, session.Options{Allowed: lanesB, Program: "test/1", ReconnectTimeout: time.Second})
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	return a, b
}

// join attaches both ends of a pipe.
func join(t *testing.T, a, b *session.Session, id uint32, kind wire.Lanes, fromA, fromB sessiontest.Tamper) (*session.Lane, *session.Lane, *sessiontest.Carrier) {
	t.Helper()
	ca, cb := sessiontest.Pipe(64, sessiontest.Traits(kind), fromA, fromB)
	la, err := a.Attach(id, ca)
	if err != nil {
		t.Fatal(err)
	}
	lb, err := b.Attach(id, cb)
	if err != nil {
		t.Fatal(err)
	}
	return la, lb, ca
}

func message(n int) []byte { return fmt.Appendf([]byte{0x70}, "message %d", n) }

func TestControlArrivesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		join(t, a, b, 0, wire.LaneRelay, nil, nil)
		go func() {
			for i := range 500 {
				if err := a.Send(t.Context(), message(i)); err != nil {
					t.Error(err)
				}
			}
		}()
		expect(t, b, 0, 500)
	})
}

func expect(t *testing.T, s *session.Session, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		m, err := s.Receive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m, message(i)) {
			t.Fatalf("got %q, want %q", m, message(i))
		}
	}
}

// Control messages survive the death of their lane: the next one delivers them,
// once and in order.
func TestControlSurvivesItsLane(t *testing.T) {
	for _, after := range []int{1, 2, 7, 50, 199} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := pair(t)
				join(t, a, b, 0, wire.LaneRelay, nil, nil)
				var cut *sessiontest.Carrier
				_, _, cut = join(t, a, b, 1, wire.LaneWebRTC, func(n int, rec []byte) [][]byte {
					if n == after {
						cut.Cut()
					}
					return [][]byte{rec}
				}, nil)
				go func() {
					for i := range 300 {
						_ = a.Send(t.Context(), message(i))
					}
				}()
				expect(t, b, 0, 300)
			})
		})
	}
}

// Whatever a hostile relay does to records, the lane ends, and before that no
// message is changed, repeated, lost or out of order.
func TestHostileCarrier(t *testing.T) {
	const at = 5
	var held []byte
	tampers := map[string]sessiontest.Tamper{
		"drop": func(int, []byte) [][]byte { return nil },
		"flip a bit of the ciphertext": func(_ int, r []byte) [][]byte {
			r[len(r)/2] ^= 1
			return [][]byte{r}
		},
		"flip a bit of the counter": func(_ int, r []byte) [][]byte {
			r[8] ^= 1
			return [][]byte{r}
		},
		"change the kind": func(_ int, r []byte) [][]byte {
			r[0] = byte(wire.RecordData)
			return [][]byte{r}
		},
		"unknown kind": func(_ int, r []byte) [][]byte {
			r[0] = 0x7f
			return [][]byte{r}
		},
		"truncate": func(_ int, r []byte) [][]byte { return [][]byte{r[:len(r)-1]} },
		"empty":    func(int, []byte) [][]byte { return [][]byte{{}} },
		"replay":   func(_ int, r []byte) [][]byte { return [][]byte{r, r} },
		"inject": func(_ int, r []byte) [][]byte {
			return [][]byte{append(wire.AppendRecordHeader(nil, wire.RecordControl, at), make([]byte, 40)...), r}
		},
		"reorder": func(_ int, r []byte) [][]byte {
			held = r
			return nil
		},
	}
	for name, tamper := range tampers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := pair(t)
				_, lb, _ := join(t, a, b, 0, wire.LaneRelay, func(n int, rec []byte) [][]byte {
					switch {
					case n == at:
						return tamper(n, rec)
					case n == at+1 && held != nil:
						recs := [][]byte{rec, held}
						held = nil
						return recs
					}
					return [][]byte{rec}
				}, nil)
				go func() {
					for i := range 40 {
						if a.Send(t.Context(), message(i)) != nil {
							return
						}
					}
				}()
				for i := 0; ; i++ {
					m, err := b.Receive(t.Context())
					if err != nil {
						break
					}
					if !bytes.Equal(m, message(i)) {
						t.Fatalf("message %d is %q", i, m)
					}
				}
				if lb.Err() == nil || !errors.Is(b.Err(), session.ErrLost) {
					t.Errorf("lane: %v, session: %v", lb.Err(), b.Err())
				}
			})
		})
	}
}

// A record of one direction, lane or kind does not open as another.
func TestReflectionAndCrossLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := pair(t)
		ca, cb := sessiontest.Pipe(64, sessiontest.Traits(wire.LaneRelay), nil, nil)
		la, err := a.Attach(0, ca)
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, wire.ReadBuffer)
		rec, err := cb.ReadRecord(buf) // a's hello
		if err != nil {
			t.Fatal(err)
		}
		if err := cb.WriteRecord(rec); err != nil {
			t.Fatal(err)
		}
		<-la.Done()
		if la.Err() == nil {
			t.Error("a accepted its own record")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		ca, cb := sessiontest.Pipe(64, sessiontest.Traits(wire.LaneRelay), nil, nil)
		if _, err := a.Attach(1, ca); err != nil {
			t.Fatal(err)
		}
		lb, err := b.Attach(2, cb)
		if err != nil {
			t.Fatal(err)
		}
		<-lb.Done()
		if lb.Err() == nil {
			t.Error("a record of lane 1 opened on lane 2")
		}
	})
}

func TestDataReachesItsHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		var sum atomic.Int64
		done := make(chan struct{})
		b.HandleData(func(by wire.Lanes, p []byte) error {
			if by != wire.LaneRelay {
				t.Errorf("by %v", by)
			}
			if sum.Add(int64(binary.BigEndian.Uint32(p))) == 99*100/2 {
				close(done)
			}
			return nil
		})
		la, _, _ := join(t, a, b, 0, wire.LaneRelay, nil, nil)
		for i := range 100 {
			if err := la.SendData(t.Context(), binary.BigEndian.AppendUint32(nil, uint32(i)), []byte("and more")); err != nil {
				t.Fatal(err)
			}
		}
		<-done
	})
}

func TestRecordOverTheLimitIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		b.HandleData(func(wire.Lanes, []byte) error { return nil })
		la, _, _ := join(t, a, b, 0, wire.LaneRelay, nil, nil)
		if err := la.SendData(t.Context(), make([]byte, wire.MaxPlaintext)); err != nil {
			t.Error(err)
		}
		if err := la.SendData(t.Context(), make([]byte, wire.MaxPlaintext+1)); err == nil {
			t.Error("a record over the limit was sent")
		}
	})
}

// The relayed lane waits two seconds for a direct one, carries data if none comes
// up, and no longer does when one has.
func TestRelayedLaneIsTheLastResort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		relayed, _, _ := join(t, a, b, 0, wire.LaneRelay, nil, nil)
		began := time.Now()
		if err := relayed.AwaitActive(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != 2*time.Second {
			t.Errorf("the relayed lane carries after %v", waited)
		}
		_, _, cut := join(t, a, b, 1, wire.LaneWebRTC, nil, nil)
		if err := relayed.AwaitStandby(t.Context()); err != nil {
			t.Fatal(err)
		}
		cut.Cut()
		if err := relayed.AwaitActive(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited > 3*time.Second {
			t.Errorf("the relayed lane carries again after %v", waited)
		}
	})
}

func TestLanesThatOnePeerForbids(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pairAllowing(t, all, wire.LaneRelay)
		relayed, _, _ := join(t, a, b, 0, wire.LaneRelay, nil, nil)
		began := time.Now()
		if err := relayed.AwaitActive(t.Context()); err != nil || time.Since(began) > 0 {
			t.Errorf("without direct lanes the relayed lane must carry at once: %v after %v", err, time.Since(began))
		}
		if peer, err := a.Peer(t.Context()); err != nil || peer.Lanes != wire.LaneRelay || peer.Program != "test/1" {
			t.Errorf("the peer said: %+v, %v", peer, err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a, b := pairAllowing(t, all, wire.LaneWebRTC)
		relayed, _, _ := join(t, a, b, 0, wire.LaneRelay, nil, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := relayed.AwaitActive(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a lane that the peer forbids carries: %v", err)
		}
	})
}

// Heartbeats keep an idle session alive; silence ends it.
func TestLiveness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		la, _, _ := join(t, a, b, 0, wire.LaneRelay, nil, nil)
		time.Sleep(time.Hour) // of the bubble's clock
		if err := la.Err(); err != nil {
			t.Errorf("an idle lane died: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		var deaf atomic.Bool
		la, _, _ := join(t, a, b, 0, wire.LaneRelay, nil, func(_ int, rec []byte) [][]byte {
			if deaf.Load() {
				return nil
			}
			return [][]byte{rec}
		})
		synctest.Wait()
		deaf.Store(true)
		began := time.Now()
		<-la.Done()
		if d := time.Since(began); d < 10*time.Second || d > 17*time.Second {
			t.Errorf("a silent lane died after %v", d)
		}
		<-a.Done()
	})
}

func TestSendAndWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		join(t, a, b, 0, wire.LaneRelay, nil, nil)
		if err := a.SendAndWait(t.Context(), message(0)); err != nil {
			t.Fatal(err)
		}
		expect(t, b, 0, 1)
	})
}

// The message arrives although the direct lane is full of data.
func TestSendOnAllLanesPassesAFullLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		join(t, a, b, 0, wire.LaneRelay, nil, nil)
		stuck, _ := sessiontest.Pipe(1, sessiontest.Traits(wire.LaneWebRTC), nil, nil) // nobody reads its other end
		direct, err := a.Attach(1, stuck)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for direct.SendData(t.Context(), make([]byte, 1000)) == nil {
			}
		}()
		synctest.Wait()
		began := time.Now()
		if err := a.SendOnAllLanes(t.Context(), message(0)); err != nil {
			t.Fatal(err)
		}
		expect(t, b, 0, 1)
		if d := time.Since(began); d > time.Second {
			t.Errorf("it took %v", d)
		}
	})
}

func TestTheEndOfThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		la, _, _ := join(t, a, b, 0, wire.LaneRelay, nil, nil)
		if err := b.Send(t.Context(), message(0)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_ = b.Close()
		expect(t, a, 0, 1) // messages delivered before the end are still returned
		if _, err := a.Receive(t.Context()); !errors.Is(err, session.ErrLost) {
			t.Errorf("got %v", err)
		}
		if !errors.Is(la.Err(), io.EOF) {
			t.Errorf("the lane ended with %v", la.Err())
		}
	})
}

// Each loss has its own timeout, even if a lane is lost as soon as it comes up.
func TestReconnectTimeoutStartsWithEachLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := session.New(session.Keys{}, session.Options{Allowed: all, ReconnectTimeout: 10 * time.Minute})
		defer s.Close()
		for i := range uint16(200) {
			if _, err := s.Attach(session.LaneID(0, i), brokenCarrier{io.ErrClosedPipe}); err != nil {
				t.Fatalf("loss %d: %v", i, err)
			}
			time.Sleep(9 * time.Minute) // of the bubble's clock
		}
		time.Sleep(2 * time.Minute)
		if err := s.Err(); !errors.Is(err, session.ErrLost) {
			t.Errorf("the session ended with %v", err)
		}
	})
}

// A lane that is refused for good ends the session at once if it is the last, and
// does nothing to one that has another lane.
func TestRefusedLane(t *testing.T) {
	refused := fmt.Errorf("no more: %w", lane.ErrRefused)
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t)
		join(t, a, b, 0, wire.LaneWebRTC, nil, nil)
		if _, err := a.Attach(1, brokenCarrier{refused}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := a.Err(); err != nil {
			t.Errorf("with another lane it ended: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a, _ := pair(t)
		if _, err := a.Attach(0, brokenCarrier{refused}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := a.Err(); !errors.Is(err, lane.ErrRefused) {
			t.Errorf("without another lane: %v", err)
		}
	})
}

// brokenCarrier fails every call with err.
type brokenCarrier struct{ err error }

func (c brokenCarrier) WriteRecord([]byte) error          { return c.err }
func (c brokenCarrier) ReadRecord([]byte) ([]byte, error) { return nil, c.err }
func (c brokenCarrier) Traits() lane.Traits               { return sessiontest.Traits(wire.LaneRelay) }
func (c brokenCarrier) Close() error                      { return nil }

// Peers that lost every lane and reconnect continue where they were, with new
// keys.
func TestReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := session.Keys{ControlOut: [32]byte{1}, ControlIn: [32]byte{2}, DataOut: [32]byte{3}, DataIn: [32]byte{4}}
		o := session.Options{Allowed: all, ReconnectTimeout: 10 * time.Minute}
		swap := func(k session.Keys) session.Keys {
			k.ControlOut, k.ControlIn, k.DataOut, k.DataIn = k.ControlIn, k.ControlOut, k.DataIn, k.DataOut
			return k
		}
		a, b := session.New(k, o), session.New(swap(k), o)
		defer a.Close()
		defer b.Close()
		_, _, cut := join(t, a, b, 0, wire.LaneRelay, nil, nil)
		go func() {
			for i := range 900 {
				if a.Send(t.Context(), message(i)) != nil {
					return
				}
			}
		}()
		expect(t, b, 0, 100)
		for generation := uint32(1); generation <= 3; generation++ {
			cut.Cut()
			if err := a.AwaitLanes(t.Context(), func(up wire.Lanes) bool { return up == 0 }); err != nil {
				t.Fatal(err)
			}
			time.Sleep(9 * time.Minute) // of the bubble's clock
			k.ControlOut[31], k.DataIn[31] = byte(generation), byte(generation)
			if a.Renew(generation, k) != nil || b.Renew(generation, swap(k)) != nil {
				t.Fatal("new keys were refused")
			}
			_, _, cut = join(t, a, b, session.LaneID(generation, 0), wire.LaneRelay, nil, nil)
			expect(t, b, 100*int(generation), 100*int(generation)+100)
		}
		if err := a.Renew(3, k); err == nil {
			t.Error("a generation of keys was used twice")
		}
		if _, err := a.Attach(session.LaneID(2, 0), cut); err == nil {
			t.Error("a lane's number was used twice")
		}
		if _, err := a.Attach(session.LaneID(9, 0), cut); err == nil {
			t.Error("a lane without keys was attached")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a := session.New(session.Keys{}, session.Options{ReconnectTimeout: 10 * time.Minute})
		defer a.Close()
		c, _ := sessiontest.Pipe(1, sessiontest.Traits(wire.LaneRelay), nil, nil)
		if _, err := a.Attach(0, c); err != nil {
			t.Fatal(err)
		}
		c.Cut()
		began := time.Now()
		<-a.Done()
		if d := time.Since(began); d < 10*time.Minute || d > 11*time.Minute || !errors.Is(a.Err(), session.ErrLost) {
			t.Errorf("it ended after %v with %v", d, a.Err())
		}
	})
}
