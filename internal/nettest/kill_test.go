//go:build linux

package nettest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// The environment variables that say how often TestKilled kills, and the seed of its
// moments. Both have defaults.
const (
	killsVariable = "TALLOW_TEST_KILLS"
	seedVariable  = "TALLOW_TEST_SEED"

	fewKills = 7
)

const (
	killedSize  = 512 << 20 // bytes of the file that is sent
	resendLimit = 64 << 20  // bytes that may be sent twice after a kill

	// slowed is how many bytes per second the relay forwards, so that there are
	// moments between the beginning and the end.
	slowed = 128 << 20

	// rememberedAfter is how long a receiver on a slow machine must have run, to be
	// able to resume with the same code after a kill.
	rememberedAfter = 2 * time.Second
)

// victim is the process that is killed, and how the transfer is resumed.
type victim string

const (
	receiverOnce  victim = "receiver, same code"  // it is run again while the sender waits
	receiverAnew  victim = "receiver, new code"   // both are run again
	senderAnew    victim = "sender, new code"     // both are run again
	relayRestarts victim = "relay, on its own"    // only the relay is started again
	relayStays    victim = "relay, never returns" // the direct lane finishes
)

// killing is a process that is killed at a moment of a transfer.
type killing struct {
	victim victim
	lanes  string
	direct string        // the direct one of them
	bytes  int64         // that have arrived at that moment, at least
	later  time.Duration // after the progress event, of which there are ten per second
}

func (k killing) String() string {
	return fmt.Sprintf("%s, by %s, after %d MiB and %d ms", k.victim, k.lanes, k.bytes>>20, k.later.Milliseconds())
}

// killings draws moments at random. The victims take turns. Every third round allows
// a direct lane, of each kind in turn, besides the relayed one.
func killings(seed uint64, n int) []killing {
	random := rand.New(rand.NewPCG(seed, 0))
	victims := []victim{receiverOnce, relayRestarts, senderAnew, receiverAnew}
	all := []killing{}
	for i := range n {
		k := killing{
			victim: victims[i%len(victims)], lanes: "relay",
			bytes: random.Int64N(killedSize), later: time.Duration(random.Int64N(int64(100 * time.Millisecond))),
		}
		if i/len(victims)%3 == 1 {
			k.direct = []string{"tcp", "webrtc"}[i/len(victims)/6%2]
			k.lanes = k.direct + ",relay"
			if k.direct == "tcp" {
				k.bytes /= 2 // it is over soon
			}
		}
		if k.lanes != "relay" && k.victim == relayRestarts && i/len(victims)%2 == 1 {
			k.victim = relayStays
		}
		all = append(all, k)
	}
	return all
}

// A process may be killed at any moment of a transfer. What has arrived is kept, the
// result is the same as without the kill, and no temporary files are left.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED: it sends gigabytes, and -short was given")
	}
	seed, kills := rand.Uint64(), fewKills
	if s := os.Getenv(seedVariable); s != "" {
		seed = number(t, seedVariable, s)
	}
	if s := os.Getenv(killsVariable); s != "" {
		kills = int(number(t, killsVariable, s))
	}
	t.Logf("%d kills, %s=%d", kills, seedVariable, seed)
	file := randomFile(t, killedSize)
	var most int64
	late := 0
	for _, k := range killings(seed, kills) {
		t.Run(k.String(), func(t *testing.T) {
			resent, struck := k.run(t, file)
			most = max(most, resent)
			if !struck {
				late++
			}
		})
	}
	t.Logf("%d kills, %d of them too late: at most %.1f MiB were sent again", kills, late, float64(most)/(1<<20))
	if late > kills/4 {
		t.Error("too many kills came when all was over")
	}
}

func number(t *testing.T, variable, s string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// run transfers the file, kills the victim, and has the transfer resumed. It returns
// how many bytes were sent twice. struck is false if the victim had already ended.
func (k killing) run(t *testing.T, file string) (resent int64, struck bool) {
	to := t.TempDir()
	relay := slowRelay(t, "127.0.0.1:0")
	at := relay.first(t, "listening").Addr
	flags := []string{"--relay", at, "--lanes", k.lanes}
	x := network{}.send(t, file, to, flags...)
	begun := x.receiver.first(t, "offer").at
	if k.victim == relayStays { // before that, nothing could complete the transfer
		for _, side := range []*command{x.sender, x.receiver} {
			side.await(t, k.direct+" up", func(e event) bool { return e.Event == "lane" && e.Lane == k.direct && e.State == "up" })
		}
	}
	x.receiver.await(t, "progress", func(e event) bool { // the last bytes may have no progress event
		return e.Event == "progress" && e.Bytes >= k.bytes || e.Event == "done"
	})
	later := time.NewTimer(k.later)
	defer later.Stop()
	<-later.C

	of := map[victim]*command{receiverOnce: x.receiver, receiverAnew: x.receiver, senderAnew: x.sender, relayRestarts: relay, relayStays: relay}
	struck = of[k.victim].kill(t)
	missing := killedSize - x.receiver.reached()
	before := x
	if k.victim == relayRestarts && struck {
		slowRelay(t, at).first(t, "listening")
	} else if k.victim != relayStays && struck {
		x = k.again(t, x, begun, file, to, flags)
	}
	sent, received := x.succeed(t)
	if sent.Bytes != killedSize || received.Bytes != killedSize {
		t.Errorf("the sides say that %d and %d bytes are there, of %d", sent.Bytes, received.Bytes, killedSize)
	}
	if struck {
		resent = max(twice(sent, x.sender == before.sender, missing), twice(received, x.receiver == before.receiver, missing))
	}
	t.Logf("%.1f MiB were sent again", float64(resent)/(1<<20))
	if resent > resendLimit {
		t.Errorf("%d bytes were sent and %d came when %d were missing", sent.Sent, received.Sent, missing)
	}
	same(t, file, filepath.Join(to, filepath.Base(file)))
	alone(t, to, filepath.Base(file))
	return resent, struck
}

// twice returns how many bytes were sent twice as one peer reports it, after a kill
// when so many bytes were missing. A peer that was not run again counts from the
// beginning.
func twice(done event, ran bool, missing int64) int64 {
	if ran {
		missing = killedSize
	}
	return done.Sent - missing
}

func slowRelay(t *testing.T, listen string) *command {
	t.Helper()
	return run(t, nil, "relay", "--listen", listen, "--bytes-per-second", strconv.Itoa(slowed))
}

// again runs the commands that a person would run again after the kill.
func (k killing) again(t *testing.T, x exchange, begun time.Time, file, to string, flags []string) exchange {
	t.Helper()
	switch {
	case k.victim == receiverOnce:
		home := []string{"env", "HOME=" + x.receiver.cmd.Dir} // the same machine
		died := x.receiver.died
		x.receiver = start(t, nil, home, append([]string{"receive", "--yes", "--output", to, x.sender.first(t, "code").Code}, flags...)...)
		met := x.receiver.await(t, "peer or error", func(e event) bool { return e.Event == "peer" || e.Event == "error" })
		if met.Event == "peer" {
			return x
		}
		// Too early: the receiver says so, and a new code is needed.
		lived := died.Sub(begun)
		t.Logf("after %v the receiver's code was not remembered", lived)
		if lived > rememberedAfter {
			t.Error("that is too long")
		}
		x.receiver.exit(t, 3, waitTimeout)
		x.sender.leave(t)
	case k.victim == receiverAnew:
		x.sender.leave(t)
	case k.victim == senderAnew:
		x.receiver.leave(t)
	}
	return network{}.send(t, file, to, flags...)
}

// alone fails unless a folder contains nothing but the name.
func alone(t *testing.T, folder, name string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != name {
			t.Errorf("%s is left over", filepath.Join(folder, e.Name()))
		}
	}
}
