//go:build linux

package nettest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// fileLimit keeps a process from writing a file of more than 2 MiB.
func fileLimit() []string { return []string{"sh", "-c", `ulimit -f 2048 && exec "$@"`, "sh"} }

// A stream of any length goes from stdin to stdout: neither side needs more memory for it,
// or a file.
func TestPipe(t *testing.T) {
	if testing.Short() {
		t.Skip("NOT TESTED: it sends a GiB and more, and -short was given")
	}
	size := scaled(10 << 30)
	for _, lanes := range []string{"tcp", "relay"} {
		t.Run(lanes, func(t *testing.T) {
			relay := run(t, nil, "relay", "--listen", "127.0.0.1:0").first(t, "listening").Addr
			sender := newCommand(t, fileLimit(), "send", "--relay", relay, "--lanes", lanes, "-")
			sender.cmd.Stdin = io.LimitReader(noise(), size)
			sender.cmd.Stderr = &sender.stderr
			events, err := sender.cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			sender.launch(t, nil, events)

			receiver := newCommand(t, fileLimit(), "receive", "-y", "-o", "-", sender.first(t, "code").Code)
			sink := &comparison{want: noise()}
			receiver.cmd.Stdout = sink
			if events, err = receiver.cmd.StderrPipe(); err != nil {
				t.Fatal(err)
			}
			receiver.launch(t, nil, events)

			receiver.exit(t, 0, scaleLimit)
			sender.exit(t, 0, waitTimeout)
			if sink.n != size {
				t.Errorf("%d bytes came out, want %d", sink.n, size)
			}
			for _, side := range []*command{sender, receiver} {
				done := side.first(t, "done")
				cpu := side.cmd.ProcessState.UserTime() + side.cmd.ProcessState.SystemTime()
				t.Logf("%s: %d bytes in %.1f s, %.1f s of CPU, %.1f MiB of memory", side.name, done.Bytes, done.Seconds, cpu.Seconds(), float64(side.peakMemory())/(1<<20))
				if done.Bytes != size || done.Lanes[lanes] != size {
					t.Errorf("%s: %+v, want %d bytes", side.name, done, size)
				}
				if side.peakMemory() > maxMemory {
					t.Errorf("%s needed %d MiB, over %d", side.name, side.peakMemory()>>20, maxMemory>>20)
				}
			}
		})
	}
}

// noise is bytes without end that nothing compresses, the same each time.
func noise() io.Reader { return rand.NewChaCha8([32]byte{1}) }

// comparison counts what is written to it, and refuses what is not the same as want.
type comparison struct {
	want io.Reader
	n    int64
	buf  []byte
}

// Write implements io.Writer.
func (c *comparison) Write(b []byte) (int, error) {
	if len(c.buf) < len(b) {
		c.buf = make([]byte, len(b))
	}
	if _, err := io.ReadFull(c.want, c.buf[:len(b)]); err != nil {
		return 0, err
	}
	if !bytes.Equal(b, c.buf[:len(b)]) {
		return 0, fmt.Errorf("other bytes came out after byte %d", c.n)
	}
	c.n += int64(len(b))
	return len(b), nil
}
