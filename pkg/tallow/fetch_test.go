package tallow_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/internal/storetest"
	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// fetch receives with the link of a stored transfer.
func fetch(t *testing.T, client *tallow.Client, o tallow.ReceiveOptions) (r outcome) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	onEvent := o.OnEvent
	o.OnEvent = func(e tallow.Event) {
		r.events = append(r.events, e)
		if onEvent != nil {
			onEvent(e)
		}
	}
	r.result, r.err = client.Receive(ctx, o)
	return r
}

// reasonOf returns the reason of an error of the SDK, empty for nil.
func reasonOf(t *testing.T, err error) tallow.Reason {
	t.Helper()
	if kindOf(t, err) == "" {
		return ""
	}
	return err.(*tallow.Error).Reason
}

// want fails the test unless a Receive ended with this kind and reason.
func (r outcome) want(t *testing.T, kind tallow.ErrorKind, reason tallow.Reason) {
	t.Helper()
	if kindOf(t, r.err) != kind || reasonOf(t, r.err) != reason {
		t.Errorf("the error is %v, want %s: %s", r.err, kind, reason)
	}
	if r.err != nil && !r.err.(*tallow.Error).Stored {
		t.Errorf("%v is not said to be of a stored transfer", r.err)
	}
}

func TestFetch(t *testing.T) {
	dir := write(t, map[string]int{"d/empty": 0, "d/one": 1, "d/sub/big": 20<<20 + 5, "d/sub/größe 漢字.txt": 70})
	a := stores(t, startRelay(t, storeConfig(t, stored.Config{})), storetest.Sealing{Source: files.FS(os.DirFS(dir), "d")})
	client, out := newClient(t, tallow.Config{StateDir: t.TempDir()}), t.TempDir()
	r := fetch(t, client, tallow.ReceiveOptions{Code: a.link.String(), Output: out})
	r.want(t, "", "")
	if got, want := contents(t, out), contents(t, dir); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	const size = 1 + 20<<20 + 5 + 70
	if r.result.Files != 4 || r.result.Bytes != size || r.result.Sent != size || r.result.Root == "" || r.result.Folder != out {
		t.Errorf("the result is %+v", r.result)
	}
	var got []string
	for _, e := range r.events {
		switch e := e.(type) {
		case tallow.StateEvent:
			got = append(got, "state "+string(e.State))
		case tallow.OfferEvent:
			got = append(got, fmt.Sprintf("offer %d %v %d", e.Files, e.Names, len(e.Entries)))
		case tallow.FileEvent:
			got = append(got, "file")
		case tallow.EndEvent:
			got = append(got, "done")
		case tallow.PeerEvent, tallow.LaneEvent, tallow.CodeEvent:
			t.Errorf("an event %T", e)
		}
	}
	if want := []string{"state pending", "state transferring", "offer 4 [d] 6", "file", "file", "file", "file", "state completed", "done"}; !slices.Equal(got, want) {
		t.Errorf("events: %v, want %v", got, want)
	}
	if s := a.state(); s.Done != 1 || s.Fetching != 0 {
		t.Errorf("the sender sees %+v", s)
	}
	fetch(t, client, tallow.ReceiveOptions{Code: a.link.String(), Output: t.TempDir()}).want(t, tallow.KindCode, tallow.ReasonStoredSpent)
}

// Nothing is claimed before the offer was accepted, and before there is a place for it.
func TestFetchClaimsLate(t *testing.T) {
	a := stores(t, startRelay(t, storeConfig(t, stored.Config{})), storetest.Sealing{Source: files.FS(fstest.MapFS{"a": {Data: []byte("abc")}})})
	client, link := newClient(t, tallow.Config{StateDir: t.TempDir()}), a.link.String()
	var offers []tallow.Offer
	refuse := func(_ context.Context, o tallow.Offer) (bool, error) {
		offers = append(offers, o)
		return false, nil
	}
	fetch(t, client, tallow.ReceiveOptions{Code: link, Accept: refuse}).want(t, tallow.KindDeclined, tallow.ReasonDeclined)
	if len(offers) != 1 || offers[0].Files != 1 || offers[0].Bytes != 3 || !offers[0].Whole || len(offers[0].Entries) != 1 || !offers[0].FreeKnown {
		t.Errorf("the offer is %+v", offers)
	}
	fetch(t, client, tallow.ReceiveOptions{Code: link, MaxBytes: 2, Accept: refuse}).want(t, tallow.KindDeclined, tallow.ReasonTooLarge)
	if len(offers) != 1 {
		t.Error("it is asked about what is too large")
	}
	fetch(t, client, tallow.ReceiveOptions{Code: link, Output: "/dev/null/x/"}).want(t, tallow.KindIO, tallow.ReasonOutputFolder)
	fetch(t, client, tallow.ReceiveOptions{Code: link, Destination: files.NewMemory(2)}).want(t, tallow.KindIO, tallow.ReasonNoSpace)
	if s := a.state(); s.Done != 0 || s.Fetching != 0 {
		t.Errorf("the sender sees %+v", s)
	}
	out := t.TempDir()
	fetch(t, client, tallow.ReceiveOptions{Code: link, Output: out}).want(t, "", "")
}

func TestFetchWrongLinks(t *testing.T) {
	url := startRelay(t, storeConfig(t, stored.Config{}))
	a := stores(t, url, storetest.Sealing{Source: files.FS(fstest.MapFS{"a": {Data: []byte("abc")}})})
	other := a.link
	other.Secret[0] ^= 1
	unknown := a.link
	unknown.ID[0] ^= 1
	noStore := a.link
	noStore.Relay = "http" + strings.TrimPrefix(startRelay(t, relay.Config{}), "ws")
	before, _, _ := strings.Cut(a.link.String(), "#")
	for _, tt := range []struct {
		link   string
		kind   tallow.ErrorKind
		reason tallow.Reason
	}{
		{other.String(), tallow.KindCode, tallow.ReasonLinkWrongKey},
		{unknown.String(), tallow.KindCode, tallow.ReasonStoredUnknown},
		{before, tallow.KindCode, tallow.ReasonLinkNoKey},
		{before + "#", tallow.KindCode, tallow.ReasonLinkNoKey},
		{a.link.String()[:len(a.link.String())-1], tallow.KindCode, tallow.ReasonLinkKey},
		{a.link.String() + "%20x", tallow.KindCode, tallow.ReasonLinkKey},
		{before[:len(before)-1] + "#x", tallow.KindCode, tallow.ReasonLinkForm},
		{noStore.String(), tallow.KindNetwork, tallow.ReasonStoreNone},
		{"http://127.0.0.1:1/d/" + a.link.ID.String() + a.link.String()[len(before):], tallow.KindNetwork, tallow.ReasonRelayUnreachable},
	} {
		r := fetch(t, newClient(t, tallow.Config{}), tallow.ReceiveOptions{Code: tt.link, Output: t.TempDir()})
		if kindOf(t, r.err) != tt.kind || reasonOf(t, r.err) != tt.reason {
			t.Errorf("%s: %v, want %s: %s", tt.link, r.err, tt.kind, tt.reason)
		}
		var wrong tallow.Reason // as far as it can be known without the relay
		if tt.reason == tallow.ReasonLinkKey || tt.reason == tallow.ReasonLinkForm {
			wrong = tt.reason
		}
		if err := tallow.CheckCode(tt.link); reasonOf(t, err) != wrong {
			t.Errorf("%s is checked: %v, want %q", tt.link, err, wrong)
		}
	}
	if s := a.state(); s.Done != 0 || s.Fetching != 0 {
		t.Errorf("the sender sees %+v", s)
	}
	if got := tallow.CodeRelay(a.link.String()); got != a.link.Relay {
		t.Errorf("the relay of the link is %q", got)
	}
}

func TestFetchWithPassword(t *testing.T) {
	a := stores(t, startRelay(t, storeConfig(t, stored.Config{})), storetest.Sealing{
		Source: files.FS(fstest.MapFS{"a": {Data: []byte("abc")}}), Password: "right",
	})
	client := newClient(t, tallow.Config{})
	fetch(t, client, tallow.ReceiveOptions{Code: a.link.String(), Output: t.TempDir()}).want(t, tallow.KindCode, tallow.ReasonStoredPassword)
	var asked []bool
	ask := func(_ context.Context, wrong bool) (string, error) {
		asked = append(asked, wrong)
		if len(asked) < 3 {
			return "wrong", nil
		}
		return "right", nil
	}
	dest := files.NewMemory(100)
	fetch(t, client, tallow.ReceiveOptions{Code: a.link.String(), Destination: dest, Password: ask}).want(t, "", "")
	if b, err := dest.ReadFile("a"); string(b) != "abc" || !slices.Equal(asked, []bool{false, true, true}) {
		t.Errorf("%q, %v; asked: %v", b, err, asked)
	}
}

func TestFetchTextAndStream(t *testing.T) {
	url := startRelay(t, storeConfig(t, stored.Config{}))
	client := newClient(t, tallow.Config{})
	text := stores(t, url, storetest.Sealing{Source: files.FS(fstest.MapFS{"text.txt": {Data: []byte("hello")}}), Text: true})
	if r := fetch(t, client, tallow.ReceiveOptions{Code: text.link.String()}); r.err != nil || r.result.Text != "hello" {
		t.Errorf("%+v, %v", r.result, r.err)
	}
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	one := stores(t, url, storetest.Sealing{Source: files.FS(fstest.MapFS{"one": {Data: big}})})
	var out bytes.Buffer
	if r := fetch(t, client, tallow.ReceiveOptions{Code: one.link.String(), Writer: &out}); r.err != nil || !bytes.Equal(out.Bytes(), big) {
		t.Errorf("%d bytes, %v", out.Len(), r.err)
	}
	if s := one.state(); s.Done != 1 {
		t.Errorf("the sender sees %+v", s)
	}
}

// interruptAfter cancels a Receive once so many bytes are there.
func interruptAfter(t *testing.T, client *tallow.Client, o tallow.ReceiveOptions, n int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	o.OnEvent = func(e tallow.Event) {
		if p, ok := e.(tallow.ProgressEvent); ok && p.Bytes >= n {
			cancel()
		}
	}
	_, err := client.Receive(ctx, o)
	if reasonOf(t, err) != tallow.ReasonInterrupted || !err.(*tallow.Error).Kept {
		t.Fatalf("interrupted: %v", err)
	}
}

// Whoever was interrupted goes on with the same download, and fetches what is missing.
func TestFetchResumes(t *testing.T) {
	dir := write(t, map[string]int{"d/a": 3 << 20, "d/big": 40 << 20, "d/c": 5})
	url := startRelay(t, storeConfig(t, stored.Config{}))
	for name, state := range map[string]string{"with a folder of state": t.TempDir(), "without": ""} {
		a := stores(t, url, storetest.Sealing{Source: files.FS(os.DirFS(dir), "d")})
		out := t.TempDir()
		o := tallow.ReceiveOptions{Code: a.link.String(), Output: out, LimitRate: 16 << 20}
		interruptAfter(t, newClient(t, tallow.Config{StateDir: state}), o, 20<<20)
		if s := a.state(); s.Fetching != 1 || s.Done != 0 {
			t.Errorf("%s: interrupted, the sender sees %+v", name, s)
		}
		o.LimitRate = 0
		r := fetch(t, newClient(t, tallow.Config{StateDir: state}), o)
		r.want(t, "", "")
		if got, want := contents(t, out), contents(t, dir); !maps.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
		if r.result.Sent > 26<<20 || r.result.Sent < 10<<20 || r.result.Files != 3 {
			t.Errorf("%s: the result is %+v", name, r.result)
		}
		if s := a.state(); s.Done != 1 || s.Fetching != 0 {
			t.Errorf("%s: the sender sees %+v", name, s)
		}
		if state != "" {
			if left := contents(t, state); len(left) > 0 {
				t.Errorf("%s: left is %v", name, slices.Collect(maps.Keys(left)))
			}
		}
	}
}

// What is there already is not fetched, and what is there in another version is.
func TestFetchWhatIsThere(t *testing.T) {
	dir := write(t, map[string]int{"same": 8 << 20, "other": 9 << 20})
	url := startRelay(t, storeConfig(t, stored.Config{}))
	a := stores(t, url, storetest.Sealing{Source: files.FS(os.DirFS(dir), "same", "other"), Downloads: -1})
	out := t.TempDir()
	same, err := os.ReadFile(filepath.Join(dir, "same"))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"same": same, "other": same[:7<<20]} {
		if err := os.WriteFile(filepath.Join(out, name), append(b, make([]byte, map[string]int{"other": 2 << 20}[name])...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := fetch(t, newClient(t, tallow.Config{}), tallow.ReceiveOptions{Code: a.link.String(), Output: out, OnConflict: tallow.ConflictOverwrite})
	r.want(t, "", "")
	if got, want := contents(t, out), contents(t, dir); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	if r.result.Sent != 9<<20 {
		t.Errorf("%d bytes were fetched, of 9 MiB", r.result.Sent)
	}
	r = fetch(t, newClient(t, tallow.Config{}), tallow.ReceiveOptions{Code: a.link.String(), Output: out, OnConflict: tallow.ConflictSkip})
	if r.err != nil || r.result.Sent != 0 || r.result.Kept != 2 {
		t.Errorf("kept: %+v, %v", r.result, r.err)
	}
}

// A relay that goes away for a while, or breaks connections, costs time and nothing
// else.
func TestFetchOutage(t *testing.T) {
	dir := write(t, map[string]int{"big": 40 << 20})
	server := relaytest.Start(t, storeConfig(t, stored.Config{}))
	a := stores(t, server.URL, storetest.Sealing{Source: files.FS(os.DirFS(dir), "big")})
	out := t.TempDir()
	var once sync.Once
	var lost, back bool
	r := fetch(t, newClient(t, tallow.Config{}), tallow.ReceiveOptions{Code: a.link.String(), Output: out, LimitRate: 32 << 20, OnEvent: func(e tallow.Event) {
		switch e := e.(type) {
		case tallow.ProgressEvent:
			if e.Bytes > 8<<20 {
				once.Do(server.GoAway)
			}
		case tallow.StallEvent:
			if e.Reason == tallow.StallStoreAway && e.Attempt == 3 {
				server.ComeBack()
			}
		case tallow.StateEvent:
			lost = lost || e.State == tallow.StateConnecting
			back = back || lost && e.State == tallow.StateTransferring
		}
	}})
	r.want(t, "", "")
	if !lost || !back {
		t.Errorf("lost %v, back %v", lost, back)
	}
	if got, want := contents(t, out), contents(t, dir); !maps.Equal(got, want) || r.result.Sent != 40<<20 {
		t.Errorf("got %d files; %+v", len(got), r.result)
	}
	if s := a.state(); s.Done != 1 {
		t.Errorf("the sender sees %+v", s)
	}
}

// Of twenty receivers at once exactly as many as there are downloads get it.
func TestFetchAtOnce(t *testing.T) {
	dir := write(t, map[string]int{"f": 1 << 20})
	url := startRelay(t, storeConfig(t, stored.Config{}))
	for _, downloads := range []int{1, 3, 7} {
		a := stores(t, url, storetest.Sealing{Source: files.FS(os.DirFS(dir), "f"), Downloads: downloads})
		var mu sync.Mutex
		count := make(map[tallow.Reason]int)
		var all sync.WaitGroup
		for range 20 {
			out := t.TempDir()
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
				defer cancel()
				_, err := newClient(t, tallow.Config{StateDir: filepath.Join(out, "state")}).Receive(ctx, tallow.ReceiveOptions{Code: a.link.String(), Output: out})
				mu.Lock()
				defer mu.Unlock()
				count[reasonOf(t, err)]++
			})
		}
		all.Wait()
		if s := a.state(); count[""] != downloads || count[tallow.ReasonStoredBusy]+count[tallow.ReasonStoredSpent] != 20-downloads || s.Done != downloads {
			t.Errorf("of %d: %v; %+v", downloads, count, s)
		}
	}
}

// A pause holds it back until it is over.
func TestFetchPauses(t *testing.T) {
	dir := write(t, map[string]int{"f": 2 << 20})
	a := stores(t, startRelay(t, storeConfig(t, stored.Config{})), storetest.Sealing{Source: files.FS(os.DirFS(dir), "f")})
	var controls tallow.Controls
	controls.Pause()
	var states []tallow.State
	r := fetch(t, newClient(t, tallow.Config{}), tallow.ReceiveOptions{Code: a.link.String(), Output: t.TempDir(), Controls: &controls, OnEvent: func(e tallow.Event) {
		switch e := e.(type) {
		case tallow.StateEvent:
			if states = append(states, e.State); e.State == tallow.StatePaused {
				go controls.Resume()
			}
		case tallow.FileEvent:
			if controls.Paused() {
				t.Error("a file is in place during a pause")
			}
		}
	}})
	r.want(t, "", "")
	if !slices.Contains(states, tallow.StatePaused) || states[len(states)-1] != tallow.StateCompleted {
		t.Errorf("states: %v", states)
	}
}

// A claim that has lapsed in a long pause is made again, as the same download.
func TestFetchClaimLapses(t *testing.T) {
	dir := write(t, map[string]int{"f": 60 << 20})
	a := stores(t, startRelay(t, storeConfig(t, stored.Config{ClaimLife: 2 * time.Second})), storetest.Sealing{Source: files.FS(os.DirFS(dir), "f")})
	var controls tallow.Controls
	var once sync.Once
	var waiting sync.WaitGroup
	defer waiting.Wait()
	r := fetch(t, newClient(t, tallow.Config{}), tallow.ReceiveOptions{Code: a.link.String(), Output: t.TempDir(), Controls: &controls, LimitRate: 64 << 20, OnEvent: func(e tallow.Event) {
		if p, ok := e.(tallow.ProgressEvent); !ok || p.Bytes < 4<<20 {
			return
		}
		once.Do(func() {
			controls.Pause()
			waiting.Go(func() {
				defer controls.Resume()
				tick := time.NewTicker(20 * time.Millisecond)
				defer tick.Stop()
				for deadline := time.After(testTimeout); ; {
					if s, err := a.State(t.Context()); err != nil || s.Fetching == 0 {
						return
					}
					select {
					case <-tick.C:
					case <-deadline:
						t.Error("the claim does not lapse")
						return
					}
				}
			})
		})
	}})
	r.want(t, "", "")
	if s := a.state(); s.Done != 1 || r.result.Bytes != 60<<20 {
		t.Errorf("%+v; %+v", s, r.result)
	}
}
