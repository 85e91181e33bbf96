//go:build unix

package devices_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/devices"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// sealInto is the variable that has this program seal notes with the store of a folder
// until it is killed: see TestKilledWhileSealing.
const sealInto = "TALLOW_TEST_SEAL_INTO"

func TestMain(m *testing.M) {
	if dir := os.Getenv(sealInto); dir != "" {
		if err := sealForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// sealForever writes each note that it has sealed, as a line.
func sealForever(dir string) error {
	ctx := context.Background()
	o, err := devicekey.Store{Dir: dir, NoKeyring: errors.New("a test")}.Open(ctx)
	if err != nil {
		return err
	}
	s, err := devices.Open(ctx, filepath.Join(dir, "devices"), o.Key, nil)
	if err != nil {
		return err
	}
	for {
		slot, b, err := s.Seal(ctx, "phone", devices.Note{Kind: devices.KindHeard})
		if err != nil {
			return err
		}
		if _, err := fmt.Printf("%x %x\n", slot, b); err != nil {
			return err
		}
	}
}

// A process that is killed while it seals has never used a slot or a key twice: what has
// left it opens, once.
func TestKilledWhileSealing(t *testing.T) {
	dir := t.TempDir()
	laptop, phone := openStore(t, dir), openStore(t, t.TempDir())
	pairStores(t, laptop, phone)
	kills := 200
	if testing.Short() {
		kills = 20
	}
	seen := make(map[string]bool)
	for range kills {
		for _, line := range sealAndKill(t, dir) {
			slot, note, ok := strings.Cut(line, " ")
			if !ok || len(note) != 2*2000 {
				continue // it was killed in the middle of the line
			}
			if seen[slot] {
				t.Fatal("a slot was used twice")
			}
			seen[slot] = true
			l := letter{devices.Slot(unhex(t, slot)), unhex(t, note)}
			if _, _, err := phone.Open(t.Context(), l.slot, l.bytes); err != nil {
				t.Fatalf("after %d notes: %v", len(seen), err)
			}
		}
		opens(t, laptop, seal(t, phone, "laptop", "heard"), "phone", "heard")
	}
	if len(seen) < kills/10 {
		t.Errorf("only %d notes were sealed", len(seen))
	}
}

// sealAndKill runs a process that seals, kills it after a moment, and returns what it
// has written.
func sealAndKill(t *testing.T, dir string) (lines []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), sealInto+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	scanner := bufio.NewScanner(out)
	if scanner.Scan() { // it is at work
		lines = append(lines, scanner.Text())
	}
	time.AfterFunc(time.Duration(rand.IntN(20_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("it ended by itself")
	}
	return lines
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	must(t, err)
	return b
}
