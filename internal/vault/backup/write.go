package backup

import (
	"archive/tar"
	"io"

	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/vault/devicekey"
)

const (
	magic        = "tallow-vault/1\n"
	devicesMagic = "tallow-devices/1\n"
	keyName      = "device-key"
)

// File is a database, by its path in the folder of state with slashes.
type File struct {
	Name    string
	Content []byte
}

// Write writes a backup to w.
func Write(w io.Writer, password string, key *devicekey.Key, files []File) error {
	return write(w, password, container.DefaultCost(), key, files)
}

func write(w io.Writer, password string, cost container.Cost, key *devicekey.Key, files []File) error {
	return seal(w, magic, password, cost, func(w io.Writer) error { return writeArchive(w, key, files) })
}

// WriteDevices writes exported devices, which are text, to w.
func WriteDevices(w io.Writer, password string, exported []byte) error {
	return seal(w, devicesMagic, password, container.DefaultCost(), func(w io.Writer) error {
		_, err := w.Write(exported)
		return err
	})
}

// seal writes the first line of a file, and what fill writes, sealed under a password.
func seal(w io.Writer, begin, password string, cost container.Cost, fill func(io.Writer) error) error {
	keys, err := container.New(nil, password, cost)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, begin); err != nil {
		return err
	}
	stream, err := container.NewStream(w, keys, nil)
	if err != nil {
		return err
	}
	sealed := container.NewWriter(stream)
	if err := fill(sealed); err != nil {
		return err
	}
	return sealed.Close()
}

func writeArchive(w io.Writer, key *devicekey.Key, files []File) error {
	secret := key.Secret()
	defer clear(secret)
	archive := tar.NewWriter(w)
	for _, f := range append([]File{{keyName, secret}}, files...) {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.Name, Mode: 0o600, Size: int64(len(f.Content)), Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(f.Content); err != nil {
			return err
		}
	}
	return archive.Close()
}
