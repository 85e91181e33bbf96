//go:build !js

package link

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/lane/webrtc"
	"github.com/tallow-transfer/tallow/internal/session"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// Between peers that both know it, a WebRTC connection carries a long-haul connection
// beside its data channel: one lane, which uses the whole path whether that loses
// packets or not. It needs only the path, so it is up some round trips before the data
// channel, which is on standby behind it.
const (
	longhaulTimeout = 4 * time.Second // of one dial
	maxLonghauls    = 8               // dials of one WebRTC connection
)

// beside is what one WebRTC connection carries beside its data channel.
type beside struct {
	link    *Link
	ctx     context.Context // ends with the connection
	stop    context.CancelFunc
	started bool
	tried   chan struct{} // closed when the first dial has ended
}

func newBeside(l *Link) *beside {
	ctx, stop := context.WithCancel(l.ctx)
	return &beside{link: l, ctx: ctx, stop: stop, tried: make(chan struct{})}
}

// start dials (as the sender) or accepts (as the receiver) the long-haul connection, once
// there is a path. It does nothing if the peer does not know it.
func (b *beside) start(connection *webrtc.Conn) {
	if b.started || !connection.SupportsLonghaul() {
		return
	}
	b.started = true
	if b.link.peer.role == Sender {
		b.link.wg.Go(func() { b.keep(connection) })
		return
	}
	close(b.tried)
	b.link.wg.Go(func() {
		connection.AcceptLonghaul(b.ctx, func(c *webrtc.Longhaul, id uint32) {
			if err := b.link.attach(id, wire.LaneWebRTC, c); err != nil {
				b.link.config.Logger.Debug("long-haul connection not attached", "reason", err)
			}
		})
	})
}

// attachChannel makes a lane of the data channel, with the number id, after the long-haul
// connection: what the data channel began to carry would be late.
func (b *beside) attachChannel(id uint32, connection *webrtc.Conn) error {
	b.start(connection)
	if b.started {
		select {
		case <-b.tried:
		case <-b.ctx.Done():
		}
	}
	if err := b.link.attach(id, wire.LaneWebRTC, connection); err != nil {
		return err
	}
	channel := b.link.Lane(id)
	b.link.wg.Go(func() {
		defer b.stop()
		select {
		case <-channel.Done():
		case <-b.ctx.Done():
		}
	})
	return nil
}

// keep dials the long-haul connection, and again when it dies.
func (b *beside) keep(connection *webrtc.Conn) {
	for dials := range maxLonghauls {
		lane, path := b.dial(connection)
		if dials == 0 {
			close(b.tried)
		}
		if lane != nil {
			b.link.choose(b.ctx, lane, path)
		}
		if b.ctx.Err() != nil {
			return
		}
	}
	// The data channel goes on alone.
}

// dial dials a long-haul connection and attaches it. It returns no lane if that failed.
func (b *beside) dial(connection *webrtc.Conn) (*session.Lane, longhaulPath) {
	ctx, cancel := context.WithTimeout(b.ctx, longhaulTimeout)
	defer cancel()
	id := b.link.numberLane()
	c, err := connection.DialLonghaul(ctx, id)
	if err == nil {
		err = b.link.attach(id, wire.LaneWebRTC, c)
	}
	if err != nil {
		b.link.config.Logger.Debug("no long-haul connection", "reason", err)
		return nil, nil
	}
	return b.link.Lane(id), c
}
