package tallow_test

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/iotest"
	"time"

	"github.com/tallow-transfer/tallow/internal/relaytest"
	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// memoryKeeper keeps in memory what is stored.
type memoryKeeper struct {
	mu      sync.Mutex
	records []*memoryRecord
}

type memoryRecord struct {
	keeper *memoryKeeper
	key    string
	value  tallow.Stored
	taken  bool
}

func (k *memoryKeeper) Take(_ context.Context, key []byte) (tallow.StoredRecord, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, r := range slices.Backward(k.records) {
		if r.key == string(key) && !r.taken && !r.value.Complete {
			r.taken = true
			return r, nil
		}
	}
	return nil, nil
}

func (k *memoryKeeper) Add(_ context.Context, key []byte, s tallow.Stored) (tallow.StoredRecord, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := &memoryRecord{keeper: k, key: string(key), value: s, taken: true}
	k.records = append(k.records, r)
	return r, nil
}

func (r *memoryRecord) Stored() tallow.Stored { return r.value }

func (r *memoryRecord) Save(_ context.Context, s tallow.Stored) error {
	r.keeper.mu.Lock()
	defer r.keeper.mu.Unlock()
	r.value = s
	return nil
}

func (r *memoryRecord) Remove(context.Context) error {
	r.keeper.mu.Lock()
	defer r.keeper.mu.Unlock()
	r.keeper.records = slices.DeleteFunc(r.keeper.records, func(other *memoryRecord) bool { return other == r })
	return nil
}

func (r *memoryRecord) Close() error {
	r.keeper.mu.Lock()
	defer r.keeper.mu.Unlock()
	r.taken = false
	return nil
}

// storingRun is what a Store returned, and its events.
type storingRun struct{ outcome }

func store(t *testing.T, client *tallow.Client, o tallow.StoreOptions) (r storingRun) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	return storeWithin(ctx, client, o)
}

func storeWithin(ctx context.Context, client *tallow.Client, o tallow.StoreOptions) (r storingRun) {
	onEvent := o.OnEvent
	o.OnEvent = func(e tallow.Event) {
		r.events = append(r.events, e)
		if onEvent != nil {
			onEvent(e)
		}
	}
	r.result, r.err = client.Store(ctx, o)
	return r
}

// link returns the StoredEvent's link.
func (r storingRun) link(t *testing.T) string {
	t.Helper()
	for _, e := range r.events {
		if e, ok := e.(tallow.StoredEvent); ok {
			return e.Link
		}
	}
	t.Fatalf("nothing is stored: %v", r.err)
	return ""
}

// resumed returns the StoreResumeEvents.
func (r storingRun) resumed() (all []tallow.StoreResumeEvent) {
	for _, e := range r.events {
		if e, ok := e.(tallow.StoreResumeEvent); ok {
			all = append(all, e)
		}
	}
	return all
}

// names returns the kinds of events, without progress.
func (r storingRun) names() (names []string) {
	for _, e := range r.events {
		switch e := e.(type) {
		case tallow.StateEvent:
			names = append(names, "state "+string(e.State))
		case tallow.OfferEvent:
			names = append(names, "offer")
		case tallow.FileEvent:
			names = append(names, "file")
		case tallow.StoredEvent:
			names = append(names, "stored")
		case tallow.WaitEvent:
			names = append(names, "wait "+string(e.Reason))
		case tallow.EndEvent:
			names = append(names, "end")
		}
	}
	return names
}

// fetched fails the test unless the link brings these files.
func fetched(t *testing.T, link, password string, want map[string]string) {
	t.Helper()
	out := t.TempDir()
	r := fetch(t, newClient(t, tallow.Config{StateDir: t.TempDir()}), tallow.ReceiveOptions{
		Code: link, Output: out, Password: func(context.Context, bool) (string, error) { return password, nil },
	})
	r.want(t, "", "")
	if got := contents(t, out); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func TestStore(t *testing.T) {
	dir := write(t, map[string]int{"d/empty": 0, "d/one": 1, "d/sub/big": 20<<20 + 5, "d/sub/größe 漢字.txt": 70})
	const size = 1 + 20<<20 + 5 + 70
	relay := startRelay(t, storeConfig(t, stored.Config{}))
	client, keeper := newClient(t, tallow.Config{Relay: relay}), &memoryKeeper{}
	r := store(t, client, tallow.StoreOptions{Paths: []string{filepath.Join(dir, "d")}, Keeper: keeper, Expires: time.Hour})
	r.want(t, "", "")
	if r.result.Files != 4 || r.result.Bytes != size || r.result.Sent < size || r.result.Root == "" {
		t.Errorf("the result is %+v", r.result)
	}
	if got, want := r.names(), []string{"state pending", "state transferring", "offer", "file", "file", "file", "file", "stored", "state completed", "end"}; !slices.Equal(got, want) {
		t.Errorf("events: %v, want %v", got, want)
	}
	var last tallow.ProgressEvent
	for _, e := range r.events {
		switch e := e.(type) {
		case tallow.ProgressEvent:
			if e.Bytes < last.Bytes || e.Received < e.Bytes || e.Received > e.Total || e.Total != size {
				t.Errorf("the progress is %+v after %+v", e, last)
			}
			last = e
		case tallow.StoredEvent:
			if left := time.Until(e.Expires); left > time.Hour+time.Second || left < 59*time.Minute || e.Downloads != 1 || !strings.Contains(e.Link, e.Relay+"/d/"+e.ID+"#") {
				t.Errorf("stored: %+v", e)
			}
		}
	}
	if len(keeper.records) != 1 || !keeper.records[0].value.Complete || keeper.records[0].value.Files != 4 || keeper.records[0].value.Link != r.link(t) {
		t.Fatalf("kept: %+v", keeper.records)
	}
	kept := keeper.records[0].value
	state, err := client.StoredState(t.Context(), kept)
	if err != nil || !state.Complete || state.Done != 0 || state.Downloads != 1 || state.Size != kept.Size {
		t.Errorf("the state is %+v, %v; %d bytes were announced", state, err, kept.Size)
	}
	fetched(t, r.link(t), "", contents(t, dir))
	if state, err := client.StoredState(t.Context(), kept); err != nil || state.Done != 1 {
		t.Errorf("the state is %+v, %v", state, err)
	}
	if state, err := client.ExtendStored(t.Context(), kept, 2*time.Hour); err != nil || time.Until(state.Expires) < 119*time.Minute {
		t.Errorf("extended: %+v, %v", state, err)
	}
	if err := client.DeleteStored(t.Context(), kept); err != nil {
		t.Error(err)
	}
	if err := client.DeleteStored(t.Context(), kept); reasonOf(t, err) != tallow.ReasonStoredUnknown {
		t.Errorf("deleted again: %v", err)
	}

	// The same command stores it once more, under another link.
	again := store(t, client, tallow.StoreOptions{Paths: []string{filepath.Join(dir, "d")}, Keeper: keeper, Downloads: tallow.AnyDownloads, Password: "secret"})
	if again.want(t, "", ""); again.link(t) == r.link(t) || len(again.resumed()) != 0 {
		t.Error("the link is the same")
	}
	fetched(t, again.link(t), "secret", contents(t, dir))
	fetched(t, again.link(t), "secret", contents(t, dir))
}

// Texts, streams, one empty file, and a file of exactly one segment.
func TestStoreKinds(t *testing.T) {
	relay := startRelay(t, storeConfig(t, stored.Config{}))
	client := newClient(t, tallow.Config{Relay: relay})
	text := store(t, client, tallow.StoreOptions{Text: "hello", Keeper: &memoryKeeper{}})
	text.want(t, "", "")
	if r := fetch(t, client, tallow.ReceiveOptions{Code: text.link(t)}); r.err != nil || r.result.Text != "hello" {
		t.Errorf("the text is %q, %v", r.result.Text, r.err)
	}

	for _, n := range []int{0, 3, 8<<20 - 100, 17 << 20} {
		data := bytes.Repeat([]byte("0123456789abcdef"), n/16+1)[:n]
		r := store(t, client, tallow.StoreOptions{Stream: iotest.HalfReader(bytes.NewReader(data)), StreamName: "s"})
		r.want(t, "", "")
		if !slices.Contains(r.names(), "wait reading") || r.result.Bytes != int64(n) {
			t.Errorf("%d bytes: %v, %+v", n, r.names(), r.result)
		}
		fetched(t, r.link(t), "", map[string]string{"s": string(data)})
	}

	for _, n := range []int{0, 8<<20 - 200, 8 << 20} {
		dir := write(t, map[string]int{"f": n})
		r := store(t, client, tallow.StoreOptions{Paths: []string{filepath.Join(dir, "f")}})
		r.want(t, "", "")
		fetched(t, r.link(t), "", contents(t, dir))
	}
}

// A Store that was cancelled in the middle goes on with the same link, and sends what is
// missing. What cannot be read again is deleted instead.
func TestStoreInterrupted(t *testing.T) {
	dir := write(t, map[string]int{"big": 60 << 20})
	o := tallow.StoreOptions{Paths: []string{filepath.Join(dir, "big")}, Keeper: &memoryKeeper{}}
	relay := startRelay(t, storeConfig(t, stored.Config{}))
	client := newClient(t, tallow.Config{Relay: relay})
	interrupt := func(o tallow.StoreOptions) storingRun {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
		defer cancel()
		o.LimitRate = 40 << 20
		o.OnEvent = func(e tallow.Event) {
			if e, ok := e.(tallow.ProgressEvent); ok && e.Bytes > 0 {
				cancel()
			}
		}
		r := storeWithin(ctx, client, o)
		if r.want(t, tallow.KindInterrupted, tallow.ReasonInterrupted); r.err == nil {
			t.Fatal("it was not interrupted")
		}
		return r
	}
	first := interrupt(o)
	if !first.err.(*tallow.Error).Kept {
		t.Error("it does not say that something is kept")
	}
	keeper := o.Keeper.(*memoryKeeper)
	kept := keeper.records[0].value
	if state, err := client.StoredState(t.Context(), kept); err != nil || state.Complete {
		t.Fatalf("the state is %+v, %v", state, err)
	}
	slower := o // so that there is time for progress to be told
	slower.LimitRate = 50 << 20
	second := store(t, client, slower)
	second.want(t, "", "")
	if got := second.resumed(); len(got) != 1 || got[0].Anew != "" {
		t.Errorf("it says %+v", got)
	}
	if second.link(t) != kept.Link || second.result.Bytes != 60<<20 || second.result.Sent >= 60<<20 {
		t.Errorf("%s, first %s; the result is %+v", second.link(t), kept.Link, second.result)
	}
	there := int64(0)
	for _, e := range second.events {
		if e, ok := e.(tallow.ProgressEvent); ok {
			there = max(there, e.There)
		}
	}
	if there == 0 {
		t.Error("nothing was there")
	}
	fetched(t, second.link(t), "", contents(t, dir))

	// With other options it is another transfer.
	interrupt(o)
	other := o
	other.Downloads = 5
	if r := store(t, client, other); len(r.resumed()) != 0 || r.err != nil {
		t.Errorf("with other options: %+v, %v", r.resumed(), r.err)
	}

	// Changed files are stored anew, and so is what has another password or is gone.
	half := keeper.records[len(keeper.records)-2].value
	if err := os.Chtimes(filepath.Join(dir, "big"), time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	changed := store(t, client, o)
	if got := changed.resumed(); len(got) != 1 || got[0].Anew != tallow.AnewChanged || changed.link(t) == half.Link {
		t.Errorf("changed: %+v, %v", got, changed.err)
	}
	if _, err := client.StoredState(t.Context(), half); reasonOf(t, err) != tallow.ReasonStoredUnknown {
		t.Errorf("the half-done one: %v", err)
	}
	fetched(t, changed.link(t), "", contents(t, dir))

	locked := o
	locked.Password = "first"
	interrupt(locked)
	locked.Password = "second"
	if r := store(t, client, locked); len(r.resumed()) != 1 || r.resumed()[0].Anew != tallow.AnewPassword || r.err != nil {
		t.Errorf("another password: %+v, %v", r.resumed(), r.err)
	}
	interrupt(o)
	if err := client.DeleteStored(t.Context(), keeper.records[len(keeper.records)-1].value); err != nil {
		t.Fatal(err)
	}
	if r := store(t, client, o); len(r.resumed()) != 1 || r.resumed()[0].Anew != tallow.AnewGone || r.err != nil {
		t.Errorf("gone: %+v, %v", r.resumed(), r.err)
	}

	// What nobody keeps does not stay at the relay.
	before := len(keeper.records)
	stream := tallow.StoreOptions{Stream: bytes.NewReader(make([]byte, 60<<20)), Keeper: keeper}
	if r := interrupt(stream); r.err.(*tallow.Error).Kept || len(keeper.records) != before {
		t.Errorf("a stream: %v, %d records", r.err, len(keeper.records)-before)
	}
}

// The relay is away for a while in the middle, and comes back with what it had.
func TestStoreThroughOutage(t *testing.T) {
	dir := write(t, map[string]int{"big": 40 << 20})
	relay := relaytest.Start(t, storeConfig(t, stored.Config{}))
	client := newClient(t, tallow.Config{Relay: relay.URL})
	var once sync.Once
	r := store(t, client, tallow.StoreOptions{
		Paths: []string{filepath.Join(dir, "big")}, LimitRate: 40 << 20,
		OnEvent: func(e tallow.Event) {
			switch e := e.(type) {
			case tallow.ProgressEvent:
				if e.Bytes > 0 {
					once.Do(relay.GoAway)
				}
			case tallow.StallEvent:
				if e.Reason == tallow.StallStoreAway && e.Attempt == 2 {
					relay.Restart(t, false)
					relay.ComeBack()
				}
			}
		},
	})
	r.want(t, "", "")
	if got := r.names(); !slices.Contains(got, "state connecting") {
		t.Errorf("events: %v", got)
	}
	fetched(t, r.link(t), "", contents(t, dir))
}

// A relay that is away for too long ends it, and the same Store goes on later.
func TestStoreGivesUp(t *testing.T) {
	dir := write(t, map[string]int{"big": 40 << 20})
	relay := relaytest.Start(t, storeConfig(t, stored.Config{}))
	client := newClient(t, tallow.Config{Relay: relay.URL})
	o := tallow.StoreOptions{
		Paths: []string{filepath.Join(dir, "big")}, LimitRate: 40 << 20, Keeper: &memoryKeeper{}, ReconnectTimeout: 400 * time.Millisecond,
		OnEvent: func(e tallow.Event) {
			if e, ok := e.(tallow.ProgressEvent); ok && e.Bytes > 0 {
				relay.GoAway()
			}
		},
	}
	r := store(t, client, o)
	if r.want(t, tallow.KindNetwork, tallow.ReasonRelayUnreachable); !r.err.(*tallow.Error).Kept {
		t.Error("it does not say that something is kept")
	}
	relay.ComeBack()
	o.OnEvent = nil
	if r = store(t, client, o); r.err != nil || len(r.resumed()) != 1 {
		t.Errorf("%v, %+v", r.err, r.resumed())
	}
	fetched(t, r.link(t), "", contents(t, dir))
}

func TestStoreLimitRate(t *testing.T) {
	dir := write(t, map[string]int{"f": 300_000})
	client := newClient(t, tallow.Config{Relay: startRelay(t, storeConfig(t, stored.Config{}))})
	began := time.Now()
	r := store(t, client, tallow.StoreOptions{Paths: []string{filepath.Join(dir, "f")}, LimitRate: 400_000})
	r.want(t, "", "")
	if took := time.Since(began); took < 800*time.Millisecond { // 393,000 bytes with the offer
		t.Errorf("it took %v", took)
	}
}

// What cannot be stored says why, before anything is sent.
func TestStoreRefused(t *testing.T) {
	dir := write(t, map[string]int{"f": 3_000_000})
	o := tallow.StoreOptions{Paths: []string{filepath.Join(dir, "f")}, Keeper: &memoryKeeper{}}
	limited := func(c stored.Config) tallow.Config { return tallow.Config{Relay: startRelay(t, storeConfig(t, c))} }
	without := storeConfig(t, stored.Config{})
	without.Store = nil
	closed := storeConfig(t, stored.Config{})
	closed.Access.Password = "open sesame"
	closedRelay := startRelay(t, closed)
	for name, c := range map[string]struct {
		config tallow.Config
		change func(*tallow.StoreOptions)
		kind   tallow.ErrorKind
		reason tallow.Reason
	}{
		"no relay":           {tallow.Config{}, nil, tallow.KindUsage, tallow.ReasonStoreNoRelay},
		"no store":           {tallow.Config{Relay: startRelay(t, without)}, nil, tallow.KindNetwork, tallow.ReasonStoreNone},
		"away":               {tallow.Config{Relay: "ws://127.0.0.1:1"}, nil, tallow.KindNetwork, tallow.ReasonRelayUnreachable},
		"too large":          {limited(stored.Config{PerTransfer: 1 << 20}), nil, tallow.KindNetwork, tallow.ReasonStoreTooLarge},
		"quota":              {limited(stored.Config{Limits: stored.Limits{PerClient: 1 << 20}}), nil, tallow.KindNetwork, tallow.ReasonStoreQuota},
		"full":               {limited(stored.Config{Limits: stored.Limits{Total: 1 << 20}}), nil, tallow.KindNetwork, tallow.ReasonStoreFull},
		"a password":         {tallow.Config{Relay: closedRelay}, nil, tallow.KindUsage, tallow.ReasonRelayPassword},
		"the right one":      {tallow.Config{Relay: closedRelay, RelayPassword: "open sesame"}, nil, "", ""},
		"too many downloads": {tallow.Config{Relay: closedRelay}, func(o *tallow.StoreOptions) { o.Downloads = 1001 }, tallow.KindUsage, tallow.ReasonStoreDownloads},
		"a short life":       {tallow.Config{Relay: closedRelay}, func(o *tallow.StoreOptions) { o.Expires = 1 }, tallow.KindUsage, tallow.ReasonStoreExpires},
		"nothing":            {tallow.Config{Relay: closedRelay}, func(o *tallow.StoreOptions) { o.Paths = nil }, tallow.KindUsage, tallow.ReasonNothingToSend},
		"a missing path":     {tallow.Config{Relay: closedRelay}, func(o *tallow.StoreOptions) { o.Paths = []string{"/no/such"} }, tallow.KindUsage, tallow.ReasonPathMissing},
	} {
		t.Run(name, func(t *testing.T) {
			o := o
			if c.change != nil {
				c.change(&o)
			}
			store(t, newClient(t, c.config), o).want(t, c.kind, c.reason)
		})
	}
}

// What cannot be sent is left out, and the rest is stored.
func TestStorePartial(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, storeConfig(t, stored.Config{}))})
	tree := fstest.MapFS{"d/a": {Data: []byte("abc")}, "d/pipe": {Mode: fs.ModeNamedPipe}}
	r := store(t, client, tallow.StoreOptions{Source: files.FS(tree)})
	if r.want(t, tallow.KindPartial, tallow.ReasonSkipped); r.result.Files != 1 || r.result.Skipped != 1 || r.link(t) == "" {
		t.Errorf("the result is %+v", r.result)
	}
}

// What cannot be sent for want of a connection is stored, under the options of the store.
func TestSendOrStore(t *testing.T) {
	dir := write(t, map[string]int{"f": 100})
	relay := startRelay(t, storeConfig(t, stored.Config{}))
	sender := newClient(t, tallow.Config{Relay: relay, Lanes: []tallow.Lane{tallow.LaneWebRTC}})
	receiver := newClient(t, tallow.Config{Relay: relay, Lanes: []tallow.Lane{tallow.LaneTCP}})
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	code := make(chan string, 1)
	var r storingRun
	var sending sync.WaitGroup
	sending.Go(func() {
		r.result, r.err = sender.SendOrStore(ctx, tallow.SendOptions{
			Paths: []string{filepath.Join(dir, "f")},
			OnEvent: func(e tallow.Event) {
				r.events = append(r.events, e)
				if e, ok := e.(tallow.CodeEvent); ok {
					code <- e.Code
				}
			},
		}, time.Hour, tallow.StoreOptions{Downloads: 3})
		close(code)
	})
	if _, err := receiver.Receive(ctx, tallow.ReceiveOptions{Code: <-code, Output: t.TempDir()}); reasonOf(t, err) != tallow.ReasonNoPath {
		t.Errorf("the receiver: %v", err)
	}
	sending.Wait()
	if r.err != nil || !slices.ContainsFunc(r.events, func(e tallow.Event) bool { return e == tallow.FallbackEvent{Reason: tallow.FallbackConnection} }) {
		t.Fatalf("%v, %v", r.err, r.names())
	}
	for _, e := range r.events {
		if e, ok := e.(tallow.StoredEvent); ok && e.Downloads != 3 {
			t.Errorf("stored: %+v", e)
		}
	}
	fetched(t, r.link(t), "", contents(t, dir))
}
