package vault

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

func texts(all [][]byte) (s []string) {
	for _, b := range all {
		s = append(s, string(b))
	}
	return s
}

func TestMeetings(t *testing.T) {
	at := time.Now()
	m := Meetings{Dir: filepath.Join(t.TempDir(), "state", "meetings"), Now: func() time.Time { return at }}
	if got := m.Sealed(); got != nil {
		t.Errorf("before the first: %q", got)
	}
	var open []*Meeting
	for i, text := range []string{"old", "new", "future"} {
		meeting, err := m.Add([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, meeting)
		when := at.Add(time.Duration(i-1) * time.Hour)
		if err := os.Chtimes(meeting.file.Name(), when, when); err != nil {
			t.Fatal(err)
		}
	}
	if got := m.Sealed(); got != nil {
		t.Errorf("of processes that run: %q", got)
	}
	for _, meeting := range open {
		if err := meeting.Close(); err != nil { // as the end of a process does
			t.Fatal(err)
		}
	}
	if got := texts(m.Sealed()); !slices.Equal(got, []string{"future", "new", "old"}) {
		t.Errorf("%q", got)
	}
	if err := m.Forget([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := texts(m.Sealed()); !slices.Equal(got, []string{"future", "old"}) {
		t.Errorf("without the one that goes on: %q", got)
	}
	at = at.Add(MeetingLifetime)
	if got := texts(m.Sealed()); !slices.Equal(got, []string{"future"}) {
		t.Errorf("a day later: %q", got)
	}
	// The clock had been ahead: what is from the future lasts a day from when it was seen.
	at = at.Add(time.Minute)
	if got := m.Sealed(); got != nil {
		t.Errorf("another minute later: %q", got)
	}
	if files, err := os.ReadDir(m.Dir); err != nil || len(files) != 0 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

// A state that its own process forgets leaves nothing.
func TestMeetingIsForgotten(t *testing.T) {
	m := Meetings{Dir: t.TempDir()}
	meeting, err := m.Add([]byte("sealed"))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(meeting.file.Name()); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := meeting.Forget(); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(m.Dir); err != nil || len(files) != 0 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

// What others put there is no state, and does no harm.
func TestMeetingsJunk(t *testing.T) {
	m := Meetings{Dir: t.TempDir()}
	if err := os.Mkdir(filepath.Join(m.Dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.Dir, "long"), make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	got := m.Sealed()
	if len(got) != 1 || len(got[0]) > MaxSealedResume+1 {
		t.Fatalf("%d states", len(got))
	}
	if _, err := OpenResume("acid-acorn-acre", "7", got[0], MachineKey{}); err == nil {
		t.Error("junk was opened")
	}
}
