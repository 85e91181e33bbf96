package redisindex

import (
	"maps"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/roomstore/redistest"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/storedtest"
)

func open(t *testing.T, url string) *Index {
	t.Helper()
	x, err := Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

func TestIndex(t *testing.T) {
	storedtest.Index(t, func(t *testing.T) stored.Index { return open(t, redistest.Start(t).URL) })
}

func TestWrongURL(t *testing.T) {
	if _, err := Open("http://host"); err == nil || !strings.Contains(err.Error(), "Redis") {
		t.Errorf("error %v", err)
	}
}

// The counts are those of the records, and those of a client that has nothing left are
// gone.
func TestCounts(t *testing.T) {
	x := open(t, redistest.Start(t).URL)
	ctx := t.Context()
	var records []stored.Record
	for _, r := range []stored.Record{
		{ID: stored.NewID(), Client: "a", Reserved: 1 << 50},
		{ID: stored.NewID(), Client: "a", Reserved: 5},
		{ID: stored.NewID(), Client: "b", Reserved: 7},
	} {
		if err := x.Create(ctx, r, stored.Limits{}); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	want := func(total string, bytes, transfers map[string]string) {
		t.Helper()
		gotTotal, err1 := x.client.Get(ctx, keyTotal).Result()
		gotBytes, err2 := x.client.HGetAll(ctx, keyBytes).Result()
		gotTransfers, err3 := x.client.HGetAll(ctx, keyTransfers).Result()
		if err1 != nil || err2 != nil || err3 != nil || gotTotal != total || !maps.Equal(gotBytes, bytes) || !maps.Equal(gotTransfers, transfers) {
			t.Errorf("%s, %v, %v; want %s, %v, %v; %v %v %v", gotTotal, gotBytes, gotTransfers, total, bytes, transfers, err1, err2, err3)
		}
	}
	want("1125899906842636", map[string]string{"a": "1125899906842629", "b": "7"}, map[string]string{"a": "2", "b": "1"})
	if _, err := x.Update(ctx, records[0].ID, func(r *stored.Record) error { r.Reserved = 3; return nil }); err != nil {
		t.Fatal(err)
	}
	want("15", map[string]string{"a": "8", "b": "7"}, map[string]string{"a": "2", "b": "1"})
	for range 2 { // which counts once
		for _, r := range records[:2] {
			if err := x.Delete(ctx, r.ID); err != nil {
				t.Fatal(err)
			}
		}
		want("7", map[string]string{"b": "7"}, map[string]string{"b": "1"})
	}
}

// A thousand records are visited, each once.
func TestEachOfMany(t *testing.T) {
	x := open(t, redistest.Start(t).URL)
	want := make(map[stored.ID]int)
	for range 1000 {
		r := stored.Record{ID: stored.NewID(), Client: "a", Reserved: 1}
		if err := x.Create(t.Context(), r, stored.Limits{}); err != nil {
			t.Fatal(err)
		}
		want[r.ID] = 1
	}
	got := make(map[stored.ID]int)
	if err := x.Each(t.Context(), func(r stored.Record) error { got[r.ID]++; return nil }); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, want) {
		t.Errorf("%d were visited, want %d", len(got), len(want))
	}
}

// What nobody here has written is an error, and is not taken for a record.
func TestForeignRecord(t *testing.T) {
	x := open(t, redistest.Start(t).URL)
	id := stored.NewID()
	if err := x.client.HSet(t.Context(), keyRecords, id.String(), `{"id":[1]}`).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Find(t.Context(), id); err == nil {
		t.Error("it is found")
	}
	if err := x.Each(t.Context(), func(stored.Record) error { return nil }); err == nil {
		t.Error("it is visited")
	}
}

// A server that accepts and says nothing, as one that is paused does.
func TestSilence(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	x := open(t, "redis://"+listener.Addr().String())
	begin := time.Now()
	if _, err := x.Find(t.Context(), stored.NewID()); err == nil {
		t.Error("nobody answered, and there is no error")
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("the call took %v", took)
	}
}

func FuzzParse(f *testing.F) {
	id := stored.ID{1}
	f.Add(`{"id":[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"reserved":5,"claims":{"a":"2026-01-01T00:00:00Z"}}`)
	f.Add(`{"id":[2]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := parse(id, text); err == nil && r.ID != id {
			t.Errorf("%q is of %v", text, r.ID)
		}
	})
}
