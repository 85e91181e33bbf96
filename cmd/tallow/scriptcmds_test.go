package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallow-transfer/tallow/internal/disk/journal"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// await FILE PATTERN waits until FILE has the pattern in it.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE PATTERN")
	}
	file, pattern := ts.MkAbs(args[0]), regexp.MustCompile(args[1])
	ts.Check(poll(func() error {
		b, err := os.ReadFile(file)
		if err == nil && !pattern.Match(b) {
			err = fmt.Errorf("%s has no %s in it:\n%s", args[0], pattern, b)
		}
		return err
	}))
}

// firstLine waits until a file has a whole first line, and returns it.
func firstLine(file string) (line string, err error) {
	return line, poll(func() error {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		read, err := bufio.NewReader(f).ReadString('\n')
		line = strings.TrimSuffix(read, "\n")
		return err
	})
}

// code FILE waits for the code that send writes to FILE, bare or in an event, and
// sets CODE to it.
func readCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: code FILE")
	}
	file := ts.MkAbs(args[0])
	line, err := firstLine(file)
	ts.Check(err)
	if strings.HasPrefix(line, "{") {
		await(ts, false, []string{args[0], `"event":"code".*\n`})
		for line := range strings.Lines(ts.ReadFile(args[0])) {
			var e struct{ Code string }
			ts.Check(json.Unmarshal([]byte(line), &e))
			if e.Code != "" {
				ts.Setenv("CODE", e.Code)
				return
			}
		}
	}
	ts.Setenv("CODE", line)
}

// fewer FROM TO puts the code in the variable FROM into TO, without its last word.
func dropWord(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fewer FROM TO")
	}
	bare, relay, _ := strings.Cut(ts.Getenv(args[0]), "@")
	ts.Setenv(args[1], bare[:strings.LastIndex(bare, "-")]+"@"+relay)
}

// relay FILE waits for the address that relay writes to FILE, as a line or an
// event, and puts it in TALLOW_RELAY.
func useRelay(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: relay FILE")
	}
	line, err := firstLine(ts.MkAbs(args[0]))
	ts.Check(err)
	var e struct{ Addr string }
	if json.Unmarshal([]byte(line), &e) != nil {
		e.Addr = strings.TrimPrefix(line, "listening on ")
	}
	ts.Setenv("TALLOW_RELAY", e.Addr)
}

// set NAME FILE PATTERN waits until FILE has the pattern in it, and sets the variable
// NAME to what the pattern's group matches.
func setFromFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: set NAME FILE PATTERN")
	}
	await(ts, false, args[1:])
	ts.Setenv(args[0], regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))[1])
}

// random FILE SIZE makes a file of random bytes, different ones in each file.
func random(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: random FILE SIZE")
	}
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	var seed [32]byte
	copy(seed[:], args[0])
	b := make([]byte, size)
	_, _ = rand.NewChaCha8(seed).Read(b)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o644))
}

// zeros FILE SIZE makes a file of zeros, which takes no room.
func zeros(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: zeros FILE SIZE")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	ts.Check(f.Truncate(size))
}

// term WORD sends SIGTERM to the background command that has WORD in its
// arguments.
func terminate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: term WORD")
	}
	signalTo(ts, syscall.SIGTERM, args[0])
}

// signal NAME WORD sends SIGUSR1 or SIGUSR2 likewise.
func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || pauseSignals()[args[0]] == nil {
		ts.Fatalf("usage: signal USR1|USR2 WORD")
	}
	signalTo(ts, pauseSignals()[args[0]], args[1])
}

func signalTo(ts *testscript.TestScript, s os.Signal, word string) {
	for _, cmd := range ts.BackgroundCmds() {
		if slices.Contains(cmd.Args, word) {
			ts.Check(cmd.Process.Signal(s))
			return
		}
	}
	ts.Fatalf("no background command has %q in it", word)
}

// still FILE DURATION waits until the progress in a file of events has not grown
// for so long.
func standsStill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: still FILE DURATION")
	}
	span, err := time.ParseDuration(args[1])
	ts.Check(err)
	progress := regexp.MustCompile(`"event":"progress","bytes":[0-9]+`)
	var last string
	var since time.Time
	ts.Check(poll(func() error {
		all := progress.FindAllString(ts.ReadFile(args[0]), -1)
		if len(all) == 0 {
			return fmt.Errorf("%s has no progress", args[0])
		}
		if now := all[len(all)-1]; now != last {
			last, since = now, time.Now()
		}
		if time.Since(since) < span {
			return fmt.Errorf("%s goes on: %s", args[0], last)
		}
		return nil
	}))
}

type clockKey struct{}

// clock starts to measure time.
func startClock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: clock")
	}
	*ts.Value(clockKey{}).(*time.Time) = time.Now()
}

// under DURATION fails if more time has gone by since clock. DURATION is far more
// than it takes, since other work may keep the machine busy.
func checkClock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: under DURATION")
	}
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	took := time.Since(*ts.Value(clockKey{}).(*time.Time))
	ts.Logf("it took %v", took.Round(time.Millisecond))
	if took > limit {
		ts.Fatalf("it took %v, over %v", took, limit)
	}
}

// remembered waits until a receiver has stored what its next process needs.
func remembered(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: remembered")
	}
	dir := filepath.Join(ts.Getenv("XDG_STATE_HOME"), "tallow", "meetings")
	ts.Check(poll(func() error {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if info, err := e.Info(); err == nil && info.Size() > 0 {
				return nil
			}
		}
		return fmt.Errorf("nothing in %s", dir)
	}))
}

// claimed DIR BYTES waits until the journal of a transfer into DIR, or into a folder
// below it, has verified blocks of so many bytes. Those are not sent again, whatever
// happens to the receiver; how many blocks come after them depends on the disk.
func claimed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: claimed DIR BYTES")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(poll(func() error {
		most := 0
		err := filepath.WalkDir(ts.MkAbs(args[0]), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Base(path) != "journal" {
				return nil // it may be gone by now
			}
			most = max(most, claimedBytes(path))
			return nil
		})
		if err == nil && most < want {
			err = fmt.Errorf("%d bytes are claimed below %s", most, args[0])
		}
		return err
	}))
}

// claimedBytes returns how many bytes the verified blocks of a journal have, if all
// of them are whole.
func claimedBytes(path string) int {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	type block struct {
		id    uint64
		index uint32
	}
	blocks := make(map[block]struct{})
	_, _ = journal.Read(f, func(_ int64, r journal.Record) bool {
		if v, ok := r.(journal.Verified); ok {
			blocks[block{v.ID, v.Index}] = struct{}{}
		}
		return true
	})
	return len(blocks) * files.BlockSize
}
