package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// peer is a neighbour that this benchmark does not know: the commands of its two
// sides, for a shell. docs/performance.md explains the template.
type peer struct {
	name    string
	send    string
	receive string // "" if the sender's command does everything
}

// peerSides separates the receiver's command from the sender's.
const peerSides = " :: "

// peerStarts is how long the receiver of a peer waits for the first line of its
// sender, which says that the sender is ready.
const peerStarts = time.Second

// parsePeer parses the value of --peer: NAME=SEND or NAME=SEND :: RECEIVE.
func parsePeer(value string) (peer, error) {
	name, command, ok := strings.Cut(value, "=")
	p := peer{name: strings.TrimSpace(name)}
	p.send, p.receive, _ = strings.Cut(command, peerSides)
	p.send, p.receive = strings.TrimSpace(p.send), strings.TrimSpace(p.receive)
	if !ok || p.name == "" || strings.ContainsAny(p.name, ",| ") || p.send == "" {
		return peer{}, fmt.Errorf("%q is no peer: it is NAME=COMMAND, or NAME=SENDER :: RECEIVER, and a name has no commas or spaces", value)
	}
	return p, nil
}

// peerFlags collects the values of --peer.
type peerFlags []peer

// String implements flag.Value.
func (f *peerFlags) String() string { return "" }

// Set implements flag.Value.
func (f *peerFlags) Set(value string) error {
	p, err := parsePeer(value)
	if err != nil {
		return err
	}
	taken := func(other peer) bool { return other.name == p.name }
	if slices.Contains(toolNames(nil), p.name) || slices.ContainsFunc(*f, taken) {
		return fmt.Errorf("there is a tool %q already", p.name)
	}
	*f = append(*f, p)
	return nil
}

// fill replaces the placeholders of a command. What is put in is quoted for a shell.
func fill(command string, values map[string]string) string {
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", quote(value))
	}
	return strings.NewReplacer(pairs...).Replace(command)
}

// withPeer returns a transfer by a peer. The time starts with the receiver, or with
// the sender if there is no receiver.
func (l *lab) withPeer(p peer) func(context.Context, job) (sample, error) {
	return func(ctx context.Context, j job) (sample, error) {
		g := newGroup(ctx, j.work)
		defer g.end()
		values := map[string]string{
			"file": j.source.path, "folder": j.dest, "work": j.work,
			"address": j.from.address, "receiver": j.to.address,
			"code": fmt.Sprintf("%04d-bench-code-%08x", rand.N(10_000), rand.Uint32()),
		}
		sender, err := g.start(sideSender, j.from, nil, "sh", "-c", fill(p.send, values))
		if err != nil {
			return sample{}, err
		}
		begun, waits := sender.begun, []*process{sender}
		if p.receive != "" {
			line, err := sender.firstLine(peerStarts)
			if err != nil {
				return sample{}, err
			}
			values["line"] = line
			receiver, err := g.start(sideReceiver, j.to, nil, "sh", "-c", fill(p.receive, values))
			if err != nil {
				return sample{}, err
			}
			begun, waits = receiver.begun, []*process{receiver, sender}
		}
		stop := watch(g, waits[0], j)
		for _, one := range waits {
			if err := one.wait(); err != nil {
				g.cancel() // the other side may wait forever
				stop()
				return sample{}, err
			}
		}
		seen := stop()
		slices.Reverse(waits) // the sender comes first in the table
		s := finish(begun, waits...)
		s.First, s.Middle = rates(begun, seen, j.source.bytes)
		return s, nil
	}
}

// firstLine returns the first line that a process prints, or "" if it has printed
// none after some time. Error: that of a process that has failed.
func (p *process) firstLine(within time.Duration) (string, error) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		events, more := p.all()
		if len(events) > 0 {
			return events[0].Message, nil
		}
		select {
		case <-more:
		case <-timer.C:
			return "", nil
		case <-p.done:
			if err := p.wait(); err != nil {
				return "", err
			}
			events, _ := p.all()
			if len(events) == 0 {
				return "", nil
			}
			return events[0].Message, nil
		}
	}
}
