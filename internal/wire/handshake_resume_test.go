package wire

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func resumeCases() []handshakeCase {
	nonce := [16]byte{0x01, 15: 0x02}
	q1 := Q1{Nonce: nonce, Incarnation: [16]byte{0x05, 15: 0x06}, Generation: 0xf708, Commitment: [32]byte{0x05, 31: 0x06}}
	q1.PublicKey[0] = 0xaa
	return []handshakeCase{
		{
			"Q1", q1, asHandshake(ParseQ1),
			"14" + "01000000000000000000000000000002" + "05000000000000000000000000000006" + "0000f708" +
				"0500000000000000000000000000000000000000000000000000000000000006" + "aa00", 1285,
		},
		{"Q2", resumeAnswer(), asHandshake(ParseQ2), "15" + "01000000000000000000000000000002" + "bb00", 1169},
		{
			"Q3",
			Q3{[32]byte{0x03, 31: 0x04}, [32]byte{0x05, 31: 0x06}},
			asHandshake(ParseQ3),
			"16" + "0300000000000000000000000000000000000000000000000000000000000004" +
				"0500000000000000000000000000000000000000000000000000000000000006", 65,
		},
	}
}

func resumeAnswer() Q2 {
	q2 := Q2{Nonce: [16]byte{0x01, 15: 0x02}, Confirmation: [32]byte{0x03, 31: 0x04}}
	q2.Ciphertext[0], q2.Ciphertext[XWingCiphertextSize-1] = 0xbb, 0xcc
	return q2
}

// The tails, which TestHandshakeBytes does not spell out.
func TestResumeTails(t *testing.T) {
	q2 := resumeAnswer()
	unconfirmed := q2.AppendUnconfirmed(nil)
	if len(unconfirmed) != 1137 || unconfirmed[1136] != 0xcc {
		t.Errorf("unconfirmed Q2: %d bytes, the last 0x%02x", len(unconfirmed), unconfirmed[len(unconfirmed)-1])
	}
	confirmation, err := hex.DecodeString("0300000000000000000000000000000000000000000000000000000000000004")
	if err != nil {
		t.Fatal(err)
	}
	if want := append(unconfirmed, confirmation...); !bytes.Equal(q2.Append(nil), want) {
		t.Errorf("Q2 is %x, want %x", q2.Append(nil), want)
	}
	var q1 Q1
	q1.PublicKey[XWingPublicKeySize-1] = 0xdd
	if b := q1.Append(nil); b[len(b)-1] != 0xdd {
		t.Errorf("Q1 ends with 0x%02x instead of its key", b[len(b)-1])
	}
}

// Generations are counted from 1, and a lane's number has 16 bits for one.
func TestGenerationLimits(t *testing.T) {
	for _, generation := range []uint32{1, 2, MaxGeneration} {
		if got, err := ParseQ1(Q1{Generation: generation}.Append(nil)); err != nil || got.Generation != generation {
			t.Errorf("generation %d: %d, %v", generation, got.Generation, err)
		}
	}
	for _, generation := range []uint32{0, MaxGeneration + 1, 70_000, 1<<32 - 1} {
		handshakeRefused(t, "a generation out of bounds", asHandshake(ParseQ1), Q1{Generation: generation}.Append(nil))
	}
}

func FuzzParseQ1(f *testing.F) { fuzzHandshake(f, asHandshake(ParseQ1)) }
func FuzzParseQ2(f *testing.F) { fuzzHandshake(f, asHandshake(ParseQ2)) }
func FuzzParseQ3(f *testing.F) { fuzzHandshake(f, asHandshake(ParseQ3)) }
