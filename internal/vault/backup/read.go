package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

// What can be wrong with a backup.
var (
	// ErrFormat means that it is no backup.
	ErrFormat = errors.New("not an exported vault")
	// ErrVersion means that a newer version of this program made it.
	ErrVersion = errors.New("a newer version of tallow has exported this vault")
	// ErrPassword means that the password is wrong, or that the header was changed.
	ErrPassword = errors.New("the password is wrong, or the file was changed")
	// ErrDamaged means that it was changed, or is not all there.
	ErrDamaged = errors.New("the exported vault is damaged")
)

// Reader reads a backup.
type Reader struct {
	Key     *devicekey.Key // its device key
	payload io.Reader
	archive *tar.Reader
}

// Open reads the beginning of a backup, with its key. Errors are those of this package
// and of r.
func Open(r io.Reader, password string) (*Reader, error) {
	payload, err := unseal(r, magic, password)
	if err != nil {
		return nil, err
	}
	return openArchive(payload)
}

// maxDevices bounds exported devices, in bytes.
const maxDevices = 64 << 20

// OpenDevices reads all of exported devices. Errors are those of this package and of r.
func OpenDevices(r io.Reader, password string) ([]byte, error) {
	payload, err := unseal(r, devicesMagic, password)
	if err != nil {
		return nil, err
	}
	exported, err := io.ReadAll(io.LimitReader(payload, maxDevices+1))
	if err == nil && len(exported) > maxDevices {
		return nil, fmt.Errorf("%w: they have over %d bytes", ErrDamaged, maxDevices)
	}
	return bytes.TrimRight(exported, "\x00"), told(err) // a payload is filled up with zeros
}

// unseal reads the first line of a file, and opens what is sealed behind it under a password.
func unseal(r io.Reader, line, password string) (io.Reader, error) {
	begin := make([]byte, len(line))
	if _, err := io.ReadFull(r, begin); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if string(begin) != line {
		return nil, ErrFormat
	}
	header, err := container.ReadHeader(r)
	if err != nil {
		return nil, told(err)
	}
	if !header.NeedsPassword() || header.NeedsSecret() {
		return nil, ErrFormat
	}
	keys, err := header.Open(nil, password)
	if err != nil {
		return nil, told(err)
	}
	if _, err := container.ReadOffer(r, keys); err != nil {
		return nil, told(err)
	}
	return container.NewReader(r, keys), nil
}

// openArchive reads the key, which comes first.
func openArchive(payload io.Reader) (*Reader, error) {
	b := &Reader{payload: payload, archive: tar.NewReader(payload)}
	h, err := b.archive.Next()
	if err != nil {
		return nil, told(err)
	}
	if !plain(h) || h.Name != keyName || h.Size != devicekey.Size {
		return nil, ErrVersion
	}
	secret := make([]byte, devicekey.Size)
	defer clear(secret)
	if _, err := io.ReadFull(b.archive, secret); err != nil {
		return nil, told(err)
	}
	b.Key, err = devicekey.ParseKey(secret)
	return b, err
}

// Extract puts the databases into a folder of this user's alone. Their names have to be
// among those that are known. If there is an error nothing in the folder can be relied
// on. Errors are those of this package, of the file system and of the reader below.
func (b *Reader) Extract(dir string, known []string) error {
	for {
		h, err := b.archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return told(err)
		}
		if !plain(h) || !slices.Contains(known, h.Name) {
			return fmt.Errorf("%w: it has %q in it", ErrVersion, h.Name)
		}
		if err := extract(filepath.Join(dir, filepath.FromSlash(h.Name)), b.archive); err != nil {
			return told(err)
		}
	}
	// Only at its end is it certain that nothing is missing.
	_, err := io.Copy(io.Discard, b.payload)
	return told(err)
}

// plain reports whether an entry is of the kind that Write writes. In this format what
// comes out is what is in the archive, without holes, and less than 8 GiB.
func plain(h *tar.Header) bool { return h.Typeflag == tar.TypeReg && h.Format == tar.FormatUSTAR }

func extract(path string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// told returns an error in the terms of this package.
func told(err error) error {
	var chunk *container.ChunkError
	var cost *container.CostError
	switch {
	case errors.Is(err, container.ErrKey):
		return ErrPassword
	case errors.Is(err, container.ErrVersion):
		return ErrVersion
	case errors.Is(err, container.ErrFormat), errors.Is(err, container.ErrHeader), errors.Is(err, container.ErrTruncated),
		errors.Is(err, container.ErrTrailing), errors.As(err, &chunk), errors.As(err, &cost),
		errors.Is(err, tar.ErrHeader), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, os.ErrExist):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
