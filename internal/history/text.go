package history

import (
	"bytes"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// maxText bounds the names, and likewise the paths, of an entry in which a search
// looks, in bytes.
const maxText = 4 << 10

// text is where a search looks: names, places and peer, folded, with a zero between
// them.
func (e Entry) text() []byte {
	names := strings.Join(e.Names, "\n")
	places := strings.Join(append(e.Paths[:len(e.Paths):len(e.Paths)], e.Folder), "\n")
	parts := []string{names[:min(len(names), maxText)], places[:min(len(places), maxText)], e.Peer + "\n" + e.Address + "\n" + e.Relay}
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(fold(p), "\x00", " ")
	}
	return []byte(strings.Join(parts, "\x00"))
}

// fold makes texts equal that people write for each other: upper and lower case, and
// letters with accents as one character or as two, as macOS has them.
func fold(s string) string { return strings.ToLower(norm.NFC.String(s)) }

// wanted is what a text has to have in it.
type wanted struct{ anywhere, name, peer []byte }

func (f Filter) wanted() wanted {
	return wanted{[]byte(fold(f.Text)), []byte(fold(f.Name)), []byte(fold(f.Peer))}
}

func (w wanted) anything() bool { return len(w.anywhere)+len(w.name)+len(w.peer) == 0 }

// in reports whether a text has all of it.
func (w wanted) in(text []byte) bool {
	if !bytes.Contains(text, w.anywhere) {
		return false
	}
	if len(w.name)+len(w.peer) == 0 {
		return true
	}
	names, rest, _ := bytes.Cut(text, []byte{0})
	_, peer, _ := bytes.Cut(rest, []byte{0})
	return bytes.Contains(names, w.name) && bytes.Contains(peer, w.peer)
}
