package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// An ordinary user is one in a namespace, too, and root's programs stay root's.
func TestOrdinaryHost(t *testing.T) {
	h := host{namespace: "ns", address: addressA, ordinary: true}
	cmd := h.command(t.Context(), "prog", "-x", "y")
	if want := []string{"ip", "netns", "exec", "ns", "setpriv", "--reuid", "65534"}; !slices.Equal(cmd.Args[:len(want)], want) {
		t.Errorf("%q", cmd.Args)
	}
	if want := []string{"--", "prog", "-x", "y"}; !slices.Equal(cmd.Args[len(cmd.Args)-len(want):], want) {
		t.Errorf("%q", cmd.Args)
	}
	if got := h.root().command(t.Context(), "prog").Args; !slices.Equal(got, []string{"ip", "netns", "exec", "ns", "prog"}) {
		t.Errorf("as root: %q", got)
	}
	if got := (host{}).command(t.Context(), "prog").Args; !slices.Equal(got, []string{"prog"}) {
		t.Errorf("here: %q", got)
	}
}

func TestWithoutBBR(t *testing.T) {
	file := filepath.Join(t.TempDir(), "allowed")
	for before, want := range map[string]string{
		"reno bbr\n":       "reno cubic",
		"reno cubic bbr3 ": "reno cubic",
		"reno cubic\n":     "reno cubic\n",
		"reno":             "reno cubic",
	} {
		if err := os.WriteFile(file, []byte(before), 0o644); err != nil {
			t.Fatal(err)
		}
		restore, err := withoutBBR(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v; want %q", before, got, err, want)
		}
		if err := restore(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != before {
			t.Errorf("%q: put back was %q, %v", before, got, err)
		}
	}
	if _, err := withoutBBR(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no error without the file")
	}
}

// A link case runs once for each user that was named, any other case once.
func TestUsers(t *testing.T) {
	over, here := benchCase{link: &link{}}, benchCase{}
	for as, want := range map[string][]string{asUser: {asUser}, asRoot: {asRoot}, "user,root": {asRoot, asUser}} {
		if got := over.users(as); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", as, got, want)
		}
		if got := here.users(as); len(got) != 1 {
			t.Errorf("%s, without a link: %q", as, got)
		}
	}
}

// The competing flow: its two processes over the loopback interface.
func TestFlow(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{self: self}
	here := host{address: "127.0.0.1"}
	began := time.Now()
	f, err := l.startFlow(t.Context(), job{work: t.TempDir(), from: here, to: here}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for seen := 0; seen < 3; { // events of progress
		events, more := f.receiver.all()
		if seen = len(events) - 1; seen < 3 {
			<-more
		}
	}
	if rate := rateBetween(f.stop(), began, time.Now()); rate < 1 {
		t.Errorf("%v Mbit/s through the loopback interface", rate)
	}
}

func TestRateBetween(t *testing.T) {
	begin := time.Now()
	at := func(seconds float64, bytes int64) event {
		return event{Event: "progress", Bytes: bytes, at: begin.Add(time.Duration(seconds * float64(time.Second)))}
	}
	events := []event{{Event: "listening", at: begin}, at(0, 5e8), at(1, 1e9), at(2, 1.001e9), at(3, 1.002e9), at(4, 9e9)}
	if got := rateBetween(events, begin.Add(time.Second), begin.Add(3*time.Second)); got != 8 {
		t.Errorf("got %v Mbit/s, want 8", got)
	}
	if got := rateBetween(events, begin.Add(5*time.Second), begin.Add(6*time.Second)); got != 0 {
		t.Errorf("%v Mbit/s without events", got)
	}
	if got := rateBetween(events[:2], begin, begin.Add(time.Second)); got != 0 {
		t.Errorf("%v Mbit/s of one event", got)
	}
}
