package tallow_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/tallow-transfer/tallow/internal/broadcast"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// managerLog records the events of a manager, and lets tests wait for them.
type managerLog struct {
	changed broadcast.Signal // with each event

	mu     sync.Mutex
	events []tallow.TransferEvent
}

func (l *managerLog) add(e tallow.TransferEvent) {
	l.mu.Lock()
	l.events = append(l.events, e)
	l.mu.Unlock()
	l.changed.Broadcast()
}

// of returns the events of one transfer so far.
func (l *managerLog) of(id tallow.TransferID) []tallow.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	var events []tallow.Event
	for _, e := range l.events {
		if e.ID == id {
			events = append(events, e.Event)
		}
	}
	return events
}

// await waits for an event of a transfer.
func (l *managerLog) await(t *testing.T, id tallow.TransferID, wanted func(tallow.Event) bool) tallow.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	for {
		changed := l.changed.Wait()
		events := l.of(id)
		if i := slices.IndexFunc(events, wanted); i >= 0 {
			return events[i]
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("transfer %d: no such event in time; events %v", id, events)
		}
	}
}

func isCode(e tallow.Event) bool { _, ok := e.(tallow.CodeEvent); return ok }

func inState(s tallow.State) func(tallow.Event) bool {
	return func(e tallow.Event) bool { return e == tallow.StateEvent{State: s} }
}

// newManager creates a manager, with a client of a relay on this machine.
func newManager(t *testing.T, config relay.Config) (*tallow.TransferManager, *managerLog) {
	t.Helper()
	client := newClient(t, tallow.Config{Relay: startRelay(t, config), Lanes: []tallow.Lane{tallow.LaneRelay}})
	log := &managerLog{}
	m := tallow.NewTransferManager(t.Context(), client, log.add)
	t.Cleanup(m.Close)
	return m, log
}

// began fails the test if a transfer did not begin.
func began(t *testing.T, id tallow.TransferID, err error) tallow.TransferID {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// pair sends paths and receives them with one manager, slowly enough for a test to
// interfere.
func pair(t *testing.T, m *tallow.TransferManager, log *managerLog, out string, paths ...string) (sending, receiving tallow.TransferID) {
	t.Helper()
	id, err := m.Send(tallow.SendOptions{Paths: paths, LimitRate: 8 << 20})
	sending = began(t, id, err)
	code := log.await(t, sending, isCode).(tallow.CodeEvent).Code
	id, err = m.Receive(tallow.ReceiveOptions{Code: code, Output: out})
	return sending, began(t, id, err)
}

func TestManagerRunsSeveralTransfers(t *testing.T) {
	m, log := newManager(t, relay.Config{})
	const pairs = 3
	var ids [pairs][2]tallow.TransferID
	var dirs, outs [pairs]string
	var bytes int64
	for i := range pairs {
		size := (i + 1) << 20
		bytes += int64(size)
		dirs[i], outs[i] = write(t, map[string]int{fmt.Sprintf("d%d/f", i): size}), t.TempDir()
		ids[i][0], ids[i][1] = pair(t, m, log, outs[i], filepath.Join(dirs[i], fmt.Sprintf("d%d", i)))
	}
	for i := range pairs {
		for side, id := range ids[i] {
			result, err := m.Wait(t.Context(), id)
			if err != nil || result.Bytes != int64(i+1)<<20 {
				t.Fatalf("transfer %d: %+v, %v", id, result, err)
			}
			now, err := m.Get(id)
			kind := []tallow.TransferKind{tallow.TransferSend, tallow.TransferReceive}[side]
			if err != nil || !now.Ended || now.Err != nil || now.State != tallow.StateCompleted || now.Kind != kind ||
				now.Progress.Bytes != result.Bytes || now.Progress.Files != 1 || now.Progress.Rate != 0 || now.Offer.Files != 1 || now.Code == "" {
				t.Errorf("transfer %d: %+v, %v", id, now, err)
			}
			events := log.of(id)
			if end, ok := events[len(events)-1].(tallow.EndEvent); !ok || end.Err != nil || end.Result.Bytes != result.Bytes {
				t.Errorf("transfer %d: the last event is %+v", id, events[len(events)-1])
			}
			if events[0] != (tallow.StateEvent{State: tallow.StatePending}) {
				t.Errorf("transfer %d: the first event is %+v", id, events[0])
			}
		}
		if got, want := contents(t, outs[i]), contents(t, dirs[i]); !maps.Equal(got, want) {
			t.Errorf("%d: the files differ", i)
		}
	}
	var listed []tallow.TransferID
	for _, now := range m.List() {
		listed = append(listed, now.ID)
	}
	if !slices.Equal(listed, []tallow.TransferID{1, 2, 3, 4, 5, 6}) {
		t.Errorf("listed: %v", listed)
	}
	want := tallow.TransferTotals{Transfers: 6, Bytes: 2 * bytes, Total: 2 * bytes, Files: 6}
	if got := m.Totals(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Pausing one transfer and cancelling another does not affect the others.
func TestManagerPausesAndCancels(t *testing.T) {
	m, log := newManager(t, relay.Config{})
	dir := write(t, map[string]int{"a": 16 << 20, "b": 16<<20 + 1, "c": 1 << 20})
	outs := []string{t.TempDir(), t.TempDir(), t.TempDir()}
	pausedS, pausedR := pair(t, m, log, outs[0], filepath.Join(dir, "a"))
	log.await(t, pausedR, func(e tallow.Event) bool { _, ok := e.(tallow.ProgressEvent); return ok })
	if err := m.Pause(pausedS); err != nil {
		t.Fatal(err)
	}
	for _, id := range []tallow.TransferID{pausedS, pausedR} {
		log.await(t, id, inState(tallow.StatePaused))
		if now, _ := m.Get(id); now.State != tallow.StatePaused || now.Progress.Rate != 0 {
			t.Errorf("transfer %d: %+v", id, now)
		}
	}
	cancelledS, cancelledR := pair(t, m, log, outs[1], filepath.Join(dir, "b"))
	log.await(t, cancelledR, func(e tallow.Event) bool { _, ok := e.(tallow.ProgressEvent); return ok })
	if err := m.Cancel(cancelledR); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Wait(t.Context(), cancelledR); kindOf(t, err) != tallow.KindInterrupted {
		t.Errorf("the cancelled receiver: %v", err)
	}
	if _, err := m.Wait(t.Context(), cancelledS); kindOf(t, err) != tallow.KindDeclined {
		t.Errorf("its sender: %v", err)
	}
	doneS, doneR := pair(t, m, log, outs[2], filepath.Join(dir, "c"))
	for _, id := range []tallow.TransferID{doneS, doneR} {
		if _, err := m.Wait(t.Context(), id); err != nil {
			t.Errorf("transfer %d: %v", id, err)
		}
	}

	now, _ := m.Get(pausedR)
	if now.State != tallow.StatePaused || now.Ended || now.Progress.Bytes == 16<<20 {
		t.Errorf("not paused: %+v", now)
	}
	// Cancelled transfers do not count.
	totals := m.Totals()
	if totals.Transfers != 6 || totals.Active != 2 || totals.Files != 2 || totals.Total != 2*(16<<20)+2*(1<<20) {
		t.Errorf("%+v", totals)
	}
	if err := m.Resume(pausedS); err != nil {
		t.Fatal(err)
	}
	for _, id := range []tallow.TransferID{pausedS, pausedR} {
		if _, err := m.Wait(t.Context(), id); err != nil {
			t.Errorf("transfer %d: %v", id, err)
		}
	}
	if totals := m.Totals(); totals.Bytes != totals.Total || totals.Active != 0 {
		t.Errorf("%+v", totals)
	}
}

// Close ends all transfers. TestMain checks that no goroutine is left.
func TestManagerCloses(t *testing.T) {
	m, log := newManager(t, relay.Config{})
	waiting, err := m.Send(tallow.SendOptions{Text: "hello"})
	began(t, waiting, err)
	log.await(t, waiting, isCode)
	dir := write(t, map[string]int{"a": 64 << 20})
	sending, receiving := pair(t, m, log, t.TempDir(), filepath.Join(dir, "a"))
	log.await(t, receiving, func(e tallow.Event) bool { _, ok := e.(tallow.ProgressEvent); return ok })
	m.Close()
	for _, id := range []tallow.TransferID{waiting, sending, receiving} {
		now, err := m.Get(id)
		if err != nil || !now.Ended || now.Err == nil || now.State != tallow.StateCancelled {
			t.Errorf("transfer %d: %+v, %v", id, now, err)
		}
	}
	if _, err := m.Send(tallow.SendOptions{Text: "hello"}); kindOf(t, err) != tallow.KindUsage {
		t.Errorf("after the end: %v", err)
	}
	m.Close() // a second Close does nothing
}

func TestManagerMistakes(t *testing.T) {
	m, log := newManager(t, relay.Config{})
	var told []tallow.Event
	id, err := m.Receive(tallow.ReceiveOptions{Code: "7-acid-acron-acre", OnEvent: func(e tallow.Event) { told = append(told, e) }})
	began(t, id, err)
	if _, err := m.Wait(t.Context(), id); kindOf(t, err) != tallow.KindCode {
		t.Errorf("a mistyped code: %v", err)
	}
	if now, _ := m.Get(id); now.State != tallow.StateFailed || kindOf(t, now.Err) != tallow.KindCode {
		t.Errorf("%+v", now)
	}
	log.await(t, id, func(e tallow.Event) bool {
		end, ok := e.(tallow.EndEvent)
		return ok && kindOf(t, end.Err) == tallow.KindCode
	})
	for _, unknown := range []tallow.TransferID{-1, 0, 2} {
		_, get := m.Get(unknown)
		_, wait := m.Wait(t.Context(), unknown)
		for _, err := range []error{get, wait, m.Pause(unknown), m.Resume(unknown), m.Cancel(unknown)} {
			if kindOf(t, err) != tallow.KindUsage {
				t.Errorf("transfer %d: %v", unknown, err)
			}
		}
	}
	for _, f := range []func(tallow.TransferID) error{m.Pause, m.Resume, m.Cancel} {
		if err := f(id); err != nil {
			t.Errorf("one that has ended: %v", err)
		}
	}

	waiting, err := m.Send(tallow.SendOptions{Text: "hello", OnEvent: func(e tallow.Event) { told = append(told, e) }})
	began(t, waiting, err)
	log.await(t, waiting, isCode)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("cancelled by the test")
	cancel(cause)
	if _, err := m.Wait(ctx, waiting); !errors.Is(err, cause) {
		t.Errorf("a cancelled Wait: %v", err)
	}
	m.Close()
	if !slices.ContainsFunc(told, isCode) {
		t.Errorf("the transfer's own OnEvent was told %v", told)
	}
}
