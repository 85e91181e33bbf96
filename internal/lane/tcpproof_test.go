package lane_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/lane"
)

var update = flag.Bool("update", false, "write testdata/vectors/tcp.json")

const tcpVectors = "../../testdata/vectors/tcp.json"

// hexBytes is shown in hexadecimal.
type hexBytes []byte

func (h hexBytes) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

// tcpVector is how one connection begins.
type tcpVector struct {
	Dialler string   `json:"dialler"`
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
	role := map[string]byte{"receiver": 1, "sender": 2}[v.Dialler]
	prove := func(label string, parts ...[]byte) []byte {
		mac := hmac.New(sha256.New, v.Key)
		mac.Write(slices.Concat([]byte("tallow/2 tcp "+label), []byte{role}, slices.Concat(parts...)))
		return mac.Sum(nil)
	}
	number := binary.BigEndian.AppendUint32(nil, v.Number)
	v.Hello = slices.Concat(v.NonceD, prove("dial", v.NonceD))
	v.Answer = slices.Concat(v.NonceA, prove("answer", v.NonceD, v.NonceA))
	if v.Dialler == "receiver" {
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
	for _, dialler := range []string{"sender", "receiver"} {
		v := tcpVector{Dialler: dialler, Key: key[:], NonceD: nonceD[:], NonceA: nonceA[:], Number: 0x00020001}.reference()
		file.Connections = append(file.Connections, v)
		p := lane.NewTCPProof(key, dialler == "sender", nonceD, nonceA)
		if !bytes.Equal(p.Hello(), v.Hello) || !bytes.Equal(p.Answer(), v.Answer) || !bytes.Equal(p.Lane(v.Number), v.Lane) ||
			v.Confirm != nil && !bytes.Equal(p.Confirm(), v.Confirm) {
			t.Errorf("the %s dials: %x %x %x %x, want %+v", dialler, p.Hello(), p.Answer(), p.Confirm(), p.Lane(v.Number), v)
		}
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(tcpVectors, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	onDisk, err := os.ReadFile(tcpVectors)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(onDisk, text) {
		t.Error("tcp.json is not what the reference says; written anew with -update")
	}
}

// proofEnds are both ends of a connection, each with its own nonce only.
func proofEnds(key byte, senderDials bool) (dialler, acceptor lane.TCPProof) {
	k := [lane.TCPKeySize]byte{key}
	return lane.NewTCPProof(k, senderDials, counting(1), [32]byte{}), lane.NewTCPProof(k, senderDials, [32]byte{}, counting(2))
}

// Both ends take each other's messages, and those with any bit changed, cut,
// longer, of another key, role or connection, or their own, they do not.
func TestTCPProofTakesOnlyThePeers(t *testing.T) {
	for _, senderDials := range []bool{true, false} {
		d, a := proofEnds(1, senderDials)
		other, _ := proofEnds(2, senderDials)
		turned, _ := proofEnds(1, !senderDials)
		refuses(t, "hello", d.Hello(), a.TakeHello, other.Hello(), turned.Hello())
		if !a.TakeHello(d.Hello()) {
			t.Fatal("the peer's hello is refused")
		}
		_, fresh := proofEnds(1, senderDials)
		refuses(t, "answer", a.Answer(), d.TakeAnswer, d.Hello(), fresh.Answer(), other.Answer())
		if !d.TakeAnswer(a.Answer()) {
			t.Fatal("the peer's answer is refused")
		}
		replayed := lane.NewTCPProof([lane.TCPKeySize]byte{1}, senderDials, counting(1), counting(9))
		refuses(t, "confirm", d.Confirm(), a.TakeConfirm, d.Hello()[32:], a.Answer()[32:], replayed.Confirm(), turned.Confirm())
		if !a.TakeConfirm(d.Confirm()) {
			t.Fatal("the peer's confirmation is refused")
		}
		takeLane := func(p lane.TCPProof) func([]byte) bool {
			return func(m []byte) bool { _, ok := p.TakeLane(m); return ok }
		}
		for _, ends := range [][2]lane.TCPProof{{d, a}, {a, d}} {
			m := ends[0].Lane(7)
			refuses(t, "lane", m, takeLane(ends[1]), replayed.Lane(7), append(ends[0].Lane(8)[:4:4], m[4:]...))
			if id, ok := ends[1].TakeLane(m); !ok || id != 7 {
				t.Errorf("lane %d, %v", id, ok)
			}
		}
	}
}

// refuses fails if anything but m is taken.
func refuses(t *testing.T, name string, m []byte, take func([]byte) bool, foreign ...[]byte) {
	t.Helper()
	for i := range m {
		changed := bytes.Clone(m)
		changed[i] ^= 1 << (i % 8)
		foreign = append(foreign, changed, m[:i])
	}
	for _, f := range append(foreign, nil, append(bytes.Clone(m), 0), make([]byte, len(m))) {
		if take(f) {
			t.Errorf("%s: %x is taken for %x", name, f, m)
		}
	}
}

func FuzzTCPProof(f *testing.F) {
	d, a := proofEnds(1, false)
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add(d.Confirm())
	a.TakeHello(d.Hello())
	f.Add(a.Answer())
	f.Add(a.Lane(1))
	stranger, _ := proofEnds(2, false)
	f.Add(stranger.Hello())
	f.Fuzz(func(t *testing.T, m []byte) {
		key := sha256.Sum256([]byte("a key that nobody who makes m has"))
		p := lane.NewTCPProof(key, len(m)%2 == 0, counting(3), counting(4))
		if _, ok := p.TakeLane(m); ok || p.TakeHello(m) || p.TakeAnswer(m) || p.TakeConfirm(m) {
			t.Fatalf("%x is taken", m)
		}
	})
}
