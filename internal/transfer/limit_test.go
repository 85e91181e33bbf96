package transfer_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/transfer"
	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// limited transfers with a limit on either side, and says how long the data took:
// from the acceptance until the receiver had everything. What happens meanwhile
// is the caller's.
func limited(t *testing.T, s, r *link, sent map[string][]byte, send, receive int64, meanwhile func(*outcome)) (*outcome, time.Duration) {
	t.Helper()
	o := &outcome{sender: newLog(), receiver: newLog()}
	var began time.Time
	var took time.Duration
	dest := &memoryDestination{begun: func() { began = time.Now() }}
	var wg sync.WaitGroup
	wg.Go(func() {
		o.sent, o.sendErr = transfer.Send(t.Context(), s, &memorySource{files: sent}, transfer.SendOptions{
			Observer: o.sender, Progress: &o.sendProg, Pause: &o.sendPause, Offered: func(wire.Offer) {}, Limit: send,
		})
		_ = s.Close()
	})
	wg.Go(func() {
		o.received, o.receiveErr = transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
			Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return dest, nil },
			Observer: o.receiver, Progress: &o.receivProg, Pause: &o.receivePause, Limit: receive,
		})
		took = time.Since(began)
		_ = r.Close()
	})
	if meanwhile != nil {
		meanwhile(o)
	}
	wg.Wait()
	if o.sendErr != nil || o.receiveErr != nil {
		t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
	}
	check(t, dest, sent)
	return o, took
}

// exact fails unless something took as long as it should, within two per cent.
func exact(t *testing.T, what string, took, want time.Duration) {
	t.Helper()
	t.Logf("%s took %v, at the limit it is %v", what, took, want)
	if off := took - want; off < -want/50 || off > want/50+100*time.Millisecond {
		t.Errorf("%s took %v, want %v", what, took, want)
	}
}

// The limit is exact on either side, with both (the lower one holds), at all
// rates, over several lanes, for large files and for small ones that share
// records.
func TestLimit(t *testing.T) {
	large := map[string][]byte{"big": data(1, 7*mib+12345), "middle": data(2, 300<<10)}
	small := make(map[string][]byte)
	for i := range 2000 {
		small[fmt.Sprintf("%04d", i)] = data(i, 1+i%400)
	}
	for _, tt := range []struct {
		name          string
		files         map[string][]byte
		send, receive int64
		lanes         int
	}{
		{"the sender's", large, 1 << 20, 0, 1},
		{"the receiver's", large, 0, 1 << 20, 1},
		{"both, the sender's lower", large, 700_000, 2 << 20, 1},
		{"both, the receiver's lower", large, 100 << 20, 700_000, 1},
		{"high", large, 0, 200 << 20, 1},
		{"several lanes", large, 1 << 20, 0, 4},
		{"several lanes, the receiver's", large, 0, 300_000, 4},
		{"small files", small, 50_000, 0, 2},
		{"small files, the receiver's", small, 0, 20_000, 1},
		{"very low", map[string][]byte{"f": data(3, 200_000)}, 0, 1 << 10, 2},
		{"a byte a second", map[string][]byte{"f": data(3, 100)}, 1, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, r := sessions(t)
				for i := range tt.lanes {
					join(t, s, r, uint32(i), wire.LaneWebRTC, nil)
				}
				o, took := limited(t, s, r, tt.files, tt.send, tt.receive, nil)
				var bytes int64
				for _, b := range tt.files {
					bytes += int64(len(b))
				}
				rate := min(tt.send, tt.receive)
				if rate == 0 {
					rate = max(tt.send, tt.receive)
				}
				exact(t, "it", took, time.Duration(float64(bytes)/float64(rate)*float64(time.Second)))
				if n := o.sendProg.SentTotal(); n != bytes {
					t.Errorf("%d bytes crossed, of %d: a lane has died", n, bytes)
				}
				// It is slow because somebody wished it, and nobody is told anything else.
				if stalls := slices.Concat(o.sender.stalls, o.receiver.stalls); len(stalls) > 0 {
					t.Errorf("told: %v", stalls)
				}
			})
		})
	}
}

// What a pause held back is not made up for, at whatever moment it comes.
func TestLimitAfterAPause(t *testing.T) {
	const (
		rate  = 100_000
		size  = 20 * rate
		pause = 45 * time.Second
	)
	for _, after := range []time.Duration{10 * time.Millisecond, 5 * time.Second, 5300 * time.Millisecond} {
		for _, side := range []string{"sender", "receiver"} {
			t.Run(fmt.Sprintf("%s after %v", side, after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, r := sessions(t)
					join(t, s, r, 0, wire.LaneWebRTC, nil)
					o, took := limited(t, s, r, map[string][]byte{"f": data(1, size)}, rate, 0, func(o *outcome) {
						held := map[string]*transfer.Pause{"sender": &o.sendPause, "receiver": &o.receivePause}[side]
						time.Sleep(after)
						held.Set(true)
						time.Sleep(time.Second)
						before := o.sendProg.SentTotal()
						time.Sleep(pause - time.Second)
						if n := o.sendProg.SentTotal(); n != before {
							t.Errorf("%d bytes crossed during the pause", n-before)
						}
						held.Set(false)
						time.Sleep(5 * time.Second)
						if n := o.sendProg.SentTotal() - before; n > 5*rate+wire.MaxSegment {
							t.Errorf("%d bytes crossed in 5 s after it", n)
						}
					})
					// The record that waited when the pause began waits anew.
					const again = time.Duration(float64(wire.MaxSegment) / rate * float64(time.Second))
					least := size/rate*time.Second + pause
					if took < least-least/50 || took > least+again+time.Second {
						t.Errorf("it took %v, want %v and up to %v more", took, least, again)
					}
					if told := slices.Concat(o.sender.stalls, o.receiver.stalls); len(told) > 0 {
						t.Errorf("told: %v", told)
					}
				})
			})
		}
	}
}

// A sender that ignores the limit is read no faster, and its lane lives.
func TestLimitIsEnforced(t *testing.T) {
	const rate = 300_000
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneWebRTC, nil)
		deaf := &deafSession{link: s}
		o := &outcome{receiver: newLog()}
		file := data(1, 8*mib)
		dest := &memoryDestination{}
		var wg sync.WaitGroup
		wg.Go(func() {
			_, o.sendErr = transfer.Send(t.Context(), deaf, &memorySource{files: map[string][]byte{"f": file}}, transfer.SendOptions{
				Observer: newLog(), Progress: &o.sendProg, Pause: &o.sendPause, Offered: func(wire.Offer) {},
			})
		})
		began := time.Now()
		wg.Go(func() {
			_, o.receiveErr = transfer.Receive(t.Context(), r, transfer.ReceiveOptions{
				Decide:   func(context.Context, wire.Offer) (files.Destination, error) { return dest, nil },
				Observer: o.receiver, Progress: &o.receivProg, Pause: &o.receivePause, Limit: rate,
			})
		})
		wg.Wait()
		if o.sendErr != nil || o.receiveErr != nil {
			t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
		}
		check(t, dest, map[string][]byte{"f": file})
		if !deaf.heard {
			t.Error("the sender was not told of the limit")
		}
		// Two seconds' worth and 256 KiB may come at once.
		want := time.Duration(float64(len(file)-256<<10)/(1.02*rate)*float64(time.Second)) - 2*time.Second
		exact(t, "it", time.Since(began), want)
		if n := o.sendProg.SentTotal(); n != int64(len(file)) {
			t.Errorf("%d bytes crossed: the lane has died", n)
		}
	})
}

// deafSession does not hear of limits.
type deafSession struct {
	*link
	heard bool
}

func (s *deafSession) Receive(ctx context.Context) ([]byte, error) {
	for {
		m, err := s.link.Receive(ctx)
		if t, _ := wire.TypeOf(m); err != nil || t != wire.TypeLimit {
			return m, err
		}
		s.heard = true
	}
}

// A lane that dies while its record waits for its turn is left at once; what
// waited goes by another.
func TestLimitLeavesADeadLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		first := join(t, s, r, 0, wire.LaneWebRTC, nil)
		const rate = 2000 // a record every half minute
		o, took := limited(t, s, r, map[string][]byte{"f": data(1, 200_000)}, rate, 0, func(*outcome) {
			time.Sleep(50 * time.Second)
			join(t, s, r, 1, wire.LaneWebRTC, nil)
			first.Cut()
		})
		// The first record has crossed and goes again, and the second had waited.
		exact(t, "it", took, 100*time.Second+50*time.Second)
		if n := o.sendProg.SentTotal(); n != 200_000+wire.MaxSegment {
			t.Errorf("%d bytes crossed", n)
		}
	})
}

// The peer can lift its limit while data flows, and nothing waits any longer.
func TestLimitIsLifted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneWebRTC, nil)
		say := func(rate int64) {
			if err := r.Send(t.Context(), wire.Limit{Rate: rate}.Append(nil)); err != nil {
				t.Error(err)
			}
		}
		say(1000)
		_, took := limited(t, s, r, map[string][]byte{"f": data(1, 3*mib)}, 0, 0, func(o *outcome) {
			time.Sleep(10 * time.Second)
			if n := o.sendProg.SentTotal(); n != 0 {
				t.Errorf("%d bytes crossed in 10 s", n)
			}
			say(0)
		})
		exact(t, "it", took, 10*time.Second)
	})
}
