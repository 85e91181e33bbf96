package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/tallow-transfer/tallow/internal/broadcast"
)

// host is a machine or network namespace in which processes run.
type host struct {
	namespace string // "": this machine
	address   string
	ordinary  bool // its programs run as an ordinary user
}

// command returns the command that runs a program on the host.
func (h host) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	if h.ordinary {
		path, args = asOrdinary(path, args)
	}
	if h.namespace != "" {
		path, args = "ip", append([]string{"netns", "exec", h.namespace, path}, args...)
	}
	return exec.CommandContext(ctx, path, args...)
}

// event is one line of output, of tallow's --json or of a helper, which uses the same
// format.
type event struct {
	Event   string           `json:"event"`
	Code    string           `json:"code,omitempty"`
	Addr    string           `json:"addr,omitempty"`
	Bytes   int64            `json:"bytes,omitempty"`
	Signal  string           `json:"signal,omitempty"`
	Kind    string           `json:"kind,omitempty"`
	Message string           `json:"message,omitempty"`
	Lanes   map[string]int64 `json:"lanes,omitempty"`

	at time.Time // when it was read
}

// eventLine is the name of a line that is not JSON. Its text is the message.
const eventLine = "line"

// process is a program that runs or has run.
type process struct {
	side    string // sender, receiver, relay
	cmd     *exec.Cmd
	begun   time.Time
	done    chan struct{}    // closed when it has ended
	changed broadcast.Signal // events has grown

	// Valid once done is closed.
	stderr bytes.Buffer
	ended  time.Time
	err    error

	mu     sync.Mutex
	events []event
}

// group is the processes of one run.
type group struct {
	ctx    context.Context
	cancel context.CancelFunc
	env    []string
	dir    string
	wg     sync.WaitGroup
}

// newGroup returns a group whose processes have a folder as their working directory
// and home.
func newGroup(ctx context.Context, dir string) *group {
	g := &group{dir: dir, env: []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir}}
	g.ctx, g.cancel = context.WithCancel(ctx)
	return g
}

// end kills the processes that still run, and waits for them.
func (g *group) end() {
	g.cancel()
	g.wg.Wait()
}

// start starts a program and collects its events. stdin may be nil.
func (g *group) start(side string, on host, stdin io.Reader, path string, args ...string) (*process, error) {
	p := g.prepare(side, on, path, args)
	p.cmd.Stdin = stdin
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return p, g.launch(p, func() { p.read(stdout) })
}

// startTo starts a program with its output going to a file.
func (g *group) startTo(stdout *os.File, side string, on host, path string, args ...string) (*process, error) {
	p := g.prepare(side, on, path, args)
	p.cmd.Stdout = stdout
	return p, g.launch(p, func() {})
}

func (g *group) prepare(side string, on host, path string, args []string) *process {
	p := &process{side: side, cmd: on.command(g.ctx, path, args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = g.dir, g.env, &p.stderr
	p.cmd.WaitDelay = 5 * time.Second
	dieWithParent(p.cmd, syscall.SIGKILL)
	return p
}

// launch starts a process, and a goroutine that reads its output and waits for its
// end.
func (g *group) launch(p *process, read func()) error {
	p.begun = time.Now()
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("cannot start %s: %w", p.cmd.Path, err)
	}
	g.wg.Go(func() {
		defer close(p.done)
		read()
		p.err = p.cmd.Wait()
		p.ended = time.Now()
	})
	return nil
}

// read collects the events until the output ends.
func (p *process) read(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for files := 0; lines.Scan(); {
		e := event{at: time.Now()}
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Event == "" {
			e.Event, e.Message = eventLine, lines.Text()
		}
		if e.Event == "file" {
			if files++; files > 1 {
				continue // there may be very many
			}
		}
		p.mu.Lock()
		p.events = append(p.events, e)
		p.mu.Unlock()
		p.changed.Broadcast()
	}
	_, _ = io.Copy(io.Discard, stdout) // after a line that is too long
}

// all returns the events so far, and a channel that is closed when there are more.
func (p *process) all() ([]event, <-chan struct{}) {
	more := p.changed.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.events, more
}

// last returns the last event with a name so far.
func (p *process) last(name string) (found event, ok bool) {
	events, _ := p.all()
	for _, e := range events {
		if e.Event == name {
			found, ok = e, true
		}
	}
	return found, ok
}

// first waits for the first event with a name.
func (p *process) first(name string) (event, error) {
	for seen, ended := 0, false; ; {
		events, more := p.all()
		for _, e := range events[seen:] {
			if e.Event == name {
				return e, nil
			}
		}
		if ended {
			if err := p.wait(); err != nil {
				return event{}, err
			}
			return event{}, fmt.Errorf("%s: it ended early", p.side)
		}
		seen = len(events)
		select {
		case <-more:
		case <-p.done:
			ended = true // look at the events once more
		}
	}
}

// wait waits for the end of the process. The error says why it failed.
func (p *process) wait() error {
	<-p.done
	if p.err == nil {
		return nil
	}
	why := p.err.Error()
	if e, ok := p.last("error"); ok {
		why = e.Message
	} else if said := oneLine(p.stderr.String()); said != "" {
		why = said
	}
	return fmt.Errorf("%s: %s", p.side, why)
}

// stop ends a process that does not end by itself, such as a relay.
func (p *process) stop() {
	if p.cmd.Process.Signal(os.Interrupt) != nil { // Windows cannot
		_ = p.cmd.Process.Kill()
	}
	<-p.done
}

// usage returns what an ended process has used, including the children that it has
// waited for.
func (p *process) usage() side {
	s := p.cmd.ProcessState
	return side{Name: p.side, CPU: (s.UserTime() + s.SystemTime()).Seconds(), Peak: peakMemory(s)}
}

// unavailable is the error of a tool that this machine does not have.
type unavailable string

func (u unavailable) Error() string { return string(u) }

// isUnavailable says whether an error is unavailable.
func isUnavailable(err error) bool {
	var u unavailable
	return errors.As(err, &u)
}
