package tallow_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// from says which side something comes from.
type from string

const (
	theSender   from = "sender"
	theReceiver from = "receiver"
)

// faultRun is one transfer in which things go wrong, and what is to be seen of
// it from outside.
type faultRun struct {
	plan plan
	src  string
	out  string

	relay *forgetfulRelay
	roads map[from]*road
	stop  map[from]context.CancelFunc
	sides map[from]*side

	mu       sync.Mutex
	struck   []fault
	problems []string
}

// runPlan runs a plan in a folder of its own below dir, and then, if something
// is left to do, again without faults. It returns when all is over or ctx ends.
func runPlan(ctx context.Context, p plan, dir string) (*faultRun, error) {
	r := &faultRun{plan: p}
	home, err := os.MkdirTemp(dir, "run-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(home)
	r.src, r.out = filepath.Join(home, "src"), filepath.Join(home, "out")
	if err := r.prepare(); err != nil {
		return r, err
	}
	if err := r.lay(); err != nil {
		return r, err
	}
	defer r.clear()
	clients, err := r.clients()
	if err != nil {
		return r, err
	}
	if r.sides, err = r.transfer(ctx, clients, p.wait); err != nil {
		return r, err
	}
	left := r.judge()
	if len(r.problems) > 0 || !left {
		return r, nil
	}
	return r, r.again(ctx)
}

// prepare writes what is sent.
func (r *faultRun) prepare() error {
	for name, n := range r.plan.files {
		b := make([]byte, n)
		_, _ = rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(len(name))}).Read(b)
		path := filepath.Join(r.src, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			return err
		}
	}
	return os.Mkdir(r.out, 0o777)
}

// lay makes the relay and both roads to it.
func (r *faultRun) lay() error {
	var err error
	if r.relay, err = startForgetfulRelay(); err != nil {
		return err
	}
	r.roads = make(map[from]*road)
	for _, by := range []from{theSender, theReceiver} {
		way := roadTo(r.relay.server.Listener.Addr().String())
		way.wires = func(n int, ended <-chan struct{}) (in, out *flow) {
			return r.flow(ended, r.fits(bytesOf, by, n, false)), r.flow(ended, r.fits(bytesOf, by, n, true))
		}
		way.rooms = func(n int, _ wire.RoomJoin, ended <-chan struct{}) (in, out passage) {
			return r.flow(ended, r.fits(payloads, by, n, false)).message, r.flow(ended, r.fits(payloads, by, n, true)).message
		}
		way.open()
		r.roads[by] = way
	}
	return nil
}

func (r *faultRun) fits(l layer, by from, conn int, back bool) func(fault) bool {
	return func(f fault) bool { return f.layer == l && f.by == by && f.conn == conn && f.back == back }
}

func (r *faultRun) clear() {
	for _, way := range r.roads {
		way.close()
	}
	r.relay.close()
}

// happen notes a fault as it strikes, and does what it does beyond its flow.
func (r *faultRun) happen(f fault) {
	r.mu.Lock()
	r.struck = append(r.struck, f)
	r.mu.Unlock()
	switch f.deed {
	case away:
		for _, way := range r.roads {
			way.cut(f.span)
		}
	case restart:
		_ = r.relay.fresh()
	case cancelSender:
		r.stop[theSender]()
	case cancelReceiver:
		r.stop[theReceiver]()
	}
}

func (r *faultRun) hasStruck(deeds ...deed) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.struck, func(f fault) bool { return slices.Contains(deeds, f.deed) })
}

// clients are the two sides' with the faults of their roads and lanes.
func (r *faultRun) clients() (map[from]*tallow.Client, error) {
	clients := make(map[from]*tallow.Client)
	for by, way := range r.roads {
		c, err := tallow.New(tallow.Config{Relay: way.url, Lanes: r.plan.lanes})
		if err != nil {
			return nil, err
		}
		c.Tamper(r.tamper(by))
		clients[by] = c
	}
	return clients, nil
}

// transfer sends from src to out.
func (r *faultRun) transfer(ctx context.Context, clients map[from]*tallow.Client, wait time.Duration) (map[from]*side, error) {
	sent, received := &side{}, &side{}
	sending, stopSending := context.WithCancel(ctx)
	defer stopSending()
	receiving, stopReceiving := context.WithCancel(ctx)
	defer stopReceiving()
	r.stop = map[from]context.CancelFunc{theSender: stopSending, theReceiver: stopReceiving}
	code := make(chan string, 1)
	var both sync.WaitGroup
	both.Go(func() {
		defer close(code)
		sent.result, sent.err = clients[theSender].Send(sending, tallow.SendOptions{
			Paths: []string{filepath.Join(r.src, "d")}, PeerTimeout: wait, ReconnectTimeout: wait,
			OnEvent: func(e tallow.Event) {
				sent.events = append(sent.events, e)
				if c, ok := e.(tallow.CodeEvent); ok {
					code <- c.Code[strings.LastIndex(c.Code, "#")+1:] // the receiver has a road of its own
				}
			},
		})
	})
	both.Go(func() {
		c, ok := <-code
		if !ok {
			received.err = sent.err // nobody to receive from
			return
		}
		received.result, received.err = clients[theReceiver].Receive(receiving, tallow.ReceiveOptions{
			Code: c, Output: r.out, PeerTimeout: wait, ReconnectTimeout: wait,
			OnEvent: func(e tallow.Event) { received.events = append(received.events, e) },
		})
	})
	both.Wait()
	return map[from]*side{theSender: sent, theReceiver: received}, ctx.Err()
}

// again transfers what is left, with nothing in the way.
func (r *faultRun) again(ctx context.Context) error {
	c, err := tallow.New(tallow.Config{Relay: r.relay.server.URL, Lanes: []tallow.Lane{tallow.LaneRelay}})
	if err != nil {
		return err
	}
	sides, err := r.transfer(ctx, map[from]*tallow.Client{theSender: c, theReceiver: c}, patience)
	if err != nil {
		return err
	}
	r.judgeAgain(sides)
	return nil
}

func (r *faultRun) complain(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// String tells all that is known of a run.
func (r *faultRun) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := []string{r.plan.String()}
	for _, f := range r.struck {
		lines = append(lines, "  happened: "+f.String())
	}
	for by, s := range r.sides {
		lines = append(lines, fmt.Sprintf("  the %s: %v; %+v", by, cause(s.err), s.result))
	}
	for _, p := range r.problems {
		lines = append(lines, "  WRONG: "+p)
	}
	return strings.Join(lines, "\n")
}

// cause is an error with what it was made of.
func cause(err error) string {
	if e, ok := err.(*tallow.Error); ok {
		return fmt.Sprintf("%v <- %v", e, e.Err)
	}
	return fmt.Sprint(err)
}
