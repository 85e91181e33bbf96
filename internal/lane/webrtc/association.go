//go:build !js

package webrtc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/sctp"

	"github.com/tallow-transfer/tallow/internal/lane"
	"github.com/tallow-transfer/tallow/internal/trunk"
)

// Sizes of an association.
const (
	associationStream = 0
	// The largest record; each is one message.
	maxMessage = 64 << 10
	// The receive buffer, and so the most that is in flight.
	associationBuffer = 4 << 20
	// What may be buffered beyond what is in flight, so that the association
	// always has something to send.
	sendAhead = 128 << 10

	acceptTimeout = 20 * time.Second
)

var errNoTrunk = errors.New("this connection has no associations")

// Association is a carrier over an SCTP association beside a data channel, over
// the same path and through the same socket. It implements lane.Carrier and
// lane.RoundTripper. Each association has a congestion window of its own, so a
// loss slows down only one of them.
type Association struct {
	flow      *trunk.Flow
	relayed   bool
	sctp      *sctp.Association
	stream    *sctp.Stream
	drained   chan struct{} // a token when less is buffered
	closed    chan struct{} // closed by Close
	closeOnce sync.Once
	closeErr  error
	peerEnded atomic.Bool

	// The smoothed round-trip time at the last call of RoundTrip, and the
	// shortest so far, in milliseconds. Owned by the caller of RoundTrip.
	smoothed, shortest float64
}

// trunk is the connection's trunk; nil if it is not pion's.
func (c *Conn) trunk() *trunk.Trunk {
	if p, ok := c.connection.(*pionConnection); ok {
		return p.trunk
	}
	return nil
}

// SupportsAssociations reports whether the peer accepts associations beside the
// data channel.
func (c *Conn) SupportsAssociations() bool {
	p, ok := c.connection.(*pionConnection)
	return ok && p.trunked.Load()
}

// DialAssociation opens an association with a number that was not used on this
// connection before. Only one peer dials, and the other one accepts.
func (c *Conn) DialAssociation(ctx context.Context, id uint32) (*Association, error) {
	t := c.trunk()
	if t == nil {
		return nil, errNoTrunk
	}
	flow, err := t.Open(id)
	if err != nil {
		return nil, fmt.Errorf("open an association: %w", err)
	}
	return newAssociation(ctx, flow, t.MTU(ctx), c.relayed, true)
}

// AcceptAssociations calls accepted with each association that the peer dials,
// and its number, until the connection or ctx ends. The calls come from several
// goroutines, for which it waits.
func (c *Conn) AcceptAssociations(ctx context.Context, accepted func(*Association, uint32)) {
	t := c.trunk()
	if t == nil {
		return
	}
	var opening sync.WaitGroup
	defer opening.Wait()
	for {
		flow, err := t.Accept(ctx)
		if err != nil {
			return
		}
		opening.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
			defer cancel()
			if a, err := newAssociation(ctx, flow, trunk.LeastMTU, c.relayed, false); err == nil {
				accepted(a, flow.ID())
			}
		})
	}
}

// newAssociation opens the association over a flow. If it fails it closes the
// flow.
func newAssociation(ctx context.Context, flow *trunk.Flow, mtu int, relayed, dials bool) (*Association, error) {
	a := &Association{flow: flow, relayed: relayed, drained: make(chan struct{}, 1), closed: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { _ = flow.Close() })
	err := a.open(mtu-trunk.Overhead, dials)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = a.Close()
		return nil, fmt.Errorf("open an association: %w", err)
	}
	return a, nil
}

func (a *Association) open(mtu int, dials bool) error {
	options := []sctp.AssociationOption{
		sctp.WithNetConn(a.flow),
		sctp.WithLoggerFactory(silent()),
		sctp.WithMTU(uint32(mtu)),
		sctp.WithMaxMessageSize(maxMessage),
		sctp.WithMaxReceiveBufferSize(associationBuffer),
		sctp.WithEnableZeroChecksum(true), // the trunk authenticates every datagram
		sctp.WithCwndCAStep(uint32(cwndStep * mtu)),
	}
	var err error
	if dials {
		if a.sctp, err = sctp.ClientWithOptions(as[sctp.ClientOption](options)...); err != nil {
			return err
		}
		if a.stream, err = a.sctp.OpenStream(associationStream, sctp.PayloadTypeWebRTCBinary); err != nil {
			return err
		}
		_, err = a.stream.Write([]byte{0}) // the peer learns of the stream by its first message
	} else {
		if a.sctp, err = sctp.ServerWithOptions(as[sctp.ServerOption](options)...); err != nil {
			return err
		}
		if a.stream, err = a.sctp.AcceptStream(); err != nil {
			return err
		}
		_, err = a.stream.Read(make([]byte, 1))
	}
	a.stream.SetDefaultPayloadType(sctp.PayloadTypeWebRTCBinary)
	a.stream.OnBufferedAmountLow(func() {
		select {
		case a.drained <- struct{}{}:
		default:
		}
	})
	return err
}

// as converts options to those of one side.
func as[T any](options []sctp.AssociationOption) []T {
	all := make([]T, len(options))
	for i, o := range options {
		all[i] = o.(T)
	}
	return all
}

// Traits describes the carrier.
func (a *Association) Traits() lane.Traits { return traits(a.relayed) }

// WriteRecord sends a record. It blocks while more is buffered than the
// association may have in flight, so that after a loss here the others use the
// path.
func (a *Association) WriteRecord(rec []byte) error {
	for {
		most := uint64(a.sctp.CWND()) + sendAhead
		a.stream.SetBufferedAmountLowThreshold(most)
		if a.stream.BufferedAmount() <= most {
			break
		}
		select {
		case <-a.drained:
		case <-a.closed:
			return errBroken
		}
	}
	_, err := a.stream.Write(rec)
	if errors.Is(err, sctp.ErrPayloadDataStateNotExist) || errors.Is(err, sctp.ErrStreamClosed) {
		a.peerEnded.Store(true)
	}
	if err != nil {
		return fmt.Errorf("write to the association: %w", err)
	}
	return nil
}

// RoundTrip returns the latest round-trip time of a packet, or 0 if there was no
// sample since the last call. SCTP keeps only a smoothed value, to which each
// sample adds an eighth of the difference (RFC 9260, section 6.3.1), so the
// sample is computed back from it. After several samples that is an estimate,
// and is kept above the shortest smoothed value, which is never shorter than the
// path.
func (a *Association) RoundTrip() time.Duration {
	before, now := a.smoothed, a.sctp.SRTT()
	a.smoothed = now
	if before == 0 || now == before {
		return 0
	}
	if a.shortest == 0 || now < a.shortest {
		a.shortest = now
	}
	return time.Duration(max(a.shortest, before+8*(now-before)) * float64(time.Millisecond))
}

// ReadRecord reads the next record. It returns io.EOF if the peer closed the
// association.
func (a *Association) ReadRecord(buf []byte) ([]byte, error) {
	n, err := a.stream.Read(buf)
	if errors.Is(err, io.EOF) || errors.Is(err, sctp.ErrChunk) {
		a.peerEnded.Store(true)
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("read from the association: %w", err)
	}
	return buf[:n], nil
}

// Close ends the association, tells the peer unless that closed it first, and
// waits for its goroutines.
func (a *Association) Close() error {
	a.closeOnce.Do(func() {
		close(a.closed)
		if a.sctp != nil && !a.peerEnded.Load() {
			a.sctp.Abort("")
		}
		a.closeErr = a.flow.Close()
		if a.sctp != nil {
			_ = a.sctp.Close()
		}
	})
	return a.closeErr
}
