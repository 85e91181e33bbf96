package wire

import (
	"encoding/hex"
	"strings"
	"testing"
)

// encoder is what every message can do.
type encoder interface{ Append(b []byte) []byte }

// parser is one of this package's parsers, for any message.
type parser func(b []byte) (encoder, error)

func parserOf[T encoder](parse func([]byte) (T, error)) parser {
	return func(b []byte) (encoder, error) { return parse(b) }
}

// onlySegment parses a record that holds one segment and nothing else.
func onlySegment(b []byte) (Segment, error) {
	s, rest, err := NextSegment(b)
	if err == nil && len(rest) > 0 {
		return Segment{}, malformed("%d bytes left over", len(rest))
	}
	return s, err
}

// messageCase is one message and its bytes, written down by hand: the source of
// the tests here and of testdata/vectors/transfer.json.
type messageCase struct {
	name    string
	from    string // who sends it
	message encoder
	parse   parser
	hex     string // spaces part the fields; 'text' stands for its bytes
}

// bytes gives the message's bytes as the case has them.
func (c messageCase) bytes(t testing.TB) []byte {
	t.Helper()
	var digits strings.Builder
	for i, part := range strings.Split(c.hex, "'") {
		if i%2 == 1 {
			part = hex.EncodeToString([]byte(part))
		}
		digits.WriteString(strings.ReplaceAll(part, " ", ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return b
}

// caseHash is 32 bytes that count up, and its digits.
const caseHashHex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func caseHash() (h [32]byte) {
	for i := range h {
		h[i] = byte(i)
	}
	return h
}

func messageCases() []messageCase {
	var all []messageCase
	for _, some := range [][]messageCase{sessionCases(), offerCases(), manifestCases(), blockCases(), endCases()} {
		all = append(all, some...)
	}
	return all
}

func sessionCases() []messageCase {
	return []messageCase{
		{
			"hello", "either",
			Hello{Lanes: LaneRelay | LaneWebRTC, Program: "tallow/1.0"},
			parserOf(ParseHello),
			"02 03 0a 'tallow/1.0'",
		},
		{"hello, no lanes, no program", "either", Hello{}, parserOf(ParseHello), "02 00 00"},
		{"hello, lanes of later", "either", Hello{Lanes: 0x0f, Verifies: true, NoDirect: true, Keeps: true, Page: true}, parserOf(ParseHello), "02 ff 00"},
		{"hello, who wants to keep the peer", "either", Hello{Lanes: LaneTCP, Keeps: true, Program: "t"}, parserOf(ParseHello), "02 24 01 74"},
		{"hello, a page in a browser", "receiver", Hello{Lanes: LaneWebRTC, Page: true, Program: "t"}, parserOf(ParseHello), "02 12 01 74"},
		{"hello, a person compares words", "either", Hello{Lanes: LaneRelay, Verifies: true, Program: "t"}, parserOf(ParseHello), "02 81 01 74"},
		{
			"hello, a name", "either",
			Hello{Lanes: LaneRelay, Program: "t", Name: "café"},
			parserOf(ParseHello),
			"02 01 42 't' 00 'caf' c3a9" + strings.Repeat("00", MaxPeerName-5),
		},
		{
			"hello, the longest name", "either",
			Hello{Lanes: LaneRelay, Name: strings.Repeat("n", MaxPeerName)},
			parserOf(ParseHello),
			"02 01 41 00" + strings.Repeat("6e", MaxPeerName),
		},
		{
			"signal, offer", "sender",
			Signal{SignalOffer, 1, "v=0\r\n"},
			parserOf(ParseSignal),
			"01 01 00000001 0005 'v=0' 0d0a",
		},
		{
			"signal, answer", "receiver",
			Signal{SignalAnswer, 1, "v=0\r\n"},
			parserOf(ParseSignal),
			"01 02 00000001 0005 'v=0' 0d0a",
		},
		{
			"signal, candidate", "either",
			Signal{SignalCandidate, 1, `{"candidate":""}`},
			parserOf(ParseSignal),
			`01 03 00000001 0010 '{"candidate":""}'`,
		},
		{"signal, failed", "either", Signal{Kind: SignalFailed, Lane: 0x01020304}, parserOf(ParseSignal), "01 04 01020304 0000"},
		{
			"signal, addresses", "either",
			Signal{SignalAddresses, 0x00020000, "\x04\xc0\x00\x02\x07\xa0\x01"},
			parserOf(ParseSignal),
			"01 05 00020000 0007 04 c0000207 a001",
		},
	}
}

func offerCases() []messageCase {
	return []messageCase{
		{
			"offer", "sender",
			Offer{Known: true, Files: 3, Bytes: 1048577, Stored: 65536, Names: []string{"photos", "naïve"}},
			parserOf(ParseOffer),
			"10 02 0000000000000003 0000000000100001 0000000000010000 0002 0006 'photos' 0006 6e61c3af7665",
		},
		{
			"offer, a text", "sender",
			Offer{Text: true, Known: true, Files: 1, Bytes: 5, Names: []string{"text"}},
			parserOf(ParseOffer),
			"10 03 0000000000000001 0000000000000005 0000000000000000 0001 0004 'text'",
		},
		{
			"offer, a stream", "sender",
			Offer{Files: 1, Names: []string{"stdin"}},
			parserOf(ParseOffer),
			"10 00 0000000000000001 0000000000000000 0000000000000000 0001 0005 'stdin'",
		},
		{"accept", "receiver", Accept{}, parserOf(ParseAccept), "11 00"},
		{"accept, what arrives is kept", "receiver", Accept{Keeps: true}, parserOf(ParseAccept), "11 01"},
		{"accept, compressed segments are taken", "receiver", Accept{Keeps: true, Expands: true}, parserOf(ParseAccept), "11 03"},
		{"decline", "receiver", Decline{"no room"}, parserOf(ParseDecline), "12 0007 'no room'"},
		{"decline, without words", "receiver", Decline{}, parserOf(ParseDecline), "12 0000"},
	}
}

func manifestCases() []messageCase {
	const mtime = 1_700_000_000_123_456_789
	return []messageCase{
		{
			"manifest, the only page", "sender",
			Manifest{Last: true, Omitted: 2, Entries: []Entry{
				{Kind: KindDir, Mode: 0o755, MTime: mtime, Path: "photos"},
				{Kind: KindFile, Mode: 0o644, MTime: -1, Size: 1048577, Path: "photos/a.jpg"},
				{Kind: KindSymlink, Mode: 0o777, MTime: mtime, Path: "photos/b.jpg", Target: "a.jpg"},
				{Kind: KindStream, Mode: 0o600, Path: "stdin"},
			}},
			parserOf(ParseManifest),
			"13 00000000 01 00000002 0000000000000000 0004" +
				"02 01ed 17979cfe3d85cd15 0000000000000000 0006 'photos' 0000" +
				"01 01a4 ffffffffffffffff 0000000000100001 000c 'photos/a.jpg' 0000" +
				"03 01ff 17979cfe3d85cd15 0000000000000000 000c 'photos/b.jpg' 0005 'a.jpg'" +
				"04 0180 0000000000000000 0000000000000000 0005 'stdin' 0000",
		},
		{
			"manifest, an empty page", "sender",
			Manifest{Page: 7, First: 1024},
			parserOf(ParseManifest),
			"13 00000007 00 00000000 0000000000000400 0000",
		},
		{"want, all of a page", "receiver", Want{Page: 7}, parserOf(ParseWant), "14 00000007 0000"},
		{
			"want, not all", "receiver",
			Want{Page: 1, Skips: []Skip{{1025, false, "name too long"}, {1030, true, ""}}},
			parserOf(ParseWant),
			"14 00000001 0002 0000000000000401 00 000d 'name too long' 0000000000000406 01 0000",
		},
	}
}

func blockCases() []messageCase {
	return []messageCase{
		{
			"have", "receiver",
			Have{File: 1, First: 2, Hashes: [][32]byte{caseHash(), {}}},
			parserOf(ParseHave),
			"15 0000000000000001 00000002 0002" + caseHashHex + strings.Repeat("00", 32),
		},
		{
			"have, the highest block", "receiver",
			Have{File: 1, First: 1<<32 - 2, Hashes: [][32]byte{{}}},
			parserOf(ParseHave),
			"15 0000000000000001 fffffffe 0001" + strings.Repeat("00", 32),
		},
		{
			"same", "sender",
			Same{[]Run{{1, 2, 1}}},
			parserOf(ParseSame),
			"16 0001 0000000000000001 00000002 00000001",
		},
		{
			"ack", "receiver",
			Ack{[]Run{{1, 0, 2}, {0x0102030405060708, 1<<32 - 3, 2}}},
			parserOf(ParseAck),
			"18 0002 0000000000000001 00000000 00000002 0102030405060708 fffffffd 00000002",
		},
		{
			"segment, a whole block", "sender",
			Segment{File: 3, BlockLen: 5, Hash: caseHash(), Payload: []byte("hello")},
			parserOf(onlySegment),
			"0000000000000003 0000000000000000 00000005 00000005" + caseHashHex + "'hello'",
		},
		{
			"segment, the end of a block", "sender",
			Segment{File: 1, Offset: BlockSize + 16*MaxSegment, BlockLen: 16*MaxSegment + 3, Hash: caseHash(), Payload: []byte("end")},
			parserOf(onlySegment),
			"0000000000000001 00000000001ffaf0 000ffaf3 00000003" + caseHashHex + "'end'",
		},
	}
}

func endCases() []messageCase {
	return []messageCase{
		{
			"end", "sender",
			End{[]FileEnd{
				{File: 1, Size: 1048577, Root: caseHash()},
				{File: 2, Outcome: OutcomeChanged, Reason: "it grew"},
			}},
			parserOf(ParseEnd),
			"17 0002 0000000000000001 00 0000000000100001" + caseHashHex + "0000" +
				"0000000000000002 01 0000000000000000" + strings.Repeat("00", 32) + "0007 'it grew'",
		},
		{
			"end, unreadable", "sender",
			End{[]FileEnd{{File: 4, Outcome: OutcomeUnreadable, Reason: "permission denied"}}},
			parserOf(ParseEnd),
			"17 0001 0000000000000004 02 0000000000000000" + strings.Repeat("00", 32) + "0011 'permission denied'",
		},
		{
			"settled", "receiver",
			Settled{[]FileSettled{{File: 1}, {File: 2, Outcome: OutcomeIntegrity, Reason: "bad block"}}},
			parserOf(ParseSettled),
			"19 0002 0000000000000001 00 0000 0000000000000002 05 0009 'bad block'",
		},
		{
			"complete", "receiver",
			Complete{Files: 3, Bytes: 1048577},
			parserOf(ParseComplete),
			"1a 0000000000000003 0000000000100001",
		},
		{"done", "sender", Done{}, parserOf(ParseDone), "1b"},
		{"pause", "either", Pause{true}, parserOf(ParsePause), "1c 01"},
		{"pause, no longer", "either", Pause{}, parserOf(ParsePause), "1c 00"},
		{"limit", "either", Limit{Rate: 1 << 20}, parserOf(ParseLimit), "1d 0000000000100000"},
		{"limit, no longer", "either", Limit{}, parserOf(ParseLimit), "1d 0000000000000000"},
		{
			"omitted", "sender",
			Omitted{LeftOut: 5, Entries: []OmittedEntry{{Path: "a/b", Reason: "a socket"}, {OnPurpose: true, Path: "c", Reason: "no"}}},
			parserOf(ParseOmitted),
			"1e 00000005 0002 00 0003 'a/b' 0008 'a socket' 01 0001 'c' 0002 'no'",
		},
		{"omitted, no names", "sender", Omitted{LeftOut: 1}, parserOf(ParseOmitted), "1e 00000001 0000"},
		{"invitation", "sender", Invitation{[]byte("body")}, parserOf(ParseInvitation), "20 0004 'body'"},
		{"cancel", "either", Cancel{ReasonIO, "disk full"}, parserOf(ParseCancel), "1f 02 0009 'disk full'"},
		{"cancel, no room", "receiver", Cancel{ReasonFull, "its disk is full"}, parserOf(ParseCancel), "1f 08 0010 'its disk is full'"},
		{"cancel, a reason of later", "either", Cancel{Reason: 200}, parserOf(ParseCancel), "1f c8 0000"},
	}
}
