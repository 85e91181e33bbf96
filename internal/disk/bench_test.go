package disk_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/blockhash"
	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// BenchmarkSmallFiles receives 15,000 files of 3 KiB in 500 folders, committed in
// batches of 512, like the source code of a large program.
func BenchmarkSmallFiles(b *testing.B) {
	const count, perFolder = 15_000, 30
	data := random(3<<10, 1)
	hash := blockhash.Sum(0, data).Hash
	b.ReportAllocs()
	for b.Loop() {
		f, err := destination.NewFolder(b.Context(), b.TempDir(), destination.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Begin(b.Context(), []string{"top"}, count*int64(len(data))); err != nil {
			b.Fatal(err)
		}
		number := uint64(0)
		prepare := func(e files.Entry) files.File {
			file, err := f.Prepare(b.Context(), number, e)
			if err != nil {
				b.Fatal(err)
			}
			number++
			return file
		}
		prepare(dirEntry("top"))
		var batch []files.File
		commit := func() {
			for _, err := range f.Commit(b.Context(), batch) {
				if err != nil {
					b.Fatal(err)
				}
			}
			batch = batch[:0]
		}
		for i := range count {
			if i%perFolder == 0 {
				prepare(dirEntry(fmt.Sprintf("top/folder %d", i/perFolder)))
			}
			file := prepare(fileEntry(fmt.Sprintf("top/folder %d/file %d.go", i/perFolder, i), len(data)))
			if _, err := file.WriteAt(data, 0); err != nil {
				b.Fatal(err)
			}
			if err := file.Verified(0, hash); err != nil {
				b.Fatal(err)
			}
			if batch = append(batch, file); len(batch) == 512 {
				commit()
			}
		}
		commit()
		if err := f.Finish(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/15k-files")
}

// BenchmarkLargeFile receives 1 GiB that no disk compresses, written by two
// goroutines as in package transfer. "commit" is the part of its time after the
// last byte was written.
func BenchmarkLargeFile(b *testing.B) {
	const blocks = 1 << 10
	data := random(64<<20, 1)
	b.SetBytes(blocks * files.BlockSize)
	var commit time.Duration
	for b.Loop() {
		f, err := destination.NewFolder(b.Context(), b.TempDir(), destination.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Begin(b.Context(), []string{"a"}, blocks*files.BlockSize); err != nil {
			b.Fatal(err)
		}
		file, err := f.Prepare(b.Context(), 0, fileEntry("a", blocks*files.BlockSize))
		if err != nil {
			b.Fatal(err)
		}
		var next atomic.Int64
		var writers sync.WaitGroup
		for range 2 {
			writers.Go(func() {
				for i := next.Add(1) - 1; i < blocks; i = next.Add(1) - 1 {
					from := i % (int64(len(data)) / files.BlockSize) * files.BlockSize
					p := data[from : from+files.BlockSize]
					h := blockhash.Sum(uint32(i), p).Hash
					if _, err := file.WriteAt(p, i*files.BlockSize); err != nil {
						b.Error(err)
						return
					}
					if err := file.Verified(uint32(i), h); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		writers.Wait()
		last := time.Now()
		if err := f.Commit(b.Context(), []files.File{file})[0]; err != nil {
			b.Fatal(err)
		}
		commit += time.Since(last)
		if err := f.Finish(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(commit.Milliseconds())/float64(b.N), "ms/commit")
}
