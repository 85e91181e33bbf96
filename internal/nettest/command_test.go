//go:build linux

package nettest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tallow-transfer/tallow/internal/broadcast"
)

// binaryVariable is the environment variable with the path of the command that
// TestMain has built.
const binaryVariable = "TALLOW_TEST_BINARY"

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tallow-nettest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary := filepath.Join(dir, "tallow")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "github.com/tallow-transfer/tallow/cmd/tallow")
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "cannot build the command: %v\n%s", err, output)
		_ = os.RemoveAll(dir)
		os.Exit(1)
	}
	_ = os.Setenv(binaryVariable, binary)
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// readSources opens all sources of the command. The go command reuses the result of a
// test until a file changes that the test has opened, and what TestMain opens does
// not count.
func readSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == ".git":
			return fs.SkipDir
		case strings.HasSuffix(path, ".go") || d.Name() == "go.mod":
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// waitTimeout bounds every wait that has no other limit. The machine may be busy.
const waitTimeout = 2 * time.Minute

// event is the part of an event of --json that these tests use.
type event struct {
	Event   string           `json:"event"`
	Code    string           `json:"code"`
	Addr    string           `json:"addr"`
	Lane    string           `json:"lane"`
	State   string           `json:"state"`
	Bytes   int64            `json:"bytes"`
	Sent    int64            `json:"sent"`
	Files   int64            `json:"files"`
	Seconds float64          `json:"seconds"`
	Lanes   map[string]int64 `json:"lanes"`
	Kind    string           `json:"kind"`
	Reason  string           `json:"reason"`
	Hint    string           `json:"hint"`
	Name    string           `json:"name"`
	Text    words            `json:"text"`
	Direct  string           `json:"direct"`
	Relayed bool             `json:"relayed"`

	Message string    `json:"message"`
	at      time.Time // when it came
}

// command is a running tallow.
type command struct {
	name    string
	cmd     *exec.Cmd
	stderr  bytes.Buffer
	exited  chan struct{}    // closed when it has exited and all its events are read
	died    time.Time        // the time of that
	changed broadcast.Signal // events or files has grown

	mu      sync.Mutex
	log     strings.Builder // of its events
	events  []event         // except those of single files, of which there may be a million
	files   int64           // the number of events of single files
	strange error           // a line among them that is none
}

// run starts tallow with --json on a machine. It is killed at the end of the test.
func run(t *testing.T, on *machine, args ...string) *command {
	t.Helper()
	return start(t, on, nil, args...)
}

// start is run with words to put before the command.
func start(t *testing.T, on *machine, before []string, args ...string) *command {
	t.Helper()
	c := newCommand(t, before, args...)
	c.cmd.Stderr = &c.stderr
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.launch(t, on, stdout)
	return c
}

// newCommand is a command that does not run yet.
func newCommand(t *testing.T, before []string, args ...string) *command {
	t.Helper()
	c := &command{name: args[0], exited: make(chan struct{})}
	readSources(t)
	words := append(slices.Concat(before, []string{os.Getenv(binaryVariable)}, args), "--json")
	c.cmd = exec.CommandContext(t.Context(), words[0], words[1:]...)
	home := t.TempDir()
	c.cmd.Dir = home
	c.cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	// If this process is killed, for instance by go test's timeout, so is tallow.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// launch starts a command on a machine, with its events from a pipe.
func (c *command) launch(t *testing.T, on *machine, events io.Reader) {
	t.Helper()
	if err := on.do(c.cmd.Start); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.exited)
		c.read(events)
		_ = c.cmd.Wait() // tests check the exit code if it matters
		c.died = time.Now()
	}()
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.exited
		if t.Failed() {
			t.Log(c)
		}
	})
}

func (c *command) read(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		e := event{at: time.Now()}
		err := json.Unmarshal(lines.Bytes(), &e)
		c.mu.Lock()
		if err != nil && c.strange == nil {
			c.strange = fmt.Errorf("%q: %w", lines.Text(), err)
		}
		if e.Event != "file" && e.Event != "progress" {
			fmt.Fprintln(&c.log, lines.Text())
		}
		if e.Event == "file" {
			c.files++
		} else {
			c.events = append(c.events, e)
		}
		c.mu.Unlock()
		c.changed.Broadcast()
	}
}

// String returns its output.
func (c *command) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%s, %v\n%s%s", c.name, c.cmd.ProcessState, c.log.String(), &c.stderr)
}

// await waits for the first matching event.
func (c *command) await(t *testing.T, what string, fits func(event) bool) event {
	t.Helper()
	timer := time.NewTimer(waitTimeout)
	defer timer.Stop()
	for seen, ended := 0, false; ; {
		more := c.changed.Wait()
		c.mu.Lock()
		events := c.events
		c.mu.Unlock()
		for _, e := range events[seen:] {
			if fits(e) {
				return e
			}
		}
		if ended {
			t.Fatalf("%s ended without %s", c.name, what)
		}
		seen = len(events)
		select {
		case <-more:
		case <-c.exited:
			ended = true // look at the events once more
		case <-timer.C:
			t.Fatalf("%s: no %s after %v", c.name, what, waitTimeout)
		}
	}
}

// first waits for the first event with a name.
func (c *command) first(t *testing.T, name string) event {
	t.Helper()
	return c.await(t, name, func(e event) bool { return e.Event == name })
}

// exit waits until the command exits. It fails unless that is within the limit and
// with this code.
func (c *command) exit(t *testing.T, code int, limit time.Duration) {
	t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.exited:
	case <-timer.C:
		t.Fatalf("%s still runs after %v", c.name, limit)
	}
	if c.strange != nil {
		t.Errorf("%s: not an event: %v", c.name, c.strange)
	}
	if got := c.cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("%s: exit code %d, want %d", c.name, got, code)
	}
}

// kill kills the command with SIGKILL. It returns false if it had exited before.
func (c *command) kill(t *testing.T) bool {
	t.Helper()
	err := c.cmd.Process.Kill()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	<-c.exited
	return c.cmd.ProcessState.ExitCode() < 0
}

// leave presses Ctrl-C and waits for the end. The command may have everything, and so
// exit successfully.
func (c *command) leave(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("%s: %v", c.name, err)
	}
	<-c.exited
	if code := c.cmd.ProcessState.ExitCode(); code != 0 && code != 130 {
		t.Fatalf("%s: exit code %d", c.name, code)
	}
}

// count returns the number of events with a name.
func (c *command) count(name string) int {
	return c.matching(func(e event) bool { return e.Event == name })
}

// matching returns the number of events that fit.
func (c *command) matching(fits func(event) bool) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if fits(e) {
			n++
		}
	}
	return n
}

// reached returns how many bytes the command reports as arrived.
func (c *command) reached() (bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if e.Event == "progress" {
			bytes = max(bytes, e.Bytes)
		}
	}
	return bytes
}

// peakMemory returns the largest amount of memory that it had, in bytes.
func (c *command) peakMemory() int64 {
	return c.cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
}

// words are the text of an event; where the field is something else they are empty.
type words string

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*w = words(text)
	}
	return nil
}
