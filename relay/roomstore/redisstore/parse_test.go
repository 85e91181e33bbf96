package redisstore

import (
	"bytes"
	"testing"

	"github.com/tallow-transfer/tallow/relay/roomstore"
)

// FuzzParse reads any hash as a record. What is read is written as the same
// fields.
func FuzzParse(f *testing.F) {
	for _, r := range []roomstore.Record{
		{Home: "a", Nonce: [16]byte{1}, Words: 3, Ticket: [32]byte{2}},
		{Home: "a", Burnt: true},
	} {
		var flat [][]byte
		for _, v := range fields(r) {
			if s, ok := v.(string); ok {
				flat = append(flat, []byte(s))
			} else {
				flat = append(flat, []byte("1"))
			}
		}
		f.Add(bytes.Join(flat, []byte{0}), "host:1", int64(1))
	}
	f.Add([]byte("over\x008"), "", int64(-1))
	f.Fuzz(func(t *testing.T, b []byte, address string, left int64) {
		var flat []any
		for _, s := range bytes.Split(b, []byte{0}) {
			flat = append(flat, string(s))
		}
		r, err := parse("code:7", []any{flat, address, left})
		if err == nil && (r.Address != address || r.Left < 0) {
			t.Fatalf("%q: %+v", b, r)
		}
	})
}
