package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// payload says what to send: one file of random bytes, or a folder of small files.
type payload struct {
	bytes int64
	files int // 0: one file
}

// The sizes of small files, and how many are in a folder.
const (
	smallest  = 200 // bytes
	largest   = 8000
	perFolder = 100
)

// source is a payload on the disk.
type source struct {
	path   string
	digest string
	bytes  int64
	files  int
}

// make makes the payload in a folder. It also reads it once, so that as much of it
// as possible is in the system's cache.
func (p payload) make(folder string) (source, error) {
	random := rand.NewChaCha8(sha256.Sum256([]byte("tallow bench")))
	path := filepath.Join(folder, "payload")
	if p.files == 0 {
		if err := writeRandom(path, random, p.bytes); err != nil {
			return source{}, err
		}
	}
	for n := range p.files {
		sub := filepath.Join(path, fmt.Sprintf("folder-%03d", n/perFolder))
		if err := os.MkdirAll(sub, 0o755); err != nil {
			return source{}, err
		}
		size := smallest + int64(random.Uint64()%(largest-smallest+1))
		if err := writeRandom(filepath.Join(sub, fmt.Sprintf("file-%05d", n)), random, size); err != nil {
			return source{}, err
		}
	}
	return look(path)
}

func writeRandom(path string, random io.Reader, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, random, size)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// look reads a file or folder. The digest covers the relative paths, sizes and bytes
// of all files.
func look(path string) (source, error) {
	s := source{path: path}
	digest := sha256.New()
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		relative, err := filepath.Rel(path, name)
		if err != nil {
			return err
		}
		sum, size, err := hashFile(name)
		if err != nil {
			return err
		}
		s.files++
		s.bytes += size
		fmt.Fprintf(digest, "%d %s\n", len(relative), filepath.ToSlash(relative))
		digest.Write(binary.BigEndian.AppendUint64(nil, uint64(size)))
		digest.Write(sum)
		return nil
	})
	s.digest = hex.EncodeToString(digest.Sum(nil))
	return s, err
}

func hashFile(name string) (sum []byte, size int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return h.Sum(nil), size, err
}

// arrived compares what has arrived with what was sent.
func (s source) arrived(folder string) error {
	got, err := look(filepath.Join(folder, filepath.Base(s.path)))
	if err != nil {
		return fmt.Errorf("nothing has arrived that could be compared: %w", err)
	}
	if got.files != s.files || got.bytes != s.bytes || got.digest != s.digest {
		return fmt.Errorf("the wrong bytes have arrived: %d files, %d bytes, SHA-256 %s; sent were %d files, %d bytes, SHA-256 %s",
			got.files, got.bytes, got.digest, s.files, s.bytes, s.digest)
	}
	return nil
}
