package tallow_test

import (
	"context"
	"errors"
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

// role is the role of a peer.
type role string

const (
	roleSender   role = "sender"
	roleReceiver role = "receiver"
)

// faultRun is one transfer with faults, and what is observed of it.
type faultRun struct {
	plan plan
	src  string
	out  string

	relay    *restartableRelay
	proxies  map[role]*proxy
	stop     map[role]context.CancelFunc
	outcomes map[role]*outcome

	mu       sync.Mutex
	applied  []fault
	problems []string
}

// runPlan runs a plan in a new folder below dir. If the transfer fails, it is then
// resumed without faults. runPlan returns when all is done or ctx ends.
func runPlan(ctx context.Context, p plan, dir string) (*faultRun, error) {
	r := &faultRun{plan: p}
	home, err := os.MkdirTemp(dir, "run-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(home)
	r.src, r.out = filepath.Join(home, "src"), filepath.Join(home, "out")
	if err := r.writeFiles(); err != nil {
		return r, err
	}
	if err := r.startRelays(); err != nil {
		return r, err
	}
	defer r.closeRelays()
	clients, err := r.clients()
	if err != nil {
		return r, err
	}
	if r.outcomes, err = r.transfer(ctx, clients, p.wait, 1); err != nil {
		return r, err
	}
	unfinished := r.check()
	if len(r.problems) > 0 || !unfinished {
		return r, nil
	}
	return r, r.resume(ctx)
}

// writeFiles writes the files that are sent.
func (r *faultRun) writeFiles() error {
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

// startRelays starts the relay, and a proxy to it for each peer.
func (r *faultRun) startRelays() error {
	var err error
	if r.relay, err = startRestartableRelay(); err != nil {
		return err
	}
	r.proxies = make(map[role]*proxy)
	for _, by := range []role{roleSender, roleReceiver} {
		p := newProxy(r.relay.server.Listener.Addr().String())
		p.filterBytes = func(n int, ended <-chan struct{}) (in, out *flow) {
			return r.flow(ended, r.fits(rawBytes, by, n, false)), r.flow(ended, r.fits(rawBytes, by, n, true))
		}
		p.filterPayloads = func(n int, _ wire.RoomJoin, ended <-chan struct{}) (in, out filter) {
			return r.flow(ended, r.fits(payloads, by, n, false)).message, r.flow(ended, r.fits(payloads, by, n, true)).message
		}
		p.open()
		r.proxies[by] = p
	}
	return nil
}

func (r *faultRun) fits(l layer, by role, conn int, fromRelay bool) func(fault) bool {
	return func(f fault) bool {
		return f.layer == l && f.by == by && f.conn == conn && f.fromRelay == fromRelay
	}
}

func (r *faultRun) closeRelays() {
	for _, p := range r.proxies {
		p.close()
	}
	r.relay.close()
}

// onFault records a fault when it happens, and does what it does outside its
// flow.
func (r *faultRun) onFault(f fault) {
	r.mu.Lock()
	r.applied = append(r.applied, f)
	r.mu.Unlock()
	switch f.action {
	case away:
		for _, p := range r.proxies {
			p.cut(f.span)
		}
	case restart:
		_ = r.relay.restart()
	case cancelSender:
		r.stop[roleSender]()
	case cancelReceiver:
		r.stop[roleReceiver]()
	}
}

func (r *faultRun) wasApplied(actions ...action) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.applied, func(f fault) bool { return slices.Contains(actions, f.action) })
}

// clients returns the clients of both peers, which connect through their proxies
// and have faults on their lanes.
func (r *faultRun) clients() (map[role]*tallow.Client, error) {
	clients := make(map[role]*tallow.Client)
	for by, p := range r.proxies {
		c, err := tallow.New(tallow.Config{Relay: p.url, Lanes: r.plan.lanes})
		if err != nil {
			return nil, err
		}
		c.WrapCarrier(r.wrapper(by))
		clients[by] = c
	}
	return clients, nil
}

// tooSlow reports whether the sender gave a handshake up for want of progress, as it
// may on a busy machine. The code stays good.
func tooSlow(err error) bool {
	var e *tallow.Error
	return errors.As(err, &e) && (e.Reason == tallow.ReasonHandshakePeerLeft || e.Reason == tallow.ReasonHandshakeTimeout)
}

// transfer sends from src to out. The receiver tries the code again if the handshake
// was too slow, up to so many attempts.
func (r *faultRun) transfer(ctx context.Context, clients map[role]*tallow.Client, wait time.Duration, attempts int) (map[role]*outcome, error) {
	sent, received := &outcome{}, &outcome{}
	sending, stopSending := context.WithCancel(ctx)
	defer stopSending()
	receiving, stopReceiving := context.WithCancel(ctx)
	defer stopReceiving()
	r.stop = map[role]context.CancelFunc{roleSender: stopSending, roleReceiver: stopReceiving}
	code := make(chan string, 1)
	var both sync.WaitGroup
	both.Go(func() {
		defer close(code)
		sent.result, sent.err = clients[roleSender].Send(sending, tallow.SendOptions{
			Paths: []string{filepath.Join(r.src, "d")}, PeerTimeout: wait, ReconnectTimeout: wait,
			OnEvent: func(e tallow.Event) {
				sent.events = append(sent.events, e)
				if c, ok := e.(tallow.CodeEvent); ok {
					code <- c.Code[strings.LastIndex(c.Code, "#")+1:] // the receiver has its own proxy
				}
			},
		})
	})
	both.Go(func() {
		c, ok := <-code
		if !ok {
			received.err = sent.err // there is no code
			return
		}
		for attempt := 1; ; attempt++ {
			received.result, received.err = clients[roleReceiver].Receive(receiving, tallow.ReceiveOptions{
				Code: c, Output: r.out, PeerTimeout: wait, ReconnectTimeout: wait,
				OnEvent: func(e tallow.Event) { received.events = append(received.events, e) },
			})
			if attempt == attempts || !tooSlow(received.err) {
				return
			}
		}
	})
	both.Wait()
	return map[role]*outcome{roleSender: sent, roleReceiver: received}, ctx.Err()
}

// resume transfers the rest, without faults.
func (r *faultRun) resume(ctx context.Context) error {
	c, err := tallow.New(tallow.Config{Relay: r.relay.server.URL, Lanes: []tallow.Lane{tallow.LaneRelay}})
	if err != nil {
		return err
	}
	outcomes, err := r.transfer(ctx, map[role]*tallow.Client{roleSender: c, roleReceiver: c}, testTimeout, 3)
	if err != nil {
		return err
	}
	r.checkResumed(outcomes)
	return nil
}

func (r *faultRun) problemf(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// String describes a run: its plan, the faults that happened, and the outcomes.
func (r *faultRun) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := []string{r.plan.String()}
	for _, f := range r.applied {
		lines = append(lines, "  happened: "+f.String())
	}
	for by, s := range r.outcomes {
		lines = append(lines, fmt.Sprintf("  the %s: %v; %+v", by, cause(s.err), s.result))
	}
	for _, p := range r.problems {
		lines = append(lines, "  WRONG: "+p)
	}
	return strings.Join(lines, "\n")
}

// cause returns an error together with the error that caused it.
func cause(err error) string {
	if e, ok := err.(*tallow.Error); ok {
		return fmt.Sprintf("%v <- %v", e, e.Err)
	}
	return fmt.Sprint(err)
}
