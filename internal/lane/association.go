package lane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/sctp"

	"github.com/tallow-transfer/tallow/internal/trunk"
)

// Sizes of an association.
const (
	associationStream = 0
	// The largest record; it is one message.
	maxMessage = 64 << 10
	// What the receiving side takes ahead of the reader, and so the most that is
	// in flight.
	associationBuffer = 4 << 20
	// What waits in an association beside what is in flight, so that it never
	// has to wait itself.
	sendAhead = 128 << 10

	acceptTimeout = 20 * time.Second
)

// Association is a carrier over one SCTP association beside the data channel of
// a WebRTC, over the same path and through the same socket. Each has its own
// congestion window, so a loss slows down only one of them.
type Association struct {
	flow    *trunk.Flow
	sctp    *sctp.Association
	stream  *sctp.Stream
	drained chan struct{} // a token when less is waiting
	gone    chan struct{} // closed by Close
	once    sync.Once
	closed  error
	ended   atomic.Bool // the peer has closed it

	// The smoothed round trip as it was last asked for, and the shortest, in
	// milliseconds; for one goroutine.
	smoothed, least float64
}

// Dial opens the association with a number that was not used on this connection
// before. Only one side dials, and only where the other one accepts.
func (w *WebRTC) Dial(ctx context.Context, id uint32) (*Association, error) {
	flow, err := w.trunk.Open(id)
	if err != nil {
		return nil, fmt.Errorf("open an association: %w", err)
	}
	return associate(ctx, flow, w.trunk.MTU(ctx), true)
}

// Accept hands over the associations that the other side dials, with their
// numbers, until the connection or ctx ends. They come from several goroutines,
// for which it waits.
func (w *WebRTC) Accept(ctx context.Context, take func(*Association, uint32)) {
	var opening sync.WaitGroup
	defer opening.Wait()
	for {
		flow, err := w.trunk.Accept(ctx)
		if err != nil {
			return
		}
		opening.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
			defer cancel()
			if a, err := associate(ctx, flow, trunk.LeastMTU, false); err == nil {
				take(a, flow.ID())
			}
		})
	}
}

// Widens says whether the other side accepts associations.
func (w *WebRTC) Widens() bool { return w.widens.Load() }

// associate makes the association over a flow. It ends the flow when it fails.
func associate(ctx context.Context, flow *trunk.Flow, mtu int, dials bool) (*Association, error) {
	a := &Association{flow: flow, drained: make(chan struct{}, 1), gone: make(chan struct{})}
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
		sctp.WithEnableZeroChecksum(true), // a datagram of the trunk is authentic
		sctp.WithCwndCAStep(uint32(growthStep * mtu)),
	}
	var err error
	if dials {
		if a.sctp, err = sctp.ClientWithOptions(as[sctp.ClientOption](options)...); err != nil {
			return err
		}
		if a.stream, err = a.sctp.OpenStream(associationStream, sctp.PayloadTypeWebRTCBinary); err != nil {
			return err
		}
		_, err = a.stream.Write([]byte{0}) // without a first message nobody sees the stream
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

// as turns options into those of one side.
func as[T any](options []sctp.AssociationOption) []T {
	all := make([]T, len(options))
	for i, o := range options {
		all[i] = o.(T)
	}
	return all
}

// WriteRecord sends a record. It waits while more is waiting than the
// association may have in flight: where one has lost something, the others have
// the path meanwhile.
func (a *Association) WriteRecord(rec []byte) error {
	for {
		most := uint64(a.sctp.CWND()) + sendAhead
		a.stream.SetBufferedAmountLowThreshold(most)
		if a.stream.BufferedAmount() <= most {
			break
		}
		select {
		case <-a.drained:
		case <-a.gone:
			return errGone
		}
	}
	_, err := a.stream.Write(rec)
	if errors.Is(err, sctp.ErrPayloadDataStateNotExist) || errors.Is(err, sctp.ErrStreamClosed) {
		a.ended.Store(true)
	}
	if err != nil {
		return fmt.Errorf("write to the association: %w", err)
	}
	return nil
}

// RoundTrip is the latest round trip of a packet, 0 when there is none since it
// was last asked for. SCTP keeps a smoothed one, to which each measurement adds
// an eighth of the difference (RFC 9260, section 6.3.1). Where there was more
// than one the difference may mislead, but what is smoothed is never shorter
// than the path.
func (a *Association) RoundTrip() time.Duration {
	before, now := a.smoothed, a.sctp.SRTT()
	a.smoothed = now
	if before == 0 || now == before {
		return 0
	}
	if a.least == 0 || now < a.least {
		a.least = now
	}
	return time.Duration(max(a.least, before+8*(now-before)) * float64(time.Millisecond))
}

// ReadRecord reads the next record. io.EOF means that the peer closed the
// association.
func (a *Association) ReadRecord(buf []byte) ([]byte, error) {
	n, err := a.stream.Read(buf)
	if errors.Is(err, io.EOF) || errors.Is(err, sctp.ErrChunk) {
		a.ended.Store(true)
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("read from the association: %w", err)
	}
	return buf[:n], nil
}

// Close ends the association, tells the peer, and waits for its goroutines.
func (a *Association) Close() error {
	a.once.Do(func() {
		close(a.gone)
		if a.sctp != nil && !a.ended.Load() { // else nobody is there to hear of it
			a.sctp.Abort("")
		}
		a.closed = a.flow.Close()
		if a.sctp != nil {
			_ = a.sctp.Close()
		}
	})
	return a.closed
}
