package nearby

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/tallow-transfer/tallow/internal/wire"
)

var (
	// ErrNotFound says that there was no answer for the nameplate in time.
	ErrNotFound = errors.New("no sender on this network or machine is waiting with this code")
	// ErrAmbiguous says that two announcers have the same nameplate. Nothing shows
	// which of them has the right words, and a wrong guess would burn a stranger's
	// code.
	ErrAmbiguous = errors.New("two senders on this network have the same number in their codes")
)

const (
	// gatherTime is how long Find listens on after the first answer, for the other
	// addresses of the same announcer, and for other announcers. Answers to a
	// question that names one instance come at once and by unicast (RFC 6762,
	// sections 5.4 and 6), so those of one network are milliseconds apart.
	gatherTime = 80 * time.Millisecond
	// The intervals between questions double from the first to the largest.
	firstInterval = 250 * time.Millisecond
	maxInterval   = 4 * time.Second

	maxFound    = 32  // addresses
	maxFailures = 100 // of reads from one probe
)

// response is an answer and where it came from.
type response struct {
	answer
	from netip.Addr
}

func (r response) addr() netip.AddrPort { return netip.AddrPortFrom(r.from, r.port) }

// Find asks for the relay that announces a nameplate and returns the addresses
// from which it answered, those of this machine first. It asks again until there
// is an answer or ctx ends, each time on all interfaces of that moment. After the
// first answer it waits another 80 ms for more. Unless onFirst is nil, it is called
// at once with the first address, so that the caller can start work that it can
// undo.
//
// Errors: ErrNotFound if the deadline of ctx passes, ErrAmbiguous, the cause of ctx
// if it was cancelled, or the system's if no question can be sent.
func Find(ctx context.Context, nameplate string, onFirst func(netip.AddrPort)) ([]netip.AddrPort, error) {
	if !wire.ValidNameplate(nameplate) {
		return nil, fmt.Errorf("%q is not the number of a code", nameplate)
	}
	id := uint16(rand.Uint32())
	packet, err := question(nameplate, id)
	if err != nil {
		return nil, err
	}
	s := &search{
		nameplate: nameplate, id: id, packet: packet, probes: make(map[origin]probe),
		responses: make(chan response), done: make(chan struct{}),
	}
	defer s.close()
	if err := s.openProbes(); err != nil {
		return nil, fmt.Errorf("cannot look for the sender on this network: %w", err)
	}
	if len(s.probes) == 0 {
		return nil, errors.New("cannot look for the sender: this machine has no network, not even with itself")
	}
	found, err := collect(ctx, s.responses, s.ask, onFirst)
	if err != nil {
		return nil, err
	}
	return candidates(found)
}

// search is one Find, with a probe on each interface for IPv4 and for IPv6.
type search struct {
	nameplate string
	id        uint16
	packet    []byte

	probes    map[origin]probe
	listening sync.WaitGroup // a goroutine for each probe
	responses chan response
	done      chan struct{} // closed when responses are no longer read
}

// openProbes opens a probe wherever one is missing, and closes those whose
// address is gone. A probe that cannot be opened is tried again the next time.
func (s *search) openProbes() error {
	up, err := usable()
	if err != nil {
		return err
	}
	gone := maps.Clone(s.probes)
	for _, i := range up {
		four, six := choose(i.addrs)
		for _, from := range []netip.Addr{four, six} {
			at := origin{i.Index, from}
			delete(gone, at)
			if _, ok := s.probes[at]; ok || !from.IsValid() || len(s.probes) >= maxProbes {
				continue
			}
			if p, ok := openProbe(i.Interface, from); ok {
				s.probes[at] = p
				s.listening.Go(func() { p.listen(s.nameplate, s.id, s.responses, s.done) })
			}
		}
	}
	for at, p := range gone {
		_ = p.conn.Close()
		delete(s.probes, at)
	}
	return nil
}

// ask sends the question from every interface that there is now.
func (s *search) ask() {
	_ = s.openProbes() // if it fails, use the probes that are open
	for _, p := range s.probes {
		_, _ = p.conn.WriteTo(s.packet, p.to) // an interface may refuse it
	}
}

func (s *search) close() {
	close(s.done)
	for _, p := range s.probes {
		_ = p.conn.Close()
	}
	s.listening.Wait()
}

// listen passes on the answers that arrive at a probe, until it is closed.
func (p probe) listen(nameplate string, id uint16, responses chan<- response, done <-chan struct{}) {
	buf := make([]byte, maxPacket)
	for failures := 0; failures < maxFailures; {
		n, from, err := p.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			failures++ // the failure of a question may show as an error of a read
			continue
		}
		a, ok := parseAnswer(buf[:n], nameplate, id)
		if !ok {
			continue
		}
		select {
		case responses <- response{a, from.Addr().Unmap()}:
		case <-done:
			return
		}
	}
}

// collect asks until there is a response, and then gathers further ones.
func collect(ctx context.Context, responses <-chan response, ask func(), onFirst func(netip.AddrPort)) ([]response, error) {
	intervals := &backoff.ExponentialBackOff{InitialInterval: firstInterval, Multiplier: 2, MaxInterval: maxInterval}
	again := time.NewTimer(0)
	defer again.Stop()
	var found []response
	var gathered <-chan time.Time
	for {
		select {
		case <-again.C:
			ask()
			again.Reset(intervals.NextBackOff())
		case r := <-responses:
			if gathered == nil {
				gathered = time.After(gatherTime)
				if onFirst != nil {
					onFirst(r.addr())
				}
			}
			if len(found) < maxFound && !slices.Contains(found, r) {
				found = append(found, r)
			}
		case <-gathered:
			return found, nil
		case <-ctx.Done():
			if len(found) > 0 {
				return found, nil
			}
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil, ErrNotFound
			}
			return nil, context.Cause(ctx)
		}
	}
}

// candidates returns the addresses of responses, if all are of one announcer.
func candidates(found []response) ([]netip.AddrPort, error) {
	var addrs []netip.AddrPort
	for _, s := range found {
		if s.host != found[0].host {
			return nil, ErrAmbiguous
		}
		addrs = append(addrs, s.addr())
	}
	slices.SortStableFunc(addrs, func(a, b netip.AddrPort) int {
		return rank(a.Addr()) - rank(b.Addr())
	})
	return addrs, nil
}

// rank puts loopback first, which cannot fail, and IPv4 before IPv6, whose
// link-local addresses few programs can use.
func rank(a netip.Addr) int {
	switch {
	case a.IsLoopback():
		return 0
	case a.Is4():
		return 1
	case a.IsLinkLocalUnicast():
		return 3
	default:
		return 2
	}
}
