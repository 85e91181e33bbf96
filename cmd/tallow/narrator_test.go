package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/pkg/tallow"
)

// What people are told of losses, pauses and stalls where nothing moves.
func TestNarratorOfTrouble(t *testing.T) {
	state := func(s tallow.State) tallow.Event { return tallow.StateEvent{State: s} }
	stall := func(reason tallow.StallReason) tallow.Event { return tallow.StallEvent{Reason: reason} }
	retry := func(n int) tallow.Event {
		return tallow.StallEvent{Reason: tallow.StallReconnecting, Attempt: n}
	}
	met := []tallow.Event{state(tallow.StatePending), state(tallow.StateConnecting), state(tallow.StateTransferring), tallow.PeerEvent{}}
	for name, tc := range map[string]struct {
		wait   time.Duration
		events []tallow.Event
		want   string
	}{
		"nothing": {want: ""},
		"a loss": {
			wait: 90 * time.Second,
			events: []tallow.Event{
				state(tallow.StateConnecting), retry(2), retry(3), state(tallow.StateTransferring),
			},
			want: "Connection lost. Waiting up to 1m30s for the receiver; Ctrl-C to stop.\nConnected again.\n",
		},
		"a loss for good": {
			events: []tallow.Event{state(tallow.StateConnecting), state(tallow.StateFailed)},
			want:   "Connection lost.\n",
		},
		"a full disk": {
			wait: 10 * time.Minute,
			events: []tallow.Event{
				tallow.StateEvent{State: tallow.StateConnecting, Reason: "its\x1b disk is full"},
				retry(2), state(tallow.StateTransferring),
			},
			want: "The receiver cannot go on: its disk is full. Waiting up to 10m for it to be run again with the same code; Ctrl-C to stop.\nConnected again.\n",
		},
		"a pause": {
			events: []tallow.Event{state(tallow.StatePaused), state(tallow.StateTransferring), state(tallow.StatePaused), state(tallow.StateCancelled)},
			want:   "Paused.\nGoing on.\nPaused.\n",
		},
		"a loss during a pause": {
			wait:   10 * time.Minute,
			events: []tallow.Event{state(tallow.StatePaused), state(tallow.StateConnecting), state(tallow.StateTransferring), state(tallow.StatePaused)},
			want:   "Paused.\nConnection lost. Waiting up to 10m for the receiver; Ctrl-C to stop.\nConnected again.\nPaused.\n",
		},
		"stalls": {
			events: []tallow.Event{stall("a\x1bb"), stall("a\x1bb"), stall("c"), tallow.ProgressEvent{Bytes: 1}, stall("c")},
			want:   "Nothing moves: ab.\nNothing moves: c.\nNothing moves: c.\n",
		},
	} {
		var out strings.Builder
		n := &narrator{screen: &screen{w: &out}, wait: tc.wait}
		for _, e := range met {
			n.event(e)
		}
		for _, e := range tc.events {
			n.event(e)
		}
		if got := strings.TrimPrefix(out.String(), "Connected.\n"); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestNarratorOfPlaces(t *testing.T) {
	for name, tc := range map[string]struct {
		paths  []string
		folder string
		want   string
	}{
		"a file":      {[]string{"a.txt"}, "got", "Saved as got/a.txt\n"},
		"here":        {[]string{"a.txt"}, ".", "Saved as a.txt\n"},
		"a folder":    {[]string{"a/b", "a/c/d"}, "got/", "Saved as got/a\n"},
		"several":     {[]string{"a", "b/c", "d"}, "got/", "Saved in got\n"},
		"here too":    {[]string{"a", "b"}, ".", "Saved in this folder\n"},
		"nothing":     {nil, "got", ""},
		"no disk":     {[]string{"a"}, "", ""},
		"a dark name": {[]string{"a\x1b[2J"}, "got", "Saved as got/a[2J\n"},
	} {
		var out strings.Builder
		n := &narrator{screen: &screen{w: &out}, receives: true}
		for _, path := range tc.paths {
			n.event(tallow.FileEvent{Path: path})
		}
		n.event(tallow.EndEvent{State: tallow.StateCompleted, Result: tallow.Result{Files: int64(len(tc.paths)), Folder: tc.folder}})
		_, got, _ := strings.Cut(out.String(), "\n")
		if want := filepath.FromSlash(tc.want); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// The first files that get another name are named, the others are counted.
func TestNarratorOfRenames(t *testing.T) {
	for count, more := range map[int]string{
		1: "", 3: "",
		4: "Received under another name, as theirs was taken: 1 entry more\n",
		6: "Received under another name, as theirs was taken: 3 entries more\n",
	} {
		var out strings.Builder
		n := &narrator{screen: &screen{w: &out}, receives: true}
		n.event(tallow.FileEvent{Path: "in/other", Name: "in/other"})
		want := ""
		for i := range count {
			taken, as := fmt.Sprintf("in/a%d", i), fmt.Sprintf("a%d (1)", i)
			n.event(tallow.FileEvent{Path: "in/" + as, Name: taken, Taken: taken})
			if i < 3 {
				want += taken + " is there already: received as " + as + "\n"
			}
		}
		n.event(tallow.EndEvent{State: tallow.StateCompleted})
		if got := out.String(); !strings.HasPrefix(got, want+"Received ") || !strings.HasSuffix(got, more) || strings.Contains(got, "more") != (more != "") {
			t.Errorf("%d: %q", count, got)
		}
	}
}

func TestWaitText(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"10m": 10 * time.Minute, "1m30s": 90 * time.Second, "2h": 2 * time.Hour, "1h5m": 65 * time.Minute,
		"30s": 30 * time.Second, "1h0m10s": time.Hour + 10*time.Second, "100ms": 100 * time.Millisecond, "20m": 20 * time.Minute,
	} {
		if got := waitText(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// A code that replaces another one is printed for people and for scripts.
func TestNarratorOfAnotherCode(t *testing.T) {
	var people, script strings.Builder
	n := &narrator{screen: &screen{w: &people}, codeTo: &script, subject: "a.txt"}
	n.event(tallow.CodeEvent{Code: "7-acid-acorn-acre@r", Nameplate: "7", Relay: "r"})
	n.event(tallow.WaitEvent{Reason: tallow.WaitRelayLost, Relay: "r", Nameplate: "7", Detail: "the relay hung up"})
	n.event(tallow.WaitEvent{Reason: tallow.WaitRelayBack, Relay: "r", Nameplate: "8"})
	n.event(tallow.CodeEvent{Code: "8-acid-acorn-acre@r", Nameplate: "8", Relay: "r"})
	if want := "7-acid-acorn-acre@r\n8-acid-acorn-acre@r\n"; script.String() != want {
		t.Errorf("the script reads %q, want %q", script.String(), want)
	}
	want := `Sending a.txt
Code: 7-acid-acorn-acre@r
On the other machine:  tallow receive 7-acid-acorn-acre@r
Lost the connection to the relay r: the relay hung up. Trying again.
Connected to the relay r again.
The code has changed: the relay was restarted, and its number is taken.
Code: 8-acid-acorn-acre@r
On the other machine:  tallow receive 8-acid-acorn-acre@r
`
	if people.String() != want {
		t.Errorf("people read\n%s\nwant\n%s", people.String(), want)
	}
}

// A receiver that comes first prints what it waits for.
func TestNarratorOfWaiting(t *testing.T) {
	for name, tc := range map[string]struct {
		events []tallow.WaitEvent
		want   string
	}{
		"on this network": {
			[]tallow.WaitEvent{{Reason: tallow.WaitLooking}, {Reason: tallow.WaitUnreachable, Detail: "the connection was refused"}},
			"Looking for the sender on this network, for up to 10m; Ctrl-C to stop.\nThe sender is on this network, but cannot be reached: the connection was refused. Trying again.\n",
		},
		"at a relay": {
			[]tallow.WaitEvent{{Reason: tallow.WaitNobody, Relay: "r", Nameplate: "42"}, {Reason: tallow.WaitLooking}},
			"Nobody is waiting with this code yet; check its number, 42. Waiting up to 10m for the sender; Ctrl-C to stop.\n",
		},
	} {
		var out strings.Builder
		n := &narrator{screen: &screen{w: &out}, receives: true, timeout: 10 * time.Minute}
		for _, e := range tc.events {
			n.event(e)
		}
		if out.String() != tc.want {
			t.Errorf("%s: %q, want %q", name, out.String(), tc.want)
		}
	}
}
