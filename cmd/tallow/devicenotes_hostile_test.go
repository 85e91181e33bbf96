package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
	"github.com/tallow-transfer/tallow/relay"
)

// The environment variables of TestHostileMailbox: how many seeds it runs, from which on.
const (
	hostileSeedsVariable = "TALLOW_TEST_HOSTILE_SEEDS"
	seedVariable         = "TALLOW_TEST_SEED"
)

// A relay that keeps, drops, reorders, replays and swaps messages, changes and invents them, and
// answers nonsense: nothing is accepted twice, nothing wrong is accepted, no listener ends. When
// it stops, the next note in each direction arrives.
func TestHostileMailbox(t *testing.T) {
	t.Parallel()
	seeds, first := uint64(30), rand.Uint64()>>1
	if testing.Short() {
		seeds = 10
	}
	for variable, n := range map[string]*uint64{hostileSeedsVariable: &seeds, seedVariable: &first} {
		if s := os.Getenv(variable); s != "" {
			var err error
			if *n, err = strconv.ParseUint(s, 10, 63); err != nil {
				t.Fatal(variable, err)
			}
		}
	}
	t.Logf("%s=%d", seedVariable, first)
	var mu sync.Mutex
	did := make(map[relaytest.Evil]int)
	var accepted int
	var running sync.WaitGroup
	turns := make(chan struct{}, 30) // most of the time they wait
	for seed := first; seed < first+seeds; seed++ {
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			c := newConversation(t, seed)
			c.suffer(seed)
			c.recover(seed)
			c.stop()
			c.wroteLittle()
			mu.Lock()
			defer mu.Unlock()
			accepted += len(c.accepted)
			for e, n := range c.hostile.Did() {
				did[e] += n
			}
		})
	}
	running.Wait()
	t.Logf("%d notes were accepted; the relays did %v", accepted, did)
	for _, e := range relaytest.AllEvil() {
		if did[e] == 0 {
			t.Errorf("no relay did %q", e)
		}
	}
}

// A relay that has lost so many messages that nobody knows any more where the other one looks
// does no lasting harm either.
func TestMailboxThatLosesAll(t *testing.T) {
	c := newConversation(t, 0)
	c.hostile.Start(1, relaytest.Drop)
	for range 35 {
		for _, d := range c.directions() {
			_, _ = c.say(d)
		}
	}
	c.recover(0)
	c.stop()
	c.wroteLittle()
	if n := len(c.accepted); n != 2*len(c.directions()) {
		t.Errorf("%d notes were accepted", n)
	}
}

// direction is who says something to whom.
type direction struct{ from, to string }

// conversation is three devices, of which the hub knows both others, and their relay.
type conversation struct {
	t       *testing.T
	seed    uint64
	hostile *relaytest.Hostile
	parties map[string]*party
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	said     map[string]direction // by the code
	accepted map[string]chan struct{}
	ended    error // of a listener
}

// party is a device.
type party struct {
	*program
	store *devices.Store
	url   string
}

func newConversation(t *testing.T, seed uint64) *conversation {
	c := &conversation{t: t, seed: seed, parties: make(map[string]*party), said: make(map[string]direction), accepted: make(map[string]chan struct{})}
	handler, err := relay.New(relay.Config{Mailbox: relay.MailboxConfig{PutsPerMinute: -1, RequestsPerMinute: -1}})
	if err != nil {
		t.Fatal(err)
	}
	c.hostile = relaytest.NewHostile(handler, seed)
	server := httptest.NewUnstartedServer(c.hostile)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that it breaks
	server.Start()
	c.ctx, c.cancel = context.WithCancel(t.Context())
	t.Cleanup(func() {
		c.stop()
		_ = handler.Close()
		server.Close()
	})
	for _, name := range []string{"hub", "left", "right"} {
		c.parties[name] = newParty(t, server.URL)
	}
	for _, name := range []string{"left", "right"} {
		c.pair("hub", name)
	}
	for name, p := range c.parties {
		c.listen(name, p)
	}
	return c
}

// newParty makes a device whose state is in memory, if the system has that.
func newParty(t *testing.T, url string) *party {
	parent := t.TempDir()
	if shared, err := os.MkdirTemp("/dev/shm", "tallow-test-"); err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(shared) })
		parent = shared
	}
	out, err := os.Create(filepath.Join(parent, "events.json"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	key, err := devicekey.Store{Dir: parent, NoKeyring: errors.New("a test")}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	store, err := devices.Open(t.Context(), filepath.Join(parent, "devices"), key.Key, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return &party{&program{stdout: out, stderr: out, json: true, getenv: func(string) string { return "" }}, store, url}
}

// pair pairs two devices under their names.
func (c *conversation) pair(one, other string) {
	a, b := c.parties[one], c.parties[other]
	invites, err := devices.Invite(one, a.url, time.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	accepts, _, err := devices.Accept(invites.Invitation, time.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	slot, hello, err := accepts.Hello(other)
	if err == nil {
		_, err = invites.Confirm(slot, hello, time.Now())
	}
	if err := errors.Join(err, a.store.Add(c.ctx, invites, other), b.store.Add(c.ctx, accepts, one)); err != nil {
		c.t.Fatal(err)
	}
}

// listen runs the listener of a device, and looks at what it has accepted.
func (c *conversation) listen(name string, p *party) {
	l := &listening{receive: &receive{program: p.program, preferences: &p.preferences}, store: p.store, come: make(chan struct{}, 1), told: toldOf{warn: p.program.warner()}}
	c.running.Go(func() {
		l.watch(c.ctx, p.url, false, func(err error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.ended = fmt.Errorf("%s: %w", name, err)
		})
	})
	c.running.Go(func() {
		own := time.NewTicker(time.Second) // for what a send of this device has come upon
		defer own.Stop()
		for {
			select {
			case <-l.come:
			case <-own.C:
			case <-c.ctx.Done():
				return
			}
			waiting, err := p.store.Waiting(c.ctx)
			for _, w := range waiting {
				c.accept(direction{w.From.Name, name}, w.Note)
				err = firstOf(err, p.store.Done(c.ctx, w))
			}
			if err != nil && c.ctx.Err() == nil {
				c.t.Errorf("seed %d: %s: %v", c.seed, name, err)
			}
		}
	})
}

// accept checks what a device has accepted.
func (c *conversation) accept(d direction, n devices.Note) {
	c.mu.Lock()
	defer c.mu.Unlock()
	there := c.accepted[n.Code]
	switch {
	case n.Kind != devices.KindInvite || there == nil || c.said[n.Code] != d:
		c.t.Errorf("seed %d: %s accepted %+v from %s", c.seed, d.to, n, d.from)
	case isClosed(there):
		c.t.Errorf("seed %d: %s accepted %q twice", c.seed, d.to, n.Code)
	default:
		close(there)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// directions are all of them.
func (c *conversation) directions() []direction {
	return []direction{{"left", "hub"}, {"right", "hub"}, {"hub", "left"}, {"hub", "right"}}
}

// say leaves a note, as send --to does, and returns what is closed when it is accepted.
func (c *conversation) say(d direction) (accepted <-chan struct{}, err error) {
	from := c.parties[d.from]
	device, err := from.store.Get(c.ctx, d.to)
	if err != nil {
		return nil, err
	}
	box, err := from.mailboxAt(from.url)
	if err != nil {
		return nil, err
	}
	defer box.Close()
	c.mu.Lock()
	code := fmt.Sprintf("%d: %s to %s", len(c.said), d.from, d.to)
	there := make(chan struct{})
	c.said[code], c.accepted[code] = d, there
	c.mu.Unlock()
	r := &recipient{program: from.program, store: from.store, device: device, box: box, told: toldOf{warn: from.program.warner()}}
	return there, r.tell(c.ctx, devices.Note{Kind: devices.KindInvite, Code: code})
}

// suffer has the relay be hostile while all say something to each other.
func (c *conversation) suffer(seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	evils := relaytest.AllEvil()
	random.Shuffle(len(evils), func(i, j int) { evils[i], evils[j] = evils[j], evils[i] })
	c.hostile.Start([]float64{0.2, 0.5, 0.9}[random.IntN(3)], evils[:1+random.IntN(len(evils))]...)
	for range 8 {
		_, _ = c.say(c.directions()[random.IntN(4)]) // the relay may refuse it
	}
}

// recover has the relay behave, and checks that all hear each other.
func (c *conversation) recover(seed uint64) {
	c.hostile.Behave()
	for range 2 {
		for _, d := range c.directions() {
			accepted, err := c.say(d)
			if err != nil {
				c.t.Errorf("seed %d: %s to %s: %v", seed, d.from, d.to, err)
				continue
			}
			select {
			case <-accepted:
			case <-time.After(2 * time.Minute):
				c.t.Errorf("seed %d: %s does not hear %s any more", seed, d.to, d.from)
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		c.t.Errorf("seed %d: a listener has ended: %v", seed, c.ended)
	}
}

// stop ends the listeners, and keeps in accepted only what was.
func (c *conversation) stop() {
	c.cancel()
	c.running.Wait()
	maps.DeleteFunc(c.accepted, func(_ string, there chan struct{}) bool { return !isClosed(there) })
}

// wroteLittle checks that a relay cannot have a listener say the same again and again.
func (c *conversation) wroteLittle() {
	for name, p := range c.parties {
		b, err := os.ReadFile(p.stdout.Name())
		if err != nil {
			c.t.Error(err)
		}
		if n := strings.Count(string(b), "\n"); n > 200 {
			c.t.Errorf("seed %d: %s has written %d lines: %.2000s", c.seed, name, n, b)
		}
	}
}
