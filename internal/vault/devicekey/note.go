package devicekey

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// maxNote bounds the file, in bytes.
const maxNote = 512

// note is what the file device-key says. Its first line says where the key is:
//
//	tallow-device-key/1 file KEY             the key itself, in base64
//	tallow-device-key/1 keyring NAME CHECK   it is in the keyring, under this name
//	tallow-device-key/1 locked NAME CHECK    it is in the second line alone
//
// NAME is 16 random bytes, and CHECK the check value of the key, both in hex. A locked
// key has the name that it had in the keyring, or that it is to have there.
//
// With a password there is a second line, with the key sealed under it (password.go).
type note struct {
	place    Place
	key      *Key // of PlaceFile
	name     string
	check    [checkSize]byte
	password *wrapped // nil: there is no password
}

const (
	noteVersion = "tallow-device-key/1"
	nameSize    = 16
)

func (n note) append(b []byte) []byte {
	b = append(append(b, noteVersion+" "...), n.place...)
	if n.place == PlaceFile {
		b = base64.StdEncoding.AppendEncode(append(b, ' '), n.key.secret[:])
	} else {
		b = append(append(b, ' '), n.name...)
		b = hex.AppendEncode(append(b, ' '), n.check[:])
	}
	b = append(b, '\n')
	if n.password != nil {
		b = append(n.password.append(b), '\n')
	}
	return b
}

// parseNote parses what append writes. Error: ErrDamaged.
func parseNote(b []byte) (n note, err error) {
	text, ended := strings.CutSuffix(string(b), "\n")
	if !ended || len(b) > maxNote {
		return note{}, ErrDamaged
	}
	line, second, more := strings.Cut(text, "\n")
	fields := strings.Split(line, " ")
	if fields[0] != noteVersion || len(fields) < 2 {
		return note{}, ErrDamaged
	}
	n.place = Place(fields[1])
	switch {
	case n.place == PlaceFile && len(fields) == 3:
		if n.key, err = decodeKey(fields[2]); err == nil {
			n.check, err = n.key.check()
		}
	case (n.place == PlaceKeyring || n.place == PlacePassword && more) && len(fields) == 4:
		var name, check []byte
		if name, err = decodeHex(fields[2], nameSize); err != nil {
			return note{}, err
		}
		if check, err = decodeHex(fields[3], checkSize); err != nil {
			return note{}, err
		}
		n.name, n.check = hex.EncodeToString(name), [checkSize]byte(check)
	default:
		return note{}, ErrDamaged
	}
	if err != nil {
		return note{}, err
	}
	if more {
		n.password, err = parseWrapped(second)
	}
	return n, err
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

// decodeBase64 decodes so many bytes. Error: ErrDamaged.
func decodeBase64(text string, size int) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != size || strings.ContainsAny(text, "\r\n") { // which the decoder skips
		return nil, ErrDamaged
	}
	return b, nil
}

// encodeKey is a key as the keyring has it.
func encodeKey(k *Key) string { return base64.StdEncoding.EncodeToString(k.secret[:]) }

// decodeKey is the opposite of encodeKey. Error: ErrDamaged.
func decodeKey(text string) (*Key, error) {
	b, err := decodeBase64(text, Size)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	return &Key{secret: [Size]byte(b)}, nil
}
