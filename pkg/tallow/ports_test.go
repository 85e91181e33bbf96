package tallow_test

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay"
)

// An fs.FS in memory is sent to a destination in memory, without any disk.
func TestFromMemoryToMemory(t *testing.T) {
	url := startRelay(t, relay.Config{})
	when := time.Date(2020, 2, 29, 12, 0, 0, 123456789, time.UTC)
	tree := fstest.MapFS{
		"photos/2020/a.jpg": {Data: bytes.Repeat([]byte("abc"), 1<<20), Mode: 0o640, ModTime: when},
		"photos/empty":      {Mode: 0o600, ModTime: when},
		"notes.txt":         {Data: []byte("a note"), Mode: 0o644, ModTime: when},
	}
	for _, lanes := range [][]tallow.Lane{{tallow.LaneRelay}, {tallow.LaneTCP}} {
		client := newClient(t, tallow.Config{Relay: url, Lanes: lanes})
		received := files.NewMemory(16 << 20)
		sent, got := transfer(t, client, client,
			tallow.SendOptions{Source: files.FS(tree)},
			tallow.ReceiveOptions{Destination: received})
		if sent.err != nil || got.err != nil {
			t.Fatalf("the sender: %v; the receiver: %v", sent.err, got.err)
		}
		if got.result.Files != 3 || got.result.Bytes != 3<<20+6 {
			t.Errorf("received %d files of %d bytes", got.result.Files, got.result.Bytes)
		}
		content := make(map[string]string)
		for _, e := range received.Entries() {
			if e.Kind != files.KindFile {
				continue
			}
			b, err := received.ReadFile(e.Path)
			if err != nil {
				t.Fatal(err)
			}
			content[e.Path] = string(b)
			if of := tree[e.Path]; e.Mode.Perm() != of.Mode.Perm() || !e.ModTime.Equal(when) {
				t.Errorf("%s has mode %v and time %v", e.Path, e.Mode, e.ModTime)
			}
		}
		want := make(map[string]string)
		for p, f := range tree {
			want[p] = string(f.Data)
		}
		if !maps.Equal(content, want) {
			t.Errorf("received %v", slices.Sorted(maps.Keys(content)))
		}
	}
}

// A destination without space ends the transfer like a full disk.
func TestDestinationWithoutSpace(t *testing.T) {
	client := newClient(t, tallow.Config{Relay: startRelay(t, relay.Config{})})
	sent, received := transfer(t, client, client,
		tallow.SendOptions{Source: files.FS(fstest.MapFS{"big": {Data: make([]byte, 5000), Mode: fs.ModePerm}})},
		tallow.ReceiveOptions{Destination: files.NewMemory(1000)})
	if kindOf(t, received.err) != tallow.KindIO || kindOf(t, sent.err) != tallow.KindDeclined {
		t.Errorf("the sender: %v; the receiver: %v", sent.err, received.err)
	}
}

// Options that name no source, or several sources or destinations, are an error.
func TestOneSourceAndOneDestination(t *testing.T) {
	client := newClient(t, tallow.Config{})
	for _, o := range []tallow.SendOptions{
		{}, {Text: "a", Stream: bytes.NewReader(nil)}, {Paths: []string{"."}, Source: files.FS(fstest.MapFS{})},
	} {
		if _, err := client.Send(t.Context(), o); kindOf(t, err) != tallow.KindUsage {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []tallow.ReceiveOptions{
		{Output: ".", Writer: &bytes.Buffer{}}, {Writer: &bytes.Buffer{}, Destination: files.NewMemory(1)},
	} {
		o.Code = "7-acid-acorn-acre"
		if _, err := client.Receive(t.Context(), o); kindOf(t, err) != tallow.KindUsage {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
