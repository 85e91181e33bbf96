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
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// binaryVariable tells the tests where TestMain built the command.
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

// readSources looks at all that the command is built of. The go command keeps
// the result of a test until a file changes that the test has looked at; what
// TestMain did does not count.
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

// patience bounds every wait that has no limit of its own.
const patience = 40 * time.Second

// event is what these tests read of the events of --json.
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

	Message string    `json:"message"`
	at      time.Time // when it came
}

// command is a tallow that runs.
type command struct {
	name   string
	cmd    *exec.Cmd
	stderr bytes.Buffer
	exited chan struct{} // closed when it has exited and all its events are in
	died   time.Time     // when that was

	mu      sync.Mutex
	log     strings.Builder // of its stdout
	events  []event         // but for those of single files, of which there may be a million
	files   int64           // how many of those there were
	strange error           // a line of stdout that is no event
	more    chan struct{}   // closed and replaced when there are more events
}

// run starts tallow with --json on a machine; nil is this one. It is killed at
// the end of the test.
func run(t *testing.T, on *machine, args ...string) *command {
	t.Helper()
	c := &command{name: args[0], exited: make(chan struct{}), more: make(chan struct{})}
	readSources(t)
	c.cmd = exec.CommandContext(t.Context(), os.Getenv(binaryVariable), append(args, "--json")...)
	home := t.TempDir()
	c.cmd.Dir = home
	c.cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	c.cmd.Stderr = &c.stderr
	// If this process is killed, by go test's timeout for one, so is tallow.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := on.do(c.cmd.Start); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.exited)
		c.read(stdout)
		_ = c.cmd.Wait() // its exit code is asked for where it matters
		c.died = time.Now()
	}()
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.exited
		if t.Failed() {
			t.Log(c)
		}
	})
	return c
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
		close(c.more)
		c.more = make(chan struct{})
		c.mu.Unlock()
	}
}

// String is what it said.
func (c *command) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%s, %v\n%s%s", c.name, c.cmd.ProcessState, c.log.String(), &c.stderr)
}

// await waits for the first event that fits.
func (c *command) await(t *testing.T, what string, fits func(event) bool) event {
	t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for seen, ended := 0, false; ; {
		c.mu.Lock()
		events, more := c.events, c.more
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
			ended = true // and a last look at what it said
		case <-timer.C:
			t.Fatalf("%s: no %s after %v", c.name, what, patience)
		}
	}
}

// first waits for the first event of a name.
func (c *command) first(t *testing.T, name string) event {
	t.Helper()
	return c.await(t, name, func(e event) bool { return e.Event == name })
}

// exit waits for the end, which has to come within limit and with this code.
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

// kill ends it as nothing else does. It is false if it had exited before.
func (c *command) kill(t *testing.T) bool {
	t.Helper()
	err := c.cmd.Process.Kill()
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	<-c.exited
	return c.cmd.ProcessState.ExitCode() < 0
}

// leave is Ctrl-C, and waits for the end: of a side that may have all, and be
// done meanwhile.
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

// count is how many events of a name there were.
func (c *command) count(name string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if e.Event == name {
			n++
		}
	}
	return n
}

// reached is how many bytes it has said that have arrived.
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

// peakMemory is the most memory that it had, in bytes.
func (c *command) peakMemory() int64 {
	return c.cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
}
