package main

import (
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// flowBegins is how long a competing flow has the link alone before a tool begins,
// so that its slow start is over.
const flowBegins = 3 * time.Second

// flowControl is the congestion control of the competing flow, whatever else is in
// force.
const flowControl = "cubic"

// flow is one TCP connection that sends as much as it can over the same link, in the
// same direction.
type flow struct {
	group    *group
	receiver *process
}

// startFlow starts a competing flow, and waits for some time after its first data.
func (l *lab) startFlow(ctx context.Context, j job, begins time.Duration) (_ *flow, err error) {
	f := &flow{group: newGroup(ctx, j.work)}
	defer func() {
		if err != nil {
			f.group.end()
		}
	}()
	if f.receiver, err = f.group.start("flow", j.to.root(), nil, l.self, helperFlowReceive, net.JoinHostPort(j.to.address, "0")); err != nil {
		return nil, err
	}
	listening, err := f.receiver.first("listening")
	if err != nil {
		return nil, err
	}
	if _, err = f.group.start("flow", j.from.root(), nil, l.self, helperFlowSend, listening.Addr); err != nil {
		return nil, err
	}
	first, err := f.receiver.first("progress")
	if err != nil {
		return nil, err
	}
	timer := time.NewTimer(time.Until(first.at.Add(begins)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return f, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// stop ends the flow and returns what it has reported.
func (f *flow) stop() []event {
	f.group.end()
	events, _ := f.receiver.all()
	return events
}

// rateBetween returns a flow's rate between two times, in Mbit/s; 0 if the events do
// not tell.
func rateBetween(events []event, from, to time.Time) float64 {
	var first, last event
	for _, e := range events {
		if e.Event != "progress" || e.at.Before(from) || e.at.After(to) {
			continue
		}
		if first.at.IsZero() {
			first = e
		}
		last = e
	}
	seconds := last.at.Sub(first.at).Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(last.Bytes-first.Bytes) * 8 / 1e6 / seconds
}

// flowSend is the process that sends until it is ended. Its argument is an address.
func flowSend(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("an argument is missing")
	}
	conn, err := (&net.Dialer{Control: setControl(flowControl)}).DialContext(ctx, "tcp", args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	for buf := make([]byte, rawRecord); ; {
		if _, err := conn.Write(buf); err != nil {
			return err
		}
	}
}

// flowReceive is the process that receives and counts. Its argument is the address to
// listen on.
func flowReceive(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("an argument is missing")
	}
	conn, err := acceptOne(ctx, args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	var m meter
	for buf := make([]byte, rawRecord); ; {
		n, err := conn.Read(buf)
		m.add(n)
		if err == io.EOF {
			m.end()
			return nil
		}
		if err != nil {
			return err
		}
	}
}
