package main

import (
	"context"
	"net"
)

// tallowWith returns a transfer with tallow over certain lanes, or over all if lanes
// is empty, and with a relay on the sender's host.
func (l *lab) tallowWith(lanes string) func(context.Context, job) (sample, error) {
	return func(ctx context.Context, j job) (sample, error) {
		g := newGroup(ctx, j.work)
		defer g.end()
		relay, err := g.start(sideRelay, j.from, nil, l.tallow, "relay", "--json", "--quiet",
			"--listen", net.JoinHostPort(j.from.address, "0"), "--sessions-per-minute", "-1", "--joins-per-minute", "-1")
		if err != nil {
			return sample{}, err
		}
		listening, err := relay.first("listening")
		if err != nil {
			return sample{}, err
		}
		send, receive := []string{"--relay", "ws://" + listening.Addr}, []string{}
		if lanes != "" {
			send, receive = append(send, "--lanes", lanes), append(receive, "--lanes", lanes)
		}
		return l.pair(g, j, relay, send, receive)
	}
}

// tallowNearby transfers without a relay. The receiver finds the sender on the local
// network.
func (l *lab) tallowNearby(ctx context.Context, j job) (sample, error) {
	g := newGroup(ctx, j.work)
	defer g.end()
	return l.pair(g, j, nil, nil, nil)
}

// pair runs a sender and a receiver, and stops the relay if there is one. The time
// starts with the receiver, since by then people have exchanged the code.
func (l *lab) pair(g *group, j job, relay *process, send, receive []string) (sample, error) {
	send, receive = append([]string{"send", "--quiet"}, send...), append([]string{"receive", "--quiet", "-y", "-o", j.dest}, receive...)
	if j.events {
		send, receive = append(send, "--json"), append(receive, "--json")
	}
	sender, err := g.start(sideSender, j.from, nil, l.tallow, append(send, j.source.path)...)
	if err != nil {
		return sample{}, err
	}
	code, err := readCode(sender, j.events)
	if err != nil {
		return sample{}, refused(sender, err)
	}
	receiver, err := g.start(sideReceiver, j.to, nil, l.tallow, append(receive, code)...)
	if err != nil {
		return sample{}, err
	}
	measured := []*process{sender, receiver}
	for _, p := range []*process{receiver, sender} {
		if err := p.wait(); err != nil {
			return sample{}, err
		}
	}
	if relay != nil {
		relay.stop()
		measured = append(measured, relay)
	}
	s := finish(receiver.begun, measured...)
	events, _ := receiver.all()
	s.First, s.Middle = rates(receiver.begun, events, j.source.bytes)
	if done, ok := receiver.last("done"); ok {
		s.Lanes = done.Lanes
	}
	return s, nil
}

// readCode waits for the sender's code.
func readCode(sender *process, events bool) (string, error) {
	if events {
		e, err := sender.first("code")
		return e.Code, err
	}
	e, err := sender.first(eventLine)
	return e.Message, err
}

// refused returns an unavailable error if this tallow does not know the flags, and
// else err.
func refused(p *process, err error) error {
	<-p.done
	if p.cmd.ProcessState.ExitCode() == exitUsage {
		return unavailable(err.Error())
	}
	return err
}

// exitUsage is tallow's exit code for wrong flags.
const exitUsage = 2
