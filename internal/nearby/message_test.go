package nearby

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func TestQuestionBytes(t *testing.T) {
	got, err := question("7", 0x1234)
	if err != nil {
		t.Fatal(err)
	}
	// RFC 1035: ID, flags, one question; the name; SRV, and IN with the unicast bit.
	want := "\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" +
		"\x017\x07_tallow\x04_tcp\x05local\x00" + "\x00\x21\x80\x01"
	if string(got) != want {
		t.Errorf("%x\nwant %x", got, want)
	}
}

// reply builds the packet of a responder. Change, unless it is nil, modifies it.
func reply(t testing.TB, change func(*dnsmessage.Message)) []byte {
	t.Helper()
	m := dnsmessage.Message{
		Header: dnsmessage.Header{ID: 0x1234, Response: true, Authoritative: true},
		Answers: []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{
				Name: dnsmessage.MustNewName("7._tallow._tcp.local."), Class: dnsmessage.ClassINET, TTL: 120,
			},
			Body: &dnsmessage.SRVResource{Port: 4711, Target: dnsmessage.MustNewName("Tallow-abc.local.")},
		}},
	}
	if change != nil {
		change(&m)
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseAnswer(t *testing.T) {
	other := dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("x.local."), Class: dnsmessage.ClassINET, TTL: 1},
		Body:   &dnsmessage.TXTResource{TXT: []string{"y"}},
	}
	for name, tc := range map[string]struct {
		change func(*dnsmessage.Message)
		ok     bool
	}{
		"valid":             {nil, true},
		"with the question": {func(m *dnsmessage.Message) { m.Questions = []dnsmessage.Question{{Name: m.Answers[0].Header.Name}} }, true},
		"in capitals": {func(m *dnsmessage.Message) {
			m.Answers[0].Header.Name = dnsmessage.MustNewName("7._TALLOW._TCP.LOCAL.")
		}, true},
		"with the cache flushed": {func(m *dnsmessage.Message) { m.Answers[0].Header.Class |= unicastBit }, true},
		"behind others":          {func(m *dnsmessage.Message) { m.Answers = append([]dnsmessage.Resource{other, other}, m.Answers...) }, true},
		"a question":             {func(m *dnsmessage.Message) { m.Response = false }, false},
		"of another question":    {func(m *dnsmessage.Message) { m.ID++ }, false},
		"a refusal":              {func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeRefused }, false},
		"no answer":              {func(m *dnsmessage.Message) { m.Answers = nil }, false},
		"of another nameplate": {func(m *dnsmessage.Message) {
			m.Answers[0].Header.Name = dnsmessage.MustNewName("77._tallow._tcp.local.")
		}, false},
		"of another service":    {func(m *dnsmessage.Message) { m.Answers[0].Header.Name = dnsmessage.MustNewName("7._http._tcp.local.") }, false},
		"of another class":      {func(m *dnsmessage.Message) { m.Answers[0].Header.Class = dnsmessage.ClassCHAOS }, false},
		"a goodbye":             {func(m *dnsmessage.Message) { m.Answers[0].Header.TTL = 0 }, false},
		"without a port":        {func(m *dnsmessage.Message) { m.Answers[0].Body.(*dnsmessage.SRVResource).Port = 0 }, false},
		"in additional records": {func(m *dnsmessage.Message) { m.Answers, m.Additionals = nil, m.Answers }, false},
	} {
		packet := reply(t, tc.change)
		got, ok := parseAnswer(packet, "7", 0x1234)
		if ok != tc.ok || ok && got != (answer{"tallow-abc.local.", 4711}) {
			t.Errorf("%s: %+v, %t", name, got, ok)
		}
		for n := range len(packet) {
			if got, ok := parseAnswer(packet[:n], "7", 0x1234); ok {
				t.Errorf("%s: %+v from the first %d bytes", name, got, n)
			}
		}
	}
}

func TestCandidates(t *testing.T) {
	at := func(s string, port uint16, host string) response {
		return response{answer{host, port}, netip.MustParseAddr(s)}
	}
	got, err := candidates([]response{
		at("fe80::1%eth0", 1, "a"), at("fd00::1", 1, "a"), at("192.168.1.2", 1, "a"), at("127.0.0.1", 1, "a"), at("10.0.0.1", 1, "a"),
	})
	var list []string
	for _, a := range got {
		list = append(list, a.String())
	}
	want := "127.0.0.1:1 192.168.1.2:1 10.0.0.1:1 [fd00::1]:1 [fe80::1%eth0]:1"
	if err != nil || strings.Join(list, " ") != want {
		t.Errorf("%v, %v\nwant %s", list, err, want)
	}
	if got, err := candidates([]response{at("10.0.0.1", 1, "a"), at("10.0.0.2", 1, "b")}); err != ErrAmbiguous {
		t.Errorf("two announcers: %v, %v", got, err)
	}
}

// FuzzParseAnswer takes any packet from the network.
func FuzzParseAnswer(f *testing.F) {
	f.Add(reply(f, nil))
	f.Add(reply(f, func(m *dnsmessage.Message) { m.Answers = append(m.Answers, m.Answers...) }))
	f.Add([]byte{})
	q, err := question("7", 0x1234)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(q)
	f.Fuzz(func(t *testing.T, packet []byte) {
		a, ok := parseAnswer(packet, "7", 0x1234)
		if !ok {
			if a != (answer{}) {
				t.Fatalf("%+v, but no answer", a)
			}
			return
		}
		if a.port == 0 || a.host != strings.ToLower(a.host) {
			t.Fatalf("answer %+v", a)
		}
		if !bytes.HasPrefix(packet, []byte{0x12, 0x34}) || packet[2]&0x80 == 0 {
			t.Fatalf("an answer of %x", packet)
		}
	})
}
