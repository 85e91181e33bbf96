package bundle

import (
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// receiving begins to receive a file of some blocks.
func receiving(t *testing.T, m *memory, data []byte) (*Store, files.File) {
	t.Helper()
	s := openStore(t, m)
	if err := s.Begin(t.Context(), []string{"file"}, int64(len(data))); err != nil {
		t.Fatal(err)
	}
	f, err := s.Prepare(t.Context(), 0, file1("file", len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return s, f
}

// journalled returns how many bytes a process would find that begins now, if the one
// that receives died now.
func journalled(t *testing.T, m *memory) int64 {
	t.Helper()
	after := newMemory()
	after.bundles = maps.Clone(m.bundles)
	after.crash()
	kept := openStore(t, after).Kept()
	if len(kept) != 1 {
		t.Fatalf("%d transfers are kept", len(kept))
	}
	return kept[0].Bytes
}

// A crash costs what has arrived within a second, however little it is: also if
// nothing more arrives.
func TestRecordedAfterASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		data := content(4, 5*files.BlockSize)
		s, f := receiving(t, m, data)
		for i := range 5 {
			put(t, f, data, i)
			time.Sleep(300 * time.Millisecond)
		}
		synctest.Wait()
		if got, want := journalled(t, m), int64(4*files.BlockSize); got != want { // the fifth came after that
			t.Errorf("%d bytes are recorded after 1.5 s, want %d", got, want)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got, want := journalled(t, m), int64(len(data)); got != want {
			t.Errorf("%d bytes are recorded another second later, want %d", got, want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// What arrives faster is recorded before a second has passed.
func TestRecordedByBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		data := content(5, syncBytes+2*files.BlockSize)
		s, f := receiving(t, m, data)
		for i := range len(data) / files.BlockSize {
			put(t, f, data, i)
		}
		if got := journalled(t, m); got != syncBytes {
			t.Errorf("%d bytes are recorded at once, want %d", got, syncBytes)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := journalled(t, m); got != int64(len(data)) {
			t.Errorf("%d bytes are recorded at the end, want %d", got, len(data))
		}
	})
}

// A sync that fails while nobody waits for it is told with the next block, with a
// commit and at the end, although the storage says so only once.
func TestFailedSyncIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		data := content(6, 2*files.BlockSize)
		s, f := receiving(t, m, data)
		put(t, f, data, 0)
		broken := errors.New("the storage is broken")
		for _, b := range m.bundles {
			b[0].failFlush(broken)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		block := data[files.BlockSize:]
		if _, err := f.WriteAt(block, files.BlockSize); err != nil {
			t.Fatal(err)
		}
		if err := f.Verified(1, blockhash.Sum(1, block).Hash); !errors.Is(err, broken) {
			t.Errorf("the next block: %v", err)
		}
		if errs := s.Commit(t.Context(), []files.File{f}); !errors.Is(errs[0], broken) {
			t.Errorf("the commit: %v", errs[0])
		}
		if err := s.Close(); !errors.Is(err, broken) {
			t.Errorf("the end: %v", err)
		}
		if got := journalled(t, m); got != 0 {
			t.Errorf("%d bytes are recorded that were not synced", got)
		}
	})
}
