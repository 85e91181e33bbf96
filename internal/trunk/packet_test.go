package trunk

import (
	"bytes"
	"crypto/cipher"
	"encoding/hex"
	"slices"
	"testing"
)

func testAEAD(t testing.TB, b byte) cipher.AEAD {
	t.Helper()
	aead, err := newAEAD(bytes.Repeat([]byte{b}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return aead
}

func TestPacketBytes(t *testing.T) {
	aead := testAEAD(t, 7)
	got := appendSealed([]byte("before"), aead, 0x00010002, 0x0304, []byte("payload"))
	const header = "c0" + "00010002" + "0000000000000304"
	if want := "6265666f7265" + header; hex.EncodeToString(got)[:len(want)] != want {
		t.Errorf("%x", got)
	}
	packet := got[len("before"):]
	if len(packet) != len("payload")+Overhead {
		t.Errorf("%d bytes", len(packet))
	}
	if flow, ok := flowOf(packet); !ok || flow != 0x00010002 {
		t.Errorf("flow %#x, %v", flow, ok)
	}
	payload, n, err := openPacket(nil, aead, packet)
	if err != nil || string(payload) != "payload" || n != 0x0304 {
		t.Errorf("%q, number %#x, %v", payload, n, err)
	}
}

// A packet of which any bit was changed does not open, nor does one that is cut.
func TestForgedPackets(t *testing.T) {
	aead := testAEAD(t, 7)
	packet := appendSealed(nil, aead, 5, 6, []byte("payload"))
	for i := range 8 * len(packet) {
		forged := slices.Clone(packet)
		forged[i/8] ^= 1 << (i % 8)
		if _, ok := flowOf(forged); !ok {
			continue
		}
		if _, _, err := openPacket(nil, aead, forged); err == nil {
			t.Errorf("it opens although bit %d was changed", i)
		}
	}
	for n := range packet {
		if _, ok := flowOf(packet[:n]); !ok {
			continue
		}
		if _, _, err := openPacket(nil, aead, packet[:n]); err == nil {
			t.Errorf("%d of %d bytes open", n, len(packet))
		}
	}
	if _, _, err := openPacket(nil, testAEAD(t, 8), packet); err == nil {
		t.Error("it opens with another key")
	}
}

func FuzzPacket(f *testing.F) {
	aead := testAEAD(f, 7)
	f.Add(appendSealed(nil, aead, 5, 6, []byte("payload")))
	f.Add([]byte{mark})
	f.Fuzz(func(t *testing.T, packet []byte) {
		flow, ok := flowOf(packet)
		if !ok {
			return
		}
		payload, n, err := openPacket(nil, aead, packet)
		if err == nil && !bytes.Equal(appendSealed(nil, aead, flow, n, payload), packet) {
			t.Error("sealed again it is another packet")
		}
	})
}
