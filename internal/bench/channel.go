package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"github.com/pion/webrtc/v4"
)

// The data channel is used as is common: messages of a size that every
// implementation accepts, and a bound on the bytes that wait to be sent.
const (
	channelMessage = 32 << 10
	channelHigh    = 1 << 20
	channelLow     = 512 << 10
)

// channel transfers over one data channel with pion's defaults, without a disk.
func (l *lab) channel(ctx context.Context, j job) (sample, error) {
	g := newGroup(ctx, j.work)
	defer g.end()
	size := strconv.FormatInt(j.source.bytes, 10)
	toSender, answers := io.Pipe()
	toReceiver, offers := io.Pipe()
	defer answers.Close()
	defer offers.Close()
	receiver, err := g.start(sideReceiver, j.to, toReceiver, l.self, helperChannelAnswer, size)
	if err != nil {
		return sample{}, err
	}
	sender, err := g.start(sideSender, j.from, toSender, l.self, helperChannelOffer, size)
	if err != nil {
		return sample{}, err
	}
	if err := pass(sender, offers); err != nil {
		return sample{}, err
	}
	if err := pass(receiver, answers); err != nil {
		return sample{}, err
	}
	for _, p := range []*process{sender, receiver} {
		if err := p.wait(); err != nil {
			return sample{}, err
		}
	}
	s := finish(sender.begun, sender, receiver)
	events, _ := receiver.all()
	s.First, s.Middle = rates(sender.begun, events, j.source.bytes)
	return s, nil
}

// pass waits for a session description and passes it to the other process.
func pass(from *process, to *io.PipeWriter) error {
	e, err := from.first("signal")
	if err != nil {
		return err
	}
	writeEvent(to, e)
	return to.Close()
}

// channelOffer is the process of the sender.
func channelOffer(ctx context.Context, args []string) error {
	size, err := sizeArgument(args, 0)
	if err != nil {
		return err
	}
	pc, err := defaultPeerConnection()
	if err != nil {
		return err
	}
	defer pc.GracefulClose()
	dc, err := pc.CreateDataChannel("bench", nil)
	if err != nil {
		return err
	}
	opened, drained, received := make(chan struct{}), make(chan struct{}, 1), make(chan struct{}, 1)
	dc.OnOpen(func() { close(opened) })
	dc.OnMessage(func(webrtc.DataChannelMessage) { token(received) })
	dc.SetBufferedAmountLowThreshold(channelLow)
	dc.OnBufferedAmountLow(func() { token(drained) })
	failed := failure(pc)
	description, err := pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := describe(ctx, pc, description); err != nil {
		return err
	}
	answer, err := readSignal(os.Stdin)
	if err != nil {
		return err
	}
	if err := pc.SetRemoteDescription(answer); err != nil {
		return err
	}
	if err := await(ctx, opened, failed); err != nil {
		return err
	}
	for buf := make([]byte, channelMessage); size > 0; {
		n := min(size, channelMessage)
		if err := dc.Send(buf[:n]); err != nil {
			return err
		}
		size -= n
		for dc.BufferedAmount() > channelHigh {
			if err := await(ctx, drained, failed); err != nil {
				return err
			}
		}
	}
	return await(ctx, received, failed)
}

// channelAnswer is the process of the receiver.
func channelAnswer(ctx context.Context, args []string) error {
	size, err := sizeArgument(args, 0)
	if err != nil {
		return err
	}
	pc, err := defaultPeerConnection()
	if err != nil {
		return err
	}
	defer pc.GracefulClose()
	var m meter
	complete, closed := make(chan struct{}), make(chan struct{})
	pc.OnDataChannel(func(dc *webrtc.DataChannel) {
		left := size
		dc.OnClose(func() { close(closed) })
		dc.OnMessage(func(msg webrtc.DataChannelMessage) {
			m.add(len(msg.Data))
			if left -= int64(len(msg.Data)); left == 0 {
				m.end()
				_ = dc.Send([]byte{1}) // the sender waits for it
				close(complete)
			}
		})
	})
	failed := failure(pc)
	offer, err := readSignal(os.Stdin)
	if err != nil {
		return err
	}
	if err := pc.SetRemoteDescription(offer); err != nil {
		return err
	}
	description, err := pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	if err := describe(ctx, pc, description); err != nil {
		return err
	}
	if err := await(ctx, complete, failed); err != nil {
		return err
	}
	_ = await(ctx, closed, failed) // the sender closes the connection; an error says the same
	return ctx.Err()
}

// defaultPeerConnection returns a connection with pion's defaults, except that it
// also uses the loopback interface, for machines that have no other.
func defaultPeerConnection() (*webrtc.PeerConnection, error) {
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	return webrtc.NewAPI(webrtc.WithSettingEngine(e)).NewPeerConnection(webrtc.Configuration{})
}

// token puts a token into a channel unless there is one already.
func token(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// failure returns a channel that is closed once the connection fails or is closed.
func failure(pc *webrtc.PeerConnection) <-chan struct{} {
	failed := make(chan struct{})
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateFailed || s == webrtc.PeerConnectionStateClosed {
			once.Do(func() { close(failed) })
		}
	})
	return failed
}

func await(ctx context.Context, what, failed <-chan struct{}) error {
	select {
	case <-what:
		return nil
	case <-failed:
		return errors.New("the connection has failed")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// describe sets the local description, and writes it to stdout once all candidates
// are gathered.
func describe(ctx context.Context, pc *webrtc.PeerConnection, d webrtc.SessionDescription) error {
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(d); err != nil {
		return err
	}
	if err := await(ctx, gathered, nil); err != nil {
		return err
	}
	body, err := json.Marshal(pc.LocalDescription())
	if err != nil {
		return err
	}
	writeEvent(os.Stdout, event{Event: "signal", Signal: string(body)})
	return nil
}

// readSignal reads the peer's description.
func readSignal(stdin io.Reader) (d webrtc.SessionDescription, err error) {
	line, err := bufio.NewReader(stdin).ReadBytes('\n')
	if err != nil {
		return d, fmt.Errorf("the peer has sent no description: %w", err)
	}
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return d, err
	}
	return d, json.Unmarshal([]byte(e.Signal), &d)
}
