package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/tallow-transfer/tallow/internal/vectortest"
)

// tcpCase is a message of a new TCP connection and its bytes, written by hand.
type tcpCase struct {
	name    string
	message encoder
	parse   parser
	size    int
	hex     string
}

func tcpCases() []tcpCase {
	const (
		nonce = "0100000000000000000000000000000000000000000000000000000000000002"
		proof = "0300000000000000000000000000000000000000000000000000000000000004"
	)
	n, p := [32]byte{0x01, 31: 0x02}, [32]byte{0x03, 31: 0x04}
	return []tcpCase{
		{"hello", TCPHello{Nonce: n, Proof: p}, parserOf(ParseTCPHello), TCPHelloSize, nonce + proof},
		{"answer", TCPAnswer{Nonce: n, Proof: p}, parserOf(ParseTCPAnswer), TCPAnswerSize, nonce + proof},
		{"confirm", TCPConfirm{Proof: p}, parserOf(ParseTCPConfirm), TCPConfirmSize, proof},
		{"lane", TCPLane{Lane: 0x00020001, Proof: p}, parserOf(ParseTCPLane), TCPLaneSize, "00020001" + proof},
	}
}

func TestTCPMessages(t *testing.T) {
	for _, c := range tcpCases() {
		want, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.message.Append([]byte("before")); string(got) != "before"+string(want) {
			t.Errorf("%s is %x, want %x", c.name, got[6:], want)
		}
		if len(want) != c.size {
			t.Errorf("%s has %d bytes, and its constant is %d", c.name, len(want), c.size)
		}
		if m, err := c.parse(want); err != nil || m != c.message {
			t.Errorf("%s is parsed as %+v, %v", c.name, m, err)
		}
		for n := range want {
			if _, err := c.parse(want[:n]); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s cut to %d bytes: %v", c.name, n, err)
			}
		}
		if _, err := c.parse(append(want, 0)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s with a byte too many: %v", c.name, err)
		}
	}
}

// The messages of the vector file, which package handshake writes, are parsed and
// appended as they are.
func TestTCPVectors(t *testing.T) {
	var file struct {
		Connections []map[string]any `json:"connections"`
	}
	vectortest.Read(t, "tcp.json", &file)
	checked := 0
	for _, connection := range file.Connections {
		for _, c := range tcpCases() {
			digits, ok := connection[c.name].(string)
			if !ok {
				continue // confirm is left out where the sender dials
			}
			want, err := hex.DecodeString(digits)
			if err != nil {
				t.Fatal(err)
			}
			if m, err := c.parse(want); err != nil || !bytes.Equal(m.Append(nil), want) {
				t.Errorf("%s %x: %+v, %v", c.name, want, m, err)
			}
			checked++
		}
	}
	if checked != 7 {
		t.Errorf("%d messages in tcp.json", checked)
	}
}

func FuzzParseTCP(f *testing.F) {
	for _, c := range tcpCases() {
		f.Add(c.message.Append(nil))
	}
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range tcpCases() {
			m, err := c.parse(b)
			switch {
			case err != nil && !errors.Is(err, ErrMalformed):
				t.Fatalf("%s %x: %v", c.name, b, err)
			case (err == nil) != (len(b) == c.size):
				t.Fatalf("%s of %d bytes: %v", c.name, len(b), err)
			case err == nil && !bytes.Equal(m.Append(nil), b):
				t.Fatalf("%s %x is appended as %x", c.name, b, m.Append(nil))
			}
		}
	})
}
