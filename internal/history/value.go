package history

import (
	"encoding/binary"
	"encoding/json"
)

// The values of the sealed columns, before they are sealed. A list is its items one
// after the other, lv(item); a value of several lists has the number of each before
// it.
//
//	names    text u8 (0 or 1) | list of the names
//	places   count uvarint | list of so many paths | lv(folder)
//	peer     lv(peer) | lv(relay) | lv(address); without the last one before schema 2
//	outcome  JSON of Outcome

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// reader reads a value. After an error the rest is nothing.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.rest, r.failed = nil, true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// bytes returns the next item, which shares memory with the value.
func (r *reader) bytes() []byte {
	size := r.uvarint()
	if size > uint64(len(r.rest)) {
		r.rest, r.failed = nil, true
		return nil
	}
	item := r.rest[:size]
	r.rest = r.rest[size:]
	return item
}

func (r *reader) string() string { return string(r.bytes()) }

// end returns the error of the whole value: ErrDamaged if it was not read to its end.
func (r *reader) end() error {
	if r.failed || len(r.rest) > 0 {
		return ErrDamaged
	}
	return nil
}

func (e Entry) appendNames(b []byte) []byte {
	text := byte(0)
	if e.Text {
		text = 1
	}
	b = append(b, text)
	for _, name := range e.Names {
		b = appendString(b, name)
	}
	return b
}

func (e *Entry) parseNames(b []byte) error {
	if len(b) == 0 || b[0] > 1 {
		return ErrDamaged
	}
	e.Text, e.Names = b[0] == 1, nil
	r := reader{rest: b[1:]}
	for len(r.rest) > 0 {
		e.Names = append(e.Names, r.string())
	}
	return r.end()
}

func (e Entry) appendPlaces(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(e.Paths)))
	for _, path := range e.Paths {
		b = appendString(b, path)
	}
	return appendString(b, e.Folder)
}

func (e *Entry) parsePlaces(b []byte) error {
	r := reader{rest: b}
	e.Paths = nil
	for n := r.uvarint(); n > 0 && !r.failed; n-- {
		e.Paths = append(e.Paths, r.string())
	}
	e.Folder = r.string()
	return r.end()
}

func (e Entry) appendPeer(b []byte) []byte {
	for _, s := range []string{e.Peer, e.Relay, e.Address} {
		b = appendString(b, s)
	}
	return b
}

func (e *Entry) parsePeer(b []byte) error {
	r := reader{rest: b}
	e.Peer, e.Relay, e.Address = r.string(), r.string(), ""
	if len(r.rest) > 0 { // else schema 1 wrote it
		e.Address = r.string()
	}
	return r.end()
}

func (o Outcome) append(b []byte) []byte {
	encoded, err := json.Marshal(o)
	if err != nil {
		return append(b, "{}"...) // cannot be: it has numbers and strings
	}
	return append(b, encoded...)
}

func (o *Outcome) parse(b []byte) error {
	*o = Outcome{}
	if err := json.Unmarshal(b, o); err != nil {
		return ErrDamaged
	}
	return nil
}
