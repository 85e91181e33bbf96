package devicekey

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// maxNote bounds the file, in bytes.
const maxNote = 256

// note is what the file device-key says, in one line:
//
//	tallow-device-key/1 file KEY             the key itself, in base64
//	tallow-device-key/1 keyring NAME CHECK   the key is in the keyring, under this name
//
// NAME is 16 random bytes, and CHECK the check value of the key, both in hex.
type note struct {
	key   *Key   // nil: it is in the keyring
	name  string // there
	check [checkSize]byte
}

const (
	noteVersion = "tallow-device-key/1"
	nameSize    = 16
)

func (n note) append(b []byte) []byte {
	b = append(b, noteVersion...)
	if n.key != nil {
		b = append(b, " file "...)
		return append(base64.StdEncoding.AppendEncode(b, n.key.secret[:]), '\n')
	}
	b = append(append(b, " keyring "...), n.name...)
	return append(hex.AppendEncode(append(b, ' '), n.check[:]), '\n')
}

// parseNote parses what append writes. Error: ErrDamaged.
func parseNote(b []byte) (note, error) {
	line, ended := strings.CutSuffix(string(b), "\n")
	fields := strings.Split(line, " ")
	if !ended || len(b) > maxNote || fields[0] != noteVersion {
		return note{}, ErrDamaged
	}
	switch {
	case len(fields) == 3 && fields[1] == "file":
		key, err := decodeKey(fields[2])
		return note{key: key}, err
	case len(fields) == 4 && fields[1] == "keyring":
		name, err := decodeHex(fields[2], nameSize)
		if err != nil {
			return note{}, err
		}
		check, err := decodeHex(fields[3], checkSize)
		if err != nil {
			return note{}, err
		}
		return note{name: hex.EncodeToString(name), check: [checkSize]byte(check)}, nil
	}
	return note{}, ErrDamaged
}

// matches reports whether key is the one that the note is about.
func (n note) matches(key *Key) bool {
	check, err := key.check()
	return err == nil && subtle.ConstantTimeCompare(check[:], n.check[:]) == 1
}

// decodeHex decodes so many bytes. Error: ErrDamaged.
func decodeHex(text string, size int) ([]byte, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != size {
		return nil, ErrDamaged
	}
	return b, nil
}

// encodeKey is a key as the keyring has it.
func encodeKey(k *Key) string { return base64.StdEncoding.EncodeToString(k.secret[:]) }

// decodeKey is the opposite of encodeKey. Error: ErrDamaged.
func decodeKey(text string) (*Key, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	defer clear(b)
	if err != nil || len(b) != Size || strings.ContainsAny(text, "\r\n") { // which the decoder skips
		return nil, ErrDamaged
	}
	return &Key{secret: [Size]byte(b)}, nil
}
