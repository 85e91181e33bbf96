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
// packets or not. The data channel is on standby behind it.
const (
	longhaulTimeout = 4 * time.Second // of one dial
	maxLonghauls    = 8               // dials of one WebRTC connection
)

// attachConnection makes lanes of a connection: its data channel, with the number id,
// and what the peers have beside it.
func (l *Link) attachConnection(id uint32, connection *webrtc.Conn) error {
	if !connection.SupportsLonghaul() {
		err := l.attach(id, wire.LaneWebRTC, connection)
		if err == nil {
			l.addAssociations(connection, l.Lane(id))
		}
		return err
	}
	if l.peer.role == Receiver {
		return l.acceptLonghaul(id, connection)
	}
	// The long-haul connection comes first: what the data channel began to carry would
	// be late.
	beside := l.dialLonghaul(l.ctx, connection)
	err := l.attach(id, wire.LaneWebRTC, connection)
	if err == nil {
		l.wg.Go(func() { l.keepLonghaul(connection, l.Lane(id), beside) })
	}
	return err
}

// acceptLonghaul attaches the data channel, and the long-haul connections that the peer
// dials until it dies.
func (l *Link) acceptLonghaul(id uint32, connection *webrtc.Conn) error {
	if err := l.attach(id, wire.LaneWebRTC, connection); err != nil {
		return err
	}
	ctx := l.untilDead(l.Lane(id))
	l.wg.Go(func() {
		connection.AcceptLonghaul(ctx, func(c *webrtc.Longhaul, id uint32) {
			if err := l.attach(id, wire.LaneWebRTC, c); err != nil {
				l.config.Logger.Debug("long-haul connection not attached", "reason", err)
			}
		})
	})
	return nil
}

// untilDead returns a context that ends when a lane is dead, or with the link.
func (l *Link) untilDead(channel *session.Lane) context.Context {
	ctx, cancel := context.WithCancel(l.ctx)
	l.wg.Go(func() {
		defer cancel()
		select {
		case <-channel.Done():
		case <-ctx.Done():
		}
	})
	return ctx
}

// keepLonghaul dials again when a long-haul connection dies, for as long as the data
// channel lives.
func (l *Link) keepLonghaul(connection *webrtc.Conn, channel, beside *session.Lane) {
	ctx := l.untilDead(channel)
	for dials := 1; ; dials++ {
		if beside != nil {
			l.choose(ctx, beside)
		}
		if dials == maxLonghauls || ctx.Err() != nil {
			return // the data channel goes on alone
		}
		beside = l.dialLonghaul(ctx, connection)
	}
}

// dialLonghaul dials a long-haul connection and attaches it. It returns nil if that
// failed.
func (l *Link) dialLonghaul(ctx context.Context, connection *webrtc.Conn) *session.Lane {
	ctx, cancel := context.WithTimeout(ctx, longhaulTimeout)
	defer cancel()
	id := l.numberLane()
	c, err := connection.DialLonghaul(ctx, id)
	if err == nil {
		err = l.attach(id, wire.LaneWebRTC, c)
	}
	if err != nil {
		l.config.Logger.Debug("no long-haul connection", "reason", err)
		return nil
	}
	return l.Lane(id)
}
