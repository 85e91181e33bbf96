package tallow_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/storetest"
	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// A store that changes what it was given in any way is found out: by name, and before a
// byte that is not the sender's has a name on the disk.
func TestFetchFromHostileStore(t *testing.T) {
	const (
		preface = container.Preface
		segment = container.SealedSegment
		chunk   = container.SealedChunk
	)
	dir := write(t, map[string]int{"a": 3 << 20, "big": 20 << 20, "c": 9})
	want := contents(t, dir)
	url := startRelay(t, storeConfig(t, stored.Config{}))
	source := files.FS(os.DirFS(dir))
	seal := func(secret container.Key) []byte {
		_, other, err := storetest.Seal(t.Context(), secret, storetest.Sealing{Source: source})
		if err != nil {
			t.Fatal(err)
		}
		return other
	}
	stranger := seal(container.Key{7})
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	chunkAt := func(b []byte, i int) []byte {
		at := preface + i/128*segment + 16 + i%128*chunk
		return b[at : at+chunk]
	}
	put := func(b []byte, i int, with []byte) []byte {
		b = bytes.Clone(b)
		copy(chunkAt(b, i), with)
		return b
	}
	for name, tt := range map[string]struct {
		change func(b []byte) []byte
		reason tallow.Reason
	}{
		"cut within a chunk":          {func(b []byte) []byte { return b[:len(b)-1] }, tallow.ReasonContainerTruncated},
		"the last chunk missing":      {func(b []byte) []byte { return b[:len(b)-chunk] }, tallow.ReasonContainerTruncated},
		"the last segment missing":    {func(b []byte) []byte { return b[:preface+2*segment] }, tallow.ReasonContainerTruncated},
		"nothing but the offer":       {func(b []byte) []byte { return b[:preface] }, tallow.ReasonContainerTruncated},
		"the last chunk twice":        {func(b []byte) []byte { return join(b, b[len(b)-chunk:]) }, tallow.ReasonContainerTrailing},
		"chunks exchanged":            {func(b []byte) []byte { return put(put(b, 60, chunkAt(b, 70)), 70, chunkAt(b, 60)) }, tallow.ReasonContainerCorrupt},
		"a chunk of another segment":  {func(b []byte) []byte { return put(b, 130, chunkAt(b, 2)) }, tallow.ReasonContainerCorrupt},
		"a chunk of another transfer": {func(b []byte) []byte { return put(b, 60, chunkAt(stranger, 60)) }, tallow.ReasonContainerCorrupt},
		"segments exchanged": {func(b []byte) []byte {
			return join(b[:preface], b[preface+segment:preface+2*segment], b[preface:preface+segment], b[preface+2*segment:])
		}, tallow.ReasonContainerCorrupt},
		"the payload of another":       {func(b []byte) []byte { return join(b[:preface], stranger[preface:]) }, tallow.ReasonContainerCorrupt},
		"the offer of another":         {func(b []byte) []byte { return join(b[:132], stranger[132:preface], b[preface:]) }, tallow.ReasonContainerCorrupt},
		"another transfer as a whole":  {func([]byte) []byte { return stranger }, tallow.ReasonLinkWrongKey},
		"no container":                 {func(b []byte) []byte { return make([]byte, len(b)) }, tallow.ReasonContainerForm},
		"another version":              {func(b []byte) []byte { return flip(b, 8) }, tallow.ReasonContainerVersion},
		"a bit of the salt":            {func(b []byte) []byte { return flip(b, 25) }, tallow.ReasonLinkWrongKey},
		"a bit of the mac":             {func(b []byte) []byte { return flip(b, 131) }, tallow.ReasonLinkWrongKey},
		"a bit of the sealed offer":    {func(b []byte) []byte { return flip(b, 5000) }, tallow.ReasonContainerCorrupt},
		"a bit of a segment's salt":    {func(b []byte) []byte { return flip(b, preface+segment+1) }, tallow.ReasonContainerCorrupt},
		"a bit in the middle":          {func(b []byte) []byte { return flip(b, preface+segment+100*chunk) }, tallow.ReasonContainerCorrupt},
		"a bit of the last chunk":      {func(b []byte) []byte { return flip(b, len(b)-1) }, tallow.ReasonContainerCorrupt},
		"a password without a key":     {func(b []byte) []byte { return header(b, 1, 8, 1) }, tallow.ReasonContainerContent},
		"64 GiB to check the password": {func(b []byte) []byte { return header(b, 2, 64<<20, 1) }, tallow.ReasonContainerCost},
		"4 billion passes of that":     {func(b []byte) []byte { return header(b, 2, 8, 1<<32-1) }, tallow.ReasonContainerCost},
	} {
		t.Run(name, func(t *testing.T) {
			a := stores(t, url, storetest.Sealing{Source: source, Change: tt.change})
			out := t.TempDir()
			r := fetch(t, newClient(t, tallow.Config{}), tallow.ReceiveOptions{
				Code: a.link.String(), Output: out,
				Password: func(context.Context, bool) (string, error) {
					t.Error("the password is asked for")
					return "", context.Canceled
				},
			})
			kind := tallow.KindIntegrity
			switch tt.reason {
			case tallow.ReasonLinkWrongKey:
				kind = tallow.KindCode
			case tallow.ReasonContainerVersion:
				kind = tallow.KindUsage
			}
			r.want(t, kind, tt.reason)
			for path, got := range visible(contents(t, out)) {
				if got != want[path] {
					t.Errorf("%s has %d bytes that the sender has not stored", path, len(got))
				}
			}
			if s := a.state(); s.Done != 0 {
				t.Errorf("it counts as a download: %+v", s)
			}
		})
	}
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 2
	return b
}

// header changes the parameters in a header.
func header(b []byte, wrap byte, memory, passes uint32) []byte {
	b = bytes.Clone(b)
	b[10], b[11] = wrap, 1
	binary.BigEndian.PutUint32(b[12:], passes)
	binary.BigEndian.PutUint32(b[16:], memory)
	return b
}

// What was fetched of a transfer before is not taken for a part of another one of the
// same names.
func TestFetchAfterAnotherVersion(t *testing.T) {
	url := startRelay(t, storeConfig(t, stored.Config{}))
	old := bytes.Repeat([]byte("old "), 10<<18)
	fresh := slices.Clone(old)
	copy(fresh[1<<20:], "new ")
	first := stores(t, url, storetest.Sealing{Source: files.FS(fstest.MapFS{"f": {Data: old}})})
	second := stores(t, url, storetest.Sealing{Source: files.FS(fstest.MapFS{"f": {Data: fresh}})})
	out, client := t.TempDir(), newClient(t, tallow.Config{StateDir: t.TempDir()})
	interruptAfter(t, client, tallow.ReceiveOptions{Code: first.link.String(), Output: out, LimitRate: 8 << 20}, 5<<20)
	r := fetch(t, client, tallow.ReceiveOptions{Code: second.link.String(), Output: out})
	r.want(t, "", "")
	if got := contents(t, out)["f"]; got != string(fresh) {
		t.Errorf("%d bytes, with %q", len(got), got[1<<20:1<<20+4])
	}
	if s := first.state(); s.Fetching != 1 || s.Done != 0 {
		t.Errorf("the first one: %+v", s)
	}
	if s := second.state(); s.Done != 1 {
		t.Errorf("the second one: %+v", s)
	}
}

// Names that leave the folder are refused, whoever has sealed them.
func TestFetchHostileNames(t *testing.T) {
	a := stores(t, startRelay(t, storeConfig(t, stored.Config{})), storetest.Sealing{Source: named{"../evil", "good"}})
	out := t.TempDir()
	r := fetch(t, newClient(t, tallow.Config{}), tallow.ReceiveOptions{Code: a.link.String(), Output: out + "/in"})
	r.want(t, tallow.KindPartial, tallow.ReasonSkipped)
	if got := contents(t, out); len(got) != 1 || got["in/good"] != "good" {
		t.Errorf("got %v", got)
	}
	if s := a.state(); s.Done != 0 || s.Fetching != 1 {
		t.Errorf("a download of which something is missing: %+v", s)
	}
}

// named is a source of files that contain their names.
type named []string

func (n named) Names() []string { return n }
func (n named) Count(context.Context) (files.Totals, error) {
	return files.Totals{Files: int64(len(n)), Known: true}, nil
}

func (n named) Walk(_ context.Context, yield func(files.Item) error) error {
	for _, name := range n {
		open := func() (files.SourceFile, error) { return namedFile{strings.NewReader(name)}, nil }
		if err := yield(files.Item{Entry: files.Entry{Kind: files.KindFile, Path: name, Size: int64(len(name))}, Open: open}); err != nil {
			return err
		}
	}
	return nil
}

type namedFile struct{ *strings.Reader }

func (namedFile) Close() error   { return nil }
func (namedFile) Changed() error { return nil }
