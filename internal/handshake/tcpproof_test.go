package handshake

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/vectortest"
	"github.com/tallow-transfer/tallow/internal/wire"
)

// tcpVector is how one connection begins.
type tcpVector struct {
	Dialer  string   `json:"dialler"`
	Key     hexBytes `json:"key"`
	NonceD  hexBytes `json:"nonce_d"`
	NonceA  hexBytes `json:"nonce_a"`
	Number  uint32   `json:"number"`
	Hello   hexBytes `json:"hello"`
	Answer  hexBytes `json:"answer"`
	Confirm hexBytes `json:"confirm,omitempty"`
	Lane    hexBytes `json:"lane"`
}

// counting is 32 bytes that count up.
func counting(from byte) (b [32]byte) {
	for i := range b {
		b[i] = from + byte(i)
	}
	return b
}

// reference fills in a vector from the description in docs/protocol.md alone.
func (v tcpVector) reference() tcpVector {
	role := map[string]byte{"receiver": 1, "sender": 2}[v.Dialer]
	prove := func(label string, parts ...[]byte) []byte {
		mac := hmac.New(sha256.New, v.Key)
		mac.Write(slices.Concat([]byte("tallow/2 tcp "+label), []byte{role}, slices.Concat(parts...)))
		return mac.Sum(nil)
	}
	number := binary.BigEndian.AppendUint32(nil, v.Number)
	v.Hello = slices.Concat(v.NonceD, prove("dial", v.NonceD))
	v.Answer = slices.Concat(v.NonceA, prove("answer", v.NonceD, v.NonceA))
	if v.Dialer == "receiver" {
		v.Confirm = prove("confirm", v.NonceD, v.NonceA)
	}
	v.Lane = slices.Concat(number, prove("lane", v.NonceD, v.NonceA, number))
	return v
}

func TestTCPVectors(t *testing.T) {
	file := struct {
		Comment     string      `json:"comment"`
		Connections []tcpVector `json:"connections"`
	}{Comment: "How a tcp connection begins, in hexadecimal: who dials, the key of the generation, both nonces, the number of the lane that it becomes, and the messages in their order."}
	key, nonceD, nonceA := counting(0), counting(0x40), counting(0x80)
	for _, dialer := range []string{"sender", "receiver"} {
		v := tcpVector{Dialer: dialer, Key: key[:], NonceD: nonceD[:], NonceA: nonceA[:], Number: 0x00020001}.reference()
		file.Connections = append(file.Connections, v)
		p := tcpProof(key, dialer == "sender", nonceD, nonceA)
		if !bytes.Equal(p.Hello(), v.Hello) || !bytes.Equal(p.Answer(), v.Answer) || !bytes.Equal(p.Lane(v.Number), v.Lane) ||
			v.Confirm != nil && !bytes.Equal(p.Confirm(), v.Confirm) {
			t.Errorf("the %s dials: %x %x %x %x, want %+v", dialer, p.Hello(), p.Answer(), p.Confirm(), p.Lane(v.Number), v)
		}
	}
	vectortest.Check(t, "tcp.json", file)
}

// tcpProof is an end of a connection with known nonces.
func tcpProof(key [TCPKeySize]byte, senderDials bool, nonceD, nonceA [32]byte) *TCPProof {
	p := NewTCPProof(key, ReceiverDials)
	if senderDials {
		p = NewTCPProof(key, SenderDials)
	}
	p.nonceD, p.nonceA = nonceD, nonceA
	return p
}

// proofEnds are both ends of a connection, each with its own nonce only.
func proofEnds(key byte, senderDials bool) (dialer, acceptor *TCPProof) {
	k := [TCPKeySize]byte{key}
	return tcpProof(k, senderDials, counting(1), [32]byte{}), tcpProof(k, senderDials, [32]byte{}, counting(2))
}

// Both ends take each other's messages, and those with any bit changed, cut,
// longer, of another key, role or connection, or their own, they do not.
func TestTCPProofTakesOnlyThePeers(t *testing.T) {
	for _, senderDials := range []bool{true, false} {
		d, a := proofEnds(1, senderDials)
		other, _ := proofEnds(2, senderDials)
		turned, _ := proofEnds(1, !senderDials)
		refuses(t, "hello", d.Hello(), a.CheckHello, other.Hello(), turned.Hello())
		if err := a.CheckHello(d.Hello()); err != nil {
			t.Fatal("the peer's hello is refused")
		}
		_, fresh := proofEnds(1, senderDials)
		refuses(t, "answer", a.Answer(), d.CheckAnswer, d.Hello(), fresh.Answer(), other.Answer())
		if err := d.CheckAnswer(a.Answer()); err != nil {
			t.Fatal("the peer's answer is refused")
		}
		replayed := tcpProof([TCPKeySize]byte{1}, senderDials, counting(1), counting(9))
		refuses(t, "confirm", d.Confirm(), a.CheckConfirm, d.Hello()[32:], a.Answer()[32:], replayed.Confirm(), turned.Confirm())
		if err := a.CheckConfirm(d.Confirm()); err != nil {
			t.Fatal("the peer's confirmation is refused")
		}
		checkLane := func(p *TCPProof) func([]byte) error {
			return func(m []byte) error { _, err := p.CheckLane(m); return err }
		}
		for _, ends := range [][2]*TCPProof{{d, a}, {a, d}} {
			m := ends[0].Lane(7)
			refuses(t, "lane", m, checkLane(ends[1]), replayed.Lane(7), append(ends[0].Lane(8)[:4:4], m[4:]...))
			if id, err := ends[1].CheckLane(m); err != nil || id != 7 {
				t.Errorf("lane %d, %v", id, err)
			}
		}
	}
}

// refuses fails if anything but m is taken.
func refuses(t *testing.T, name string, m []byte, check func([]byte) error, foreign ...[]byte) {
	t.Helper()
	for i := range m {
		changed := bytes.Clone(m)
		changed[i] ^= 1 << (i % 8)
		foreign = append(foreign, changed, m[:i])
	}
	for _, f := range append(foreign, nil, append(bytes.Clone(m), 0), make([]byte, len(m))) {
		if err := check(f); !errors.Is(err, ErrTCPPeer) && !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %x is taken for %x: %v", name, f, m, err)
		}
	}
}

func FuzzTCPProof(f *testing.F) {
	d, a := proofEnds(1, false)
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add(d.Confirm())
	if err := a.CheckHello(d.Hello()); err != nil {
		f.Fatal(err)
	}
	f.Add(a.Answer())
	f.Add(a.Lane(1))
	other, _ := proofEnds(2, false)
	f.Add(other.Hello())
	f.Fuzz(func(t *testing.T, m []byte) {
		key := sha256.Sum256([]byte("a key that nobody who makes m has"))
		p := tcpProof(key, len(m)%2 == 0, counting(3), counting(4))
		_, err := p.CheckLane(m)
		for _, err := range []error{err, p.CheckHello(m), p.CheckAnswer(m), p.CheckConfirm(m)} {
			if !errors.Is(err, ErrTCPPeer) && !errors.Is(err, wire.ErrMalformed) {
				t.Fatalf("%x is taken: %v", m, err)
			}
		}
	})
}
