package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tallow-transfer/tallow/relay"
)

// serverCommand is the argument by which this program becomes the server.
const serverCommand = "server"

// unclaimed is how long a code waits.
const unclaimed = 20 * time.Second

// addresses are where the server listens: its first line of output, in JSON.
type addresses struct {
	Relay  string
	Splice string // of the TCP splice
	Copy   string // of the same with a copy through the process
}

// usage is what the server's process has in use: the answer to each line of input,
// in JSON.
type usage struct {
	Resident   int64 // bytes; 0 where the system does not say
	Heap       int64
	Stacks     int64
	Goroutines int
	Rejected   map[string]int64
}

// memory is what counts as its memory.
func (u usage) memory() int64 {
	if u.Resident > 0 {
		return u.Resident
	}
	return u.Heap + u.Stacks
}

// serve is the server. It ends with its input.
func serve(ctx context.Context, in io.Reader, out io.Writer) error {
	raiseFileLimit()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	counter := &counter{counts: make(map[string]int64)}
	// Clients come from many addresses of this machine. So all limits are the
	// defaults, but for the number of rooms, since more are opened beside the others.
	// A code that nobody uses does not wait long, so that those of squatters are gone
	// when memory is looked at.
	config := relay.Config{MaxRooms: 20_000, UnclaimedTTL: unclaimed, Observer: counter}
	listener, err := relay.ListenTCP(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	splice, err := listenSplice(func(to, from net.Conn) { _, _ = io.Copy(to, from) })
	if err != nil {
		return err
	}
	defer splice.Close()
	plain, err := listenSplice(func(to, from net.Conn) {
		_, _ = io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, 64<<10))
	})
	if err != nil {
		return err
	}
	defer plain.Close()
	encoder := json.NewEncoder(out)
	if err := encoder.Encode(addresses{listener.Addr().String(), splice.Addr().String(), plain.Addr().String()}); err != nil {
		return err
	}
	var serving sync.WaitGroup
	defer serving.Wait()
	defer cancel()
	serving.Go(func() { _ = relay.Serve(ctx, listener, nil, config) })
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if err := encoder.Encode(measure(counter)); err != nil {
			return err
		}
	}
	return nil
}

func measure(c *counter) usage {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{
		Resident: resident(), Heap: int64(m.HeapAlloc), Stacks: int64(m.StackInuse),
		Goroutines: runtime.NumGoroutine(), Rejected: c.copy(),
	}
}

// resident returns this process's resident memory in bytes, or 0.
func resident() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

// counter is the relay's Observer.
type counter struct {
	mu     sync.Mutex
	counts map[string]int64
}

func (c *counter) Rejected(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[reason]++
}

func (*counter) Throttled(time.Duration)                    {}
func (*counter) Told(string, string)                        {}
func (*counter) Watch(func() relay.Stats)                   {}
func (*counter) Request(string, string, int, time.Duration) {}
func (*counter) Started(relay.TransferKind)                 {}
func (*counter) Ended(relay.Transfer)                       {}

func (c *counter) copy() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]int64)
	for reason, n := range c.counts {
		all[reason] = n
	}
	return all
}

// listenSplice accepts pairs of connections and passes on what the first of them
// sends to the second.
func listenSplice(pass func(to, from net.Conn)) (net.Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := listener.Accept()
			if err != nil {
				_ = from.Close()
				return
			}
			go func() {
				defer from.Close()
				defer to.Close()
				pass(to, from)
			}()
		}
	}()
	return listener, nil
}

// server is the process of the server, as seen from the one that makes the load.
type server struct {
	at      addresses
	process *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
	idle    int // goroutines before anybody connects
}

func startServer(ctx context.Context, stderr io.Writer) (*server, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{process: exec.CommandContext(ctx, program, serverCommand)}
	s.process.Stderr = stderr
	if s.in, err = s.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	s.answers = json.NewDecoder(out)
	if err := s.answers.Decode(&s.at); err != nil {
		return nil, err
	}
	s.idle, err = s.idleGoroutines(ctx)
	return s, err
}

// idleGoroutines returns how many goroutines the server has once it has started all of
// them: when their number has been the same for a second.
func (s *server) idleGoroutines(ctx context.Context) (n int, err error) {
	for since := time.Now(); time.Since(since) < time.Second; {
		u, err := s.usage()
		if err != nil {
			return 0, err
		}
		if u.Goroutines != n {
			n, since = u.Goroutines, time.Now()
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// usage asks the server what it has in use.
func (s *server) usage() (u usage, err error) {
	if _, err = fmt.Fprintln(s.in); err == nil {
		err = s.answers.Decode(&u)
	}
	return u, err
}

// settled waits until the server has let go of what it had for connections and
// rooms, and returns what it has in use then.
func (s *server) settled(ctx context.Context) (u usage, err error) {
	if err := pause(ctx, unclaimed+time.Second); err != nil {
		return u, err
	}
	for deadline := time.Now().Add(2 * time.Minute); ; {
		u, err = s.usage()
		if err != nil || u.Goroutines <= s.idle || time.Now().After(deadline) {
			return u, err
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return u, err
		}
	}
}

func (s *server) stop() {
	_ = s.in.Close()
	_ = s.process.Wait()
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
