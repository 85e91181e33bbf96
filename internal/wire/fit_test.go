package wire

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// The largest of every message is one that a control record can carry, however
// long the words are that it is given.
func TestLargestMessagesFit(t *testing.T) {
	long := strings.Repeat("€", 20000) // 60,000 bytes
	for name, m := range map[string]encoder{
		"hello":           Hello{Program: long},
		"hello, named":    Hello{Program: long, Name: long},
		"signal":          Signal{Body: long[:MaxSignal]},
		"offer":           Offer{Names: slices.Repeat([]string{long}, MaxOfferNames)},
		"decline":         Decline{long},
		"want":            Want{Skips: slices.Repeat([]Skip{{Reason: long}}, MaxPageEntries)},
		"have":            Have{Hashes: make([][32]byte, MaxHaveBlocks)},
		"same":            Same{make([]Run, MaxRuns)},
		"ack":             Ack{make([]Run, MaxRuns)},
		"end":             End{slices.Repeat([]FileEnd{{Reason: long}}, MaxEnds)},
		"settled":         Settled{slices.Repeat([]FileSettled{{Reason: long}}, MaxEnds)},
		"invitation":      Invitation{make([]byte, MaxInvitation)},
		"cancel":          Cancel{Text: long},
		"omitted":         Omitted{Entries: []OmittedEntry{{Path: long, Reason: long}}},
		"page of symlink": Manifest{Entries: []Entry{{Kind: KindSymlink, Path: long[:MaxPath], Target: long[:MaxTarget]}}},
	} {
		if n := len(m.Append(nil)); n > MaxMessage {
			t.Errorf("%s has %d bytes, a message at most %d", name, n, MaxMessage)
		}
	}
}

// An offer keeps its names whole as long as they fit together, and never loses
// one.
func TestOfferNames(t *testing.T) {
	one := []string{strings.Repeat("a", 765)} // as long as the longest name on any disk
	full := slices.Repeat(one, MaxOfferNames)
	for _, c := range []struct {
		names []string
		bytes int // of each name in the message
	}{
		{one, 765},
		{full[:80], 765},
		{full, offerShare},
		{[]string{strings.Repeat("a", MaxPath+1)}, MaxPath},
	} {
		o, err := ParseOffer(Offer{Names: c.names}.Append(nil))
		if err != nil || len(o.Names) != len(c.names) {
			t.Fatalf("%d names came back as %d, %v", len(c.names), len(o.Names), err)
		}
		for i, n := range o.Names {
			if len(n) != c.bytes || !strings.HasPrefix(c.names[i], n) {
				t.Errorf("one of %d names has %d bytes of %d, want %d", len(c.names), len(n), len(c.names[i]), c.bytes)
			}
		}
	}
}

// A page that is filled as long as Fits says so is within its limits, and parses.
func TestPagesFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 40, 300, MaxPath})
		var m Manifest
		used := 0
		for {
			e := Entry{Kind: KindFile, Path: strings.Repeat("p", size.Draw(t, "path"))}
			if len(e.Append(nil)) != e.EncodedLen() {
				t.Fatalf("an entry of %d bytes, %d said", len(e.Append(nil)), e.EncodedLen())
			}
			if !m.Fits(used, e) {
				break
			}
			m.Entries = append(m.Entries, e)
			used += e.EncodedLen()
		}
		b := m.Append(nil)
		if len(b) > MaxPageBytes || len(m.Entries) > MaxPageEntries {
			t.Fatalf("a page of %d entries has %d bytes", len(m.Entries), len(b))
		}
		if len(b) < MaxPageBytes-MaxPath-entryMin && len(m.Entries) < MaxPageEntries {
			t.Fatalf("a page of %d entries and %d bytes was full", len(m.Entries), len(b))
		}
		if back, err := ParseManifest(b); err != nil || len(back.Entries) != len(m.Entries) {
			t.Fatalf("%d entries came back as %d, %v", len(m.Entries), len(back.Entries), err)
		}
	})
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"", 0, ""},
		{"abc", 3, "abc"},
		{"abc", 2, "ab"},
		{"abc", 0, ""},
		{"naïve", 4, "naï"},
		{"naïve", 3, "na"},
		{"€", 2, ""},
		{"a€", 3, "a"},
		{"😀😀", 7, "😀"},
		{"\x80\x80\x80", 2, ""},
	} {
		if got := clip(c.in, c.limit); got != c.want {
			t.Errorf("clip(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s, limit := rapid.String().Draw(t, "s"), rapid.IntRange(0, 40).Draw(t, "limit")
		got := clip(s, limit)
		if len(got) > limit || !strings.HasPrefix(s, got) || !utf8.ValidString(got) {
			t.Fatalf("clip(%q, %d) = %q", s, limit, got)
		}
		if rest := s[len(got):]; rest != "" {
			if _, width := utf8.DecodeRuneInString(rest); len(got)+width <= limit {
				t.Fatalf("clip(%q, %d) = %q is shorter than it need be", s, limit, got)
			}
		}
	})
}
