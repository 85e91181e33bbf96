package transfer_test

import (
	"io/fs"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// A file system in memory is sent into a destination in memory: a transfer needs
// no disk.
func TestFSIntoMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := sessions(t)
		join(t, s, r, 0, wire.LaneRelay, nil)
		at := time.Unix(1e9, 7)
		fsys := fstest.MapFS{
			"top/empty":   {ModTime: at},
			"top/small":   {Data: data(1, 500), Mode: 0o640, ModTime: at},
			"top/big":     {Data: data(2, 3*mib+5), Mode: 0o600, ModTime: at},
			"top/dir":     {Mode: fs.ModeDir | fs.ModeSetgid | 0o750, ModTime: at},
			"top/link":    {Data: []byte("small"), Mode: fs.ModeSymlink | 0o777, ModTime: at},
			"top/pipe":    {Mode: fs.ModeNamedPipe},
			"beside.txt":  {Data: data(3, 10), Mode: 0o644},
			"not/offered": {Data: data(4, 10)},
		}
		dest := files.NewMemory(10 * mib)
		o := run(t, t.Context(), s, r, files.FS(fsys, "top", "beside.txt"), dest)
		if o.sendErr != nil || o.receiveErr != nil {
			t.Fatalf("sender: %v, receiver: %v", o.sendErr, o.receiveErr)
		}
		if o.sent.Omitted != 1 || o.received.Omitted != 1 || o.received.Files != 4 {
			t.Errorf("results: %+v and %+v", o.sent, o.received)
		}
		got := dest.Entries()
		want := []files.Entry{
			{Kind: files.KindFile, Path: "beside.txt", Mode: 0o644, ModTime: time.Unix(0, 0), Size: 10},
			{Kind: files.KindDir, Path: "top", Mode: 0o555, ModTime: time.Unix(0, 0)},
			{Kind: files.KindFile, Path: "top/big", Mode: 0o600, ModTime: at, Size: 3*mib + 5},
			{Kind: files.KindDir, Path: "top/dir", Mode: fs.ModeSetgid | 0o750, ModTime: at},
			{Kind: files.KindFile, Path: "top/empty", Mode: 0o644, ModTime: at},
			{Kind: files.KindSymlink, Path: "top/link", Mode: 0o777, ModTime: at, Target: "small"},
			{Kind: files.KindFile, Path: "top/small", Mode: 0o640, ModTime: at, Size: 500},
		}
		if len(got) != len(want) {
			t.Fatalf("received %+v", got)
		}
		for i, e := range got {
			if !e.ModTime.Equal(want[i].ModTime) {
				t.Errorf("%s is of %v, want %v", e.Path, e.ModTime, want[i].ModTime)
			}
			e.ModTime = want[i].ModTime
			if e != want[i] {
				t.Errorf("got %+v, want %+v", e, want[i])
			}
			if e.Kind == files.KindFile {
				content, err := dest.ReadFile(e.Path)
				if err != nil || string(content) != string(fsys[e.Path].Data) {
					t.Errorf("%s has %d bytes, %v", e.Path, len(content), err)
				}
			}
		}
	})
}
