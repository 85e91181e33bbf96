//go:build linux

package nettest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tooLong is the --timeout of a send that nobody will come for.
const tooLong = "4s"

// star is machines around a router.
//
//	NAME 10.78.N.2 --- 10.78.N.1 router
type star struct {
	router   *machine
	machines map[string]*machine
	address  map[string]string
}

func newStar(t *testing.T, names ...string) star {
	t.Helper()
	s := star{router: newMachine(t, "router"), machines: make(map[string]*machine), address: make(map[string]string)}
	s.router.forward(t)
	for i, name := range names {
		m := newMachine(t, name)
		net := "10.78." + string(rune('1'+i))
		cable(t, plug{m, "eth", net + ".2/24"}, plug{s.router, name, net + ".1/24"})
		m.ip(t, "route add default via "+net+".1")
		s.machines[name], s.address[name] = m, net+".2"
	}
	return s
}

// pull disconnects a machine.
func (s star) pull(t *testing.T, name string) {
	t.Helper()
	s.router.ip(t, "link set "+name+" down")
}

// plugIn connects a machine again, and waits until it reaches a relay.
func (s star) plugIn(t *testing.T, name, relay string) {
	t.Helper()
	s.router.ip(t, "link set "+name+" up")
	deadline := time.NewTimer(waitTimeout)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.machines[name].do(func() error {
			conn, err := net.DialTimeout("tcp", strings.TrimPrefix(relay, "ws://"), time.Second)
			if err != nil {
				return err
			}
			return conn.Close()
		})
		if err == nil {
			return
		}
		select {
		case <-deadline.C:
			t.Fatalf("the network does not come back: %v", err)
		case <-tick.C:
		}
	}
}

// boxRelay is a relay with a mailbox and a store on its disk.
type boxRelay struct {
	on      *machine
	dir     string
	url     string
	command *command
}

func (s star) startRelay(t *testing.T, name string) *boxRelay {
	t.Helper()
	r := &boxRelay{on: s.machines[name], dir: t.TempDir()}
	r.start(t, s.address[name]+":0")
	return r
}

func (r *boxRelay) start(t *testing.T, listen string) {
	t.Helper()
	r.command = run(t, r.on, "relay", "--listen", listen, "--store", filepath.Join(r.dir, "store"), "--store-free", "1KiB")
	r.url = "ws://" + r.command.first(t, "listening").Addr
}

// killAndRestart kills it with SIGKILL, and starts it again at the same address.
func (r *boxRelay) killAndRestart(t *testing.T) {
	t.Helper()
	r.command.kill(t)
	r.start(t, strings.TrimPrefix(r.url, "ws://"))
}

// paired is a device: a machine, and the home of its user.
type paired struct {
	name string
	on   *machine
	home string
}

func newPaired(t *testing.T, s star, name string) paired {
	t.Helper()
	return paired{name, s.machines[name], t.TempDir()}
}

// run runs a command there.
func (d paired) run(t *testing.T, args ...string) *command {
	t.Helper()
	return start(t, d.on, []string{"env", "HOME=" + d.home, "TALLOW_KEYRING=off"}, args...)
}

// pairWith pairs it with another one at a relay. Each gets the name of its machine.
func (d paired) pairWith(t *testing.T, other paired, relay *boxRelay) {
	t.Helper()
	invites := d.run(t, "devices", "pair", "--relay", relay.url, "--name", other.name)
	accepts := other.run(t, "devices", "pair", "--relay", relay.url, "--name", d.name, invites.first(t, "code").Code)
	accepts.exit(t, 0, waitTimeout)
	invites.exit(t, 0, waitTimeout)
}

func (d paired) remove(t *testing.T, other string) {
	t.Helper()
	d.run(t, "devices", "remove", other).exit(t, 0, waitTimeout)
}

// folder is where a device puts what it receives.
func (d paired) folder() string { return filepath.Join(d.home, "received") }

func (d paired) listen(t *testing.T) *command {
	t.Helper()
	c := d.run(t, "receive", "--listen", "--yes", "--output", d.folder()+"/")
	c.first(t, "listens")
	return c
}

// letter makes a file.
func letter(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("this is "+name), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sends sends a file of that name, and checks that it is there.
func (d paired) sends(t *testing.T, to paired, name string, flags ...string) *command {
	t.Helper()
	file := letter(t, name)
	c := d.run(t, append([]string{"send", "--to", to.name, file}, flags...)...)
	c.exit(t, 0, waitTimeout)
	same(t, file, filepath.Join(to.folder(), name))
	return c
}

// sendsInVain sends a file that does not arrive.
func (d paired) sendsInVain(t *testing.T, to paired, name string) *command {
	t.Helper()
	c := d.run(t, "send", "--to", to.name, "--timeout", tooLong, letter(t, name))
	c.exit(t, 5, waitTimeout)
	if _, err := os.Lstat(filepath.Join(to.folder(), name)); err == nil {
		t.Fatalf("%s is there", name)
	}
	return c
}

// mayCome sends a file that arrives as it is, or not at all.
func (d paired) mayCome(t *testing.T, to paired, name string) *command {
	t.Helper()
	file := letter(t, name)
	c := d.run(t, "send", "--to", to.name, "--timeout", tooLong, file)
	<-c.exited
	if c.cmd.ProcessState.ExitCode() == 0 {
		same(t, file, filepath.Join(to.folder(), name))
		return c
	}
	c.exit(t, 5, waitTimeout)
	return c
}

// got waits until a listener has received a number of transfers.
func (c *command) got(t *testing.T, n int) {
	t.Helper()
	seen := 0
	c.await(t, "done", func(e event) bool {
		if e.Event == "done" {
			seen++
		}
		return seen == n
	})
}

func (c *command) warns(t *testing.T, reason string) {
	t.Helper()
	c.await(t, reason, func(e event) bool { return e.Event == "warning" && e.Reason == reason })
}

func (c *command) warned(reason string) int {
	return c.matching(func(e event) bool { return e.Event == "warning" && e.Reason == reason })
}

// Three devices and two relays: they send both ways, are offline in turn, all are killed and
// restarted in the middle, one is removed and paired again, and the state of one is
// copied and both copies are used.
func TestThreeDevices(t *testing.T) {
	requireNetworks(t)
	t.Parallel()
	s := newStar(t, "ann", "bob", "cid", "one", "two")
	one, two := s.startRelay(t, "one"), s.startRelay(t, "two")
	ann, bob, cid := newPaired(t, s, "ann"), newPaired(t, s, "bob"), newPaired(t, s, "cid")
	ann.pairWith(t, bob, one)
	cid.pairWith(t, bob, two)

	// Both ways, at both relays, while bob listens himself.
	atBob := bob.listen(t)
	ann.sends(t, bob, "ann-1")
	cid.sends(t, bob, "cid-1")
	atAnn, atCid := ann.listen(t), cid.listen(t)
	bob.sends(t, ann, "bob-1")
	bob.sends(t, cid, "bob-2")

	// Ann is offline while bob stores for her, and then bob is while she fetches it.
	atAnn.leave(t)
	s.pull(t, "ann")
	stored := letter(t, "bob-3")
	bob.run(t, "send", "--store", "--to", "ann", stored).exit(t, 0, waitTimeout)
	atBob.leave(t)
	s.pull(t, "bob")
	s.plugIn(t, "ann", one.url)
	atAnn = ann.listen(t)
	atAnn.got(t, 1)
	same(t, stored, filepath.Join(ann.folder(), "bob-3"))

	// Ann sends to bob, who comes back later.
	late := letter(t, "ann-2")
	waiting := ann.run(t, "send", "--to", "bob", late)
	waiting.first(t, "code")
	s.plugIn(t, "bob", one.url)
	atBob = bob.listen(t)
	waiting.exit(t, 0, waitTimeout)
	same(t, late, filepath.Join(bob.folder(), "ann-2"))

	// All are killed while something lies at both relays for bob, and somebody waits.
	atBob.kill(t)
	fromAnn, fromCid, toCid := letter(t, "ann-3"), letter(t, "cid-2"), letter(t, "bob-4")
	ann.run(t, "send", "--store", "--to", "bob", fromAnn).exit(t, 0, waitTimeout)
	cid.run(t, "send", "--store", "--to", "bob", fromCid).exit(t, 0, waitTimeout)
	atAnn.kill(t)
	atCid.kill(t)
	waiting = bob.run(t, "send", "--to", "cid", toCid)
	waiting.first(t, "code")
	one.killAndRestart(t)
	two.killAndRestart(t)
	atAnn, atBob, atCid = ann.listen(t), bob.listen(t), cid.listen(t)
	waiting.exit(t, 0, waitTimeout)
	same(t, toCid, filepath.Join(cid.folder(), "bob-4"))
	atBob.got(t, 2)
	same(t, fromAnn, filepath.Join(bob.folder(), "ann-3"))
	same(t, fromCid, filepath.Join(bob.folder(), "cid-2"))
	ann.sends(t, bob, "ann-4")
	bob.sends(t, ann, "bob-5")

	// Who was removed has no access any more; the other one has.
	bob.remove(t, "ann")
	ann.sendsInVain(t, bob, "ann-5")
	atBob.leave(t)
	atBob = bob.listen(t)
	ann.sendsInVain(t, bob, "ann-6")
	cid.sends(t, bob, "cid-3")

	// They pair again.
	atBob.leave(t)
	atAnn.leave(t)
	ann.remove(t, "bob")
	ann.pairWith(t, bob, one)
	atAnn, atBob = ann.listen(t), bob.listen(t)
	ann.sends(t, bob, "ann-7")
	bob.sends(t, ann, "bob-6")

	// Bob's state is copied, and both copies are used. Ann is told, and so is who uses a copy
	// that is behind.
	atBob.leave(t)
	clone := paired{"bob", bob.on, filepath.Join(t.TempDir(), "clone")}
	bob.on.command(t, "", "cp", "-a", bob.home, clone.home)
	bob.sends(t, ann, "bob-7")
	told := 0
	for n := 0; n < 5 && (told == 0 || atAnn.warned("unreadable-message") == 0); n++ {
		for _, copy := range []paired{clone, bob} {
			told += copy.mayCome(t, ann, fmt.Sprintf("%s-%d", filepath.Base(copy.home), n)).warned("copied-state")
		}
	}
	if told == 0 {
		t.Error("nobody is told that there are two copies")
	}
	atAnn.warns(t, "unreadable-message")

	// Pairing again helps, and the copy is of no use any more.
	atAnn.leave(t)
	ann.remove(t, "bob")
	bob.remove(t, "ann")
	ann.pairWith(t, bob, one)
	atAnn, atBob = ann.listen(t), bob.listen(t)
	ann.sends(t, bob, "ann-8")
	bob.sends(t, ann, "bob-10")
	clone.sendsInVain(t, ann, "clone-2")
	for _, c := range []*command{atAnn, atBob, atCid} {
		c.leave(t)
	}
}
