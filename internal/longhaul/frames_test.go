package longhaul

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
)

// The examples of RFC 9000, appendix A.1.
func TestVarint(t *testing.T) {
	for n, want := range map[uint64]string{
		151288809941952652: "c2197c5eff14e88c",
		494878333:          "9d7f3e7d",
		15293:              "7bbd",
		37:                 "25",
		0:                  "00",
		maxVarint:          "ffffffffffffffff",
	} {
		b := appendVarint(nil, n)
		if hex.EncodeToString(b) != want || len(b) != varintSize(n) {
			t.Errorf("%d: %x, want %s", n, b, want)
		}
		if got, rest, ok := parseVarint(append(b, 7)); got != n || len(rest) != 1 || !ok {
			t.Errorf("%x: %d, %x, %t", b, got, rest, ok)
		}
		if _, _, ok := parseVarint(b[:len(b)-1]); ok {
			t.Errorf("%x is accepted without its last byte", b)
		}
	}
	if n, _, ok := parseVarint([]byte{0x40, 0x25}); n != 37 || !ok {
		t.Error("a longer form of 37 is refused")
	}
}

// parseAll parses a packet, and copies what is valid only until the next frame.
func parseAll(packet []byte) (number uint64, all []frame, err error) {
	var p parser
	if number, err = p.begin(packet); err != nil {
		return 0, nil, err
	}
	for {
		f, more, err := p.next()
		if err != nil || !more {
			return number, all, err
		}
		f.spans = append([]span(nil), f.spans...)
		all = append(all, f)
	}
}

func TestFrames(t *testing.T) {
	b := appendVarint(nil, 300)
	b = append(b, framePing)
	b = appendAck(b, []span{{0, 1}, {3, 5}, {7, 10}}, 1000, ecnCounts{})
	b = append(appendVarint(appendVarint(append(b, frameData), 64), 3), "abc"...)
	b = appendValue(b, frameWindow, 1<<21)
	b = appendValue(b, frameWant, 5)
	b = appendValue(b, frameFloor, 2)
	b = appendAck(b, []span{{7, 10}}, 5, ecnCounts{capable: 300, marked: 2})
	b = append(b, frameClose, framePadding, 99)
	const want = "412c" + "01" + "02" + "09" + "43e8" + "03" + "02" + "01" + "01" + "01" + "00" +
		"03" + "4040" + "03" + "616263" + "04" + "80200000" + "05" + "05" + "06" + "02" +
		"08" + "09" + "05" + "01" + "02" + "412c" + "02" + "07" + "00" + "63"
	if got := hex.EncodeToString(b); got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	number, all, err := parseAll(b)
	wanted := []frame{
		{kind: framePing},
		{kind: frameAck, value: 1000, spans: []span{{7, 10}, {3, 5}, {0, 1}}},
		{kind: frameData, value: 64, data: []byte("abc")},
		{kind: frameWindow, value: 1 << 21},
		{kind: frameWant, value: 5},
		{kind: frameFloor, value: 2},
		{kind: frameAck, value: 5, spans: []span{{7, 10}}, ecn: ecnCounts{capable: 300, marked: 2}},
		{kind: frameClose},
	}
	if number != 300 || err != nil || !reflect.DeepEqual(all, wanted) {
		t.Errorf("%d, %v, %v", number, all, err)
	}
}

func TestMalformedFrames(t *testing.T) {
	for name, packet := range map[string]string{
		"empty":                      "",
		"half a number":              "41",
		"unknown frame":              "0009",
		"ACK-ECN without counts":     "000809050101",
		"ACK-ECN without one count":  "00080905010205",
		"WINDOW without a limit":     "0004",
		"DATA without a length":      "000300",
		"DATA that is too short":     "00030002ff",
		"DATA beyond the largest":    "0003ffffffffffffffff0161",
		"ACK without ranges":         "0002050000",
		"ACK of no range":            "000205000000",
		"ACK of 65 ranges":           "00024fff00404100",
		"ACK below 0":                "00020500010600"[:12],
		"ACK whose gap is too large": "00020500020005" + "00",
		"ACK whose range is too low": "00020500020002" + "02",
	} {
		b, err := hex.DecodeString(packet)
		if err != nil {
			t.Fatal(name, err)
		}
		if _, _, err := parseAll(b); !errors.Is(err, errMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzFrames parses packets of a peer. What is parsed can be written again, and is then
// the same.
func FuzzFrames(f *testing.F) {
	b := appendAck(appendVarint(nil, 7), []span{{0, 1}, {3, 5}}, 20, ecnCounts{})
	f.Add(append(b, framePing))
	f.Add(appendAck([]byte{0}, []span{{0, 1}, {3, 5}}, 20, ecnCounts{capable: 1, marked: 1 << 40}))
	f.Add(append(appendVarint(appendVarint(appendVarint(nil, 1<<40), frameData), 1<<20), 1, 'x'))
	f.Add(appendValue(appendValue([]byte{0}, frameWindow, maxVarint), frameFloor, 3))
	f.Add([]byte{0, frameWant, 9, frameClose})
	f.Fuzz(func(t *testing.T, packet []byte) {
		number, all, err := parseAll(packet)
		if err != nil {
			return
		}
		again := appendVarint(nil, number)
		for _, x := range all {
			switch x.kind {
			case framePing, frameClose:
				again = append(again, x.kind)
			case frameAck:
				var ascending []span
				for _, s := range x.spans {
					if s.start >= s.end {
						t.Fatalf("an empty range: %v", x.spans)
					}
					ascending = append([]span{s}, ascending...)
				}
				again = appendAck(again, ascending, x.value, x.ecn)
			case frameData:
				again = appendVarint(appendVarint(append(again, frameData), x.value), uint64(len(x.data)))
				again = append(again, x.data...)
			default:
				again = appendValue(again, x.kind, x.value)
			}
		}
		number2, all2, err := parseAll(again)
		if err != nil || number2 != number || len(all2) != len(all) {
			t.Fatalf("%x: %v", again, err)
		}
		for i := range all {
			if all[i].kind != all2[i].kind || all[i].value != all2[i].value || all[i].ecn != all2[i].ecn || !bytes.Equal(all[i].data, all2[i].data) || !reflect.DeepEqual(all[i].spans, all2[i].spans) {
				t.Errorf("%v became %v", all[i], all2[i])
			}
		}
	})
}

// FuzzEndpoint gives an endpoint in the middle of a transfer packets of a hostile peer.
// It refuses them or takes them, stays within its bounds, and has nothing to do forever.
func FuzzEndpoint(f *testing.F) {
	f.Add([]byte{0, framePing}, []byte{1, frameAck, 2, 0, 1, 2})
	f.Add(appendValue([]byte{0}, frameWant, maxVarint), appendValue([]byte{9}, frameFloor, maxVarint))
	f.Add(appendValue([]byte{0}, frameWindow, maxVarint), append([]byte{5, frameData, 0x60, 0, 3}, "abc"...))
	f.Add(appendAck([]byte{0}, []span{{0, 1}}, 0, ecnCounts{capable: 1}), appendAck([]byte{1}, []span{{0, 4}}, 0, ecnCounts{capable: 1, marked: 3}))
	f.Add([]byte{3, frameAck, 5, 0, 2, 0, 0, 1}, []byte{3, frameData, 0, 3, 0x40, 0, 0})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		e := newEndpoint(settings{payload: 1171, sizes: []int{1443}, ecn: true, seed: 1})
		e.ping()
		buf := make([]byte, 9000)
		now := granularity
		for range 3 {
			for i, packet := range [][]byte{first, second} {
				e.write(make([]byte, 5000))
				for i := 0; ; i++ {
					if _, ok := e.next(buf, now); !ok {
						break
					}
					if i > 10000 {
						t.Fatal("it sends for ever")
					}
				}
				if at := e.deadline(); at <= now {
					t.Fatalf("something is due at %v, and nothing is done at %v", at, now)
				}
				now += 7 * granularity
				if e.handle(packet, byte(ecnCapable+i), now) != nil {
					return
				}
				if _, _, _, err := e.in.message(1 << 16); err != nil {
					return
				}
			}
		}
		if e.in.window > maxWindow || len(e.acks.numbers.spans) > maxAckRanges || e.flying < 0 {
			t.Errorf("window %d, %d ranges, %d bytes in flight", e.in.window, len(e.acks.numbers.spans), e.flying)
		}
	})
}
