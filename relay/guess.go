package relay

import (
	"math"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// A stranger could try nameplates, or passwords, one after the other. So what
// fails costs more than what succeeds, and the more the more of it there was: the
// first miss, which may be a slip of the finger, costs one attempt beside its own,
// the next two, then four and so on. What it costs is taken from the client's
// allowances, which may go into debt.
//
// A receiver that waits for its sender asks for the same nameplate again and again,
// and so do a few behind one address. That costs nothing beside the attempt itself.

const (
	rememberedMisses = 8                // nameplates of one client that cost it nothing more
	dearestMiss      = 32               // attempts that a miss costs at most
	forgiveMiss      = 30 * time.Second // after which there is one miss less
	maxGuessers      = 1 << 16          // clients; those beyond pay for every miss as if it were the fourth
	crowdMiss        = 8
)

// guesses knows what clients have tried without success.
type guesses struct {
	mu      sync.Mutex
	clients map[netip.Prefix]*guesser
	pruned  time.Time
}

type guesser struct {
	nameplates []string // the latest, at most rememberedMisses
	misses     float64  // at the time at, less those that are forgiven
	at         time.Time
}

func newGuesses() *guesses { return &guesses{clients: make(map[netip.Prefix]*guesser)} }

// miss counts a failure and returns what it costs beside the attempt itself. An
// empty nameplate stands for a password, which is never the same one again.
func (g *guesses) miss(addr netip.Addr, nameplate string) float64 {
	key, now := clientKey(addr), time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.clients[key]
	if c == nil {
		g.prune(now)
		if len(g.clients) >= maxGuessers {
			return crowdMiss
		}
		c = &guesser{at: now}
		g.clients[key] = c
	}
	c.forgive(now)
	if nameplate != "" {
		if slices.Contains(c.nameplates, nameplate) {
			return 0
		}
		c.nameplates = append(c.nameplates, nameplate)
		c.nameplates = c.nameplates[max(0, len(c.nameplates)-rememberedMisses):]
	}
	cost := min(math.Exp2(math.Round(c.misses)), dearestMiss)
	c.misses++
	return cost
}

func (c *guesser) forgive(now time.Time) {
	c.misses = max(0, c.misses-now.Sub(c.at).Seconds()/forgiveMiss.Seconds())
	c.at = now
}

// prune forgets, once in a while, those whose misses are all forgiven. guesses is
// locked.
func (g *guesses) prune(now time.Time) {
	if now.Sub(g.pruned) < forgiveMiss {
		return
	}
	g.pruned = now
	for key, c := range g.clients {
		if c.forgive(now); c.misses == 0 {
			delete(g.clients, key)
		}
	}
}
