package wire

import (
	"bytes"
	"errors"
	"testing"
)

func TestRecordBytes(t *testing.T) {
	head := AppendRecordHeader(nil, RecordData, 0x0102030405060708)
	if want := []byte("\x21\x01\x02\x03\x04\x05\x06\x07\x08"); !bytes.Equal(head, want) || len(head) != RecordHeader {
		t.Fatalf("header %x, want %x", head, want)
	}
	sealed := bytes.Repeat([]byte{0xaa}, RecordTag+1)
	r, err := ParseRecord(append(head, sealed...))
	if err != nil || r.Kind != RecordData || r.Counter != 0x0102030405060708 || !bytes.Equal(r.Sealed, sealed) {
		t.Errorf("parsed as %+v, %v", r, err)
	}
}

func TestRecordSizes(t *testing.T) {
	for kind, ok := range map[byte]bool{0x20: true, 0x21: true, 0x1f: false, 0x22: false, 0: false, 0x10: false} {
		for _, n := range []int{RecordOverhead, RecordOverhead + 1, MaxRecord} {
			b := make([]byte, n)
			b[0] = kind
			if _, err := ParseRecord(b); (err == nil) != ok || err != nil && !errors.Is(err, ErrMalformed) {
				t.Errorf("kind %#02x, %d bytes: %v", kind, n, err)
			}
		}
	}
	for _, n := range []int{0, 1, RecordHeader, RecordOverhead - 1, MaxRecord + 1} {
		b := bytes.Repeat([]byte{byte(RecordControl)}, n)
		if r, err := ParseRecord(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%d bytes: %+v, %v", n, r, err)
		}
	}
}

// One room carries handshake messages and records: their first bytes differ.
func TestRecordsAreNoHandshakeMessages(t *testing.T) {
	for _, kind := range []byte{kindM1, kindM2, kindM3, kindM4, kindHandshakeAbort} {
		if kind == byte(RecordControl) || kind == byte(RecordData) {
			t.Errorf("%#02x begins a record and a handshake message", kind)
		}
	}
}

func TestControlBytes(t *testing.T) {
	for _, c := range []struct {
		control Control
		bytes   string
	}{
		{
			Control{Seq: 1, Ack: 2, Data: 3, Message: []byte{0x1b}},
			"\x00\x00\x00\x00\x00\x00\x00\x01" + "\x00\x00\x00\x00\x00\x00\x00\x02" + "\x00\x00\x00\x00\x00\x00\x00\x03" + "\x1b",
		},
		{
			Control{Ack: 0x0102030405060708, Data: 0x1112131415161718, Message: []byte{}},
			"\x00\x00\x00\x00\x00\x00\x00\x00" + "\x01\x02\x03\x04\x05\x06\x07\x08" + "\x11\x12\x13\x14\x15\x16\x17\x18",
		},
	} {
		got := c.control.Append(nil)
		if string(got) != c.bytes {
			t.Errorf("%x, want %x", got, c.bytes)
		}
		back, err := ParseControl(got)
		if err != nil || back.Seq != c.control.Seq || back.Ack != c.control.Ack || back.Data != c.control.Data || !bytes.Equal(back.Message, c.control.Message) {
			t.Errorf("parsed as %+v, %v", back, err)
		}
	}
}

func TestControlRefuses(t *testing.T) {
	head := Control{Seq: 1}.Append(nil)
	for n := range ControlHeader {
		if _, err := ParseControl(head[:n]); !errors.Is(err, ErrMalformed) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if _, err := ParseControl(head); !errors.Is(err, ErrMalformed) {
		t.Errorf("number 1 without a message: %v", err)
	}
	if _, err := ParseControl(Control{Message: []byte{0x1b}}.Append(nil)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a message without a number: %v", err)
	}
}

// The largest control message makes the largest record.
func TestControlFillsARecord(t *testing.T) {
	plain := Control{Seq: 1, Message: make([]byte, MaxMessage)}.Append(nil)
	if n := RecordOverhead + len(plain); n != MaxRecord {
		t.Errorf("a record of %d bytes, want %d", n, MaxRecord)
	}
}
