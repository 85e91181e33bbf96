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

	"github.com/tallow-transfer/tallow/internal/wire"
)

var (
	// ErrNotFound says that nobody announced the nameplate in the time given.
	ErrNotFound = errors.New("nobody on this network or machine is waiting with this code")
	// ErrAmbiguous says that two announcers have the same nameplate. Which of
	// them has the right words cannot be seen, and a wrong guess would burn a
	// stranger's code.
	ErrAmbiguous = errors.New("two senders on this network have the same number in their codes")
)

const (
	// settle is how long Find listens on after the first answer, for the other
	// addresses of the same announcer, and for other announcers. Answers to a
	// question that names one instance come at once and by unicast (RFC 6762,
	// sections 5.4 and 6), so those of one network are milliseconds apart.
	settle = 80 * time.Millisecond
	// The pauses between questions grow from the first to the last.
	firstPause = 250 * time.Millisecond
	lastPause  = 4 * time.Second

	maxFound    = 32  // addresses
	maxFailures = 100 // of reads from one probe
)

// sighting is an answer and where it came from.
type sighting struct {
	answer
	from netip.Addr
}

func (s sighting) addr() netip.AddrPort { return netip.AddrPortFrom(s.from, s.port) }

// Find asks for the relay that announces a nameplate and gives the addresses
// under which it answered, those of this machine first. It asks again until
// there is an answer or ctx ends, each time on the interfaces that are there by
// then, and takes another 80 ms for the rest. The first address is also given
// to sighted, if that is not nil, at once: what can be undone may begin with it.
//
// Errors: ErrNotFound if the time given by ctx runs out, ErrAmbiguous, the cause
// of ctx if it was cancelled, or that of the machine if nothing can be asked.
func Find(ctx context.Context, nameplate string, sighted func(netip.AddrPort)) ([]netip.AddrPort, error) {
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
		sightings: make(chan sighting), done: make(chan struct{}),
	}
	defer s.close()
	if err := s.openProbes(); err != nil {
		return nil, fmt.Errorf("cannot look for the sender on this network: %w", err)
	}
	if len(s.probes) == 0 {
		return nil, errors.New("cannot look for the sender: this machine has no network, not even with itself")
	}
	found, err := collect(ctx, s.sightings, s.ask, sighted)
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
	sightings chan sighting
	done      chan struct{} // nobody takes sightings any more
}

// openProbes opens a probe wherever one is missing, and closes those whose
// address is gone. What cannot be opened is left out, until the next time.
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
				s.listening.Go(func() { p.listen(s.nameplate, s.id, s.sightings, s.done) })
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
	_ = s.openProbes() // if the system does not tell, those of before have to do
	for _, p := range s.probes {
		_, _ = p.conn.WriteTo(s.packet, p.to) // some interface may not take it
	}
}

func (s *search) close() {
	close(s.done)
	for _, p := range s.probes {
		_ = p.conn.Close()
	}
	s.listening.Wait()
}

// listen passes the answers on that come to one probe.
func (p probe) listen(nameplate string, id uint16, sightings chan<- sighting, done <-chan struct{}) {
	buf := make([]byte, maxPacket)
	for failures := 0; failures < maxFailures; {
		n, from, err := p.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			failures++ // what a question met may come back as an error of a read
			continue
		}
		a, ok := parseAnswer(buf[:n], nameplate, id)
		if !ok {
			continue
		}
		select {
		case sightings <- sighting{a, from.Addr().Unmap()}:
		case <-done:
			return
		}
	}
}

// collect asks until there is a sighting, and then waits for more.
func collect(ctx context.Context, sightings <-chan sighting, ask func(), sighted func(netip.AddrPort)) ([]sighting, error) {
	pause := firstPause
	again := time.NewTimer(0)
	defer again.Stop()
	var found []sighting
	var settled <-chan time.Time
	for {
		select {
		case <-again.C:
			ask()
			again.Reset(pause)
			pause = min(2*pause, lastPause)
		case s := <-sightings:
			if settled == nil {
				settled = time.After(settle)
				if sighted != nil {
					sighted(s.addr())
				}
			}
			if len(found) < maxFound && !slices.Contains(found, s) {
				found = append(found, s)
			}
		case <-settled:
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

// candidates makes addresses of sightings, if they are all of one announcer.
func candidates(found []sighting) ([]netip.AddrPort, error) {
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

// rank puts the address that cannot fail first, and IPv4 before IPv6, whose
// link-local addresses are of use to few programs.
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
