package doctor

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// fake is a machine and its network, as a test wants them.
type fake struct {
	facts    relayFacts
	relay    error
	mappings []mapping
	found    []netip.Addr
	local    error
	unusable map[string]error
	space    int64
	keyed    keyFacts
}

func (f fake) look(context.Context) (relayFacts, error)   { return f.facts, f.relay }
func (f fake) ask(context.Context, []string) []mapping    { return f.mappings }
func (f fake) find(context.Context) ([]netip.Addr, error) { return f.found, f.local }
func (f fake) key(context.Context) keyFacts               { return f.keyed }
func (f fake) write(dir string) error                     { return f.unusable[dir] }
func (f fake) free(string) int64                          { return f.space }
func (f fake) doctor(state string) *Doctor                { return &Doctor{f, f, f, f, f, state, "out"} }

func seen(server, as string) mapping {
	return mapping{netip.MustParseAddrPort(server), netip.MustParseAddrPort(as), false}
}

func silent(server string) mapping { return mapping{server: netip.MustParseAddrPort(server)} }

func offset(facts relayFacts, by time.Duration) relayFacts {
	facts.offset, facts.known = by, true
	return facts
}

// Each machine with what the doctor says of it: the states of its checks, and the
// verdict.
func TestDoctor(t *testing.T) {
	relay := relayFacts{name: "relay.example", secure: true, version: "v1", stun: []string{"192.0.2.1:3478", "192.0.2.2:3478"}}
	one, two := "192.0.2.1:3478", "192.0.2.2:3478"
	lan := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.168.1.2")}
	own := seen(one, "192.0.2.9:4000")
	own.own = true
	withoutSTUN := relay
	withoutSTUN.stun = nil
	for _, tc := range []struct {
		what   string
		fake   fake
		states string // name=state of those that are not ok
		direct Direct
		says   string
	}{
		{
			"a NAT that keeps the port",
			fake{facts: relay, mappings: []mapping{seen(one, "198.51.100.7:4000"), seen(two, "198.51.100.7:4000")}, found: lan},
			"", DirectProbable, "A direct connection will probably work.",
		},
		{
			"a symmetric NAT",
			fake{facts: relay, mappings: []mapping{seen(one, "198.51.100.7:4000"), seen(two, "198.51.100.7:4001")}, found: lan},
			"nat=warning", DirectUnlikely, "only where the other machine has no such NAT",
		},
		{
			"one STUN server",
			fake{facts: relay, mappings: []mapping{seen(one, "198.51.100.7:4000"), silent(two)}, found: lan},
			"nat=unknown", DirectProbable, "will probably work",
		},
		{
			"one server twice",
			fake{facts: relay, mappings: []mapping{seen(one, "198.51.100.7:4000"), seen(one, "198.51.100.7:4000")}, found: lan},
			"nat=unknown", DirectProbable, "will probably work",
		},
		{
			"a server of IPv4 and one of IPv6",
			fake{facts: relay, mappings: []mapping{seen(one, "198.51.100.7:4000"), seen("[2001:db8::1]:3478", "[2001:db8::2]:4000")}, found: lan},
			"nat=unknown", DirectProbable, "will probably work",
		},
		{"no NAT", fake{facts: relay, mappings: []mapping{own}, found: lan}, "", DirectProbable, "will probably work"},
		{
			"no UDP",
			fake{facts: relay, mappings: []mapping{silent(one), silent(two)}, found: lan},
			"udp=warning nat=unknown", DirectNone, "Only the relayed lane will work, because UDP is blocked.",
		},
		{"a relay without STUN", fake{facts: withoutSTUN, found: lan}, "udp=unknown", DirectUnknown, "It has no STUN server"},
		{
			"no relay answers",
			fake{relay: errors.New("the relay cannot be reached"), found: lan},
			"relay=failed udp=unknown", DirectNone, "Only machines on this network can be reached, because the relay cannot.",
		},
		{
			"nothing at all",
			fake{relay: errors.New("no"), local: errors.New("no multicast")},
			"relay=failed udp=unknown network=warning", DirectNone, "Nothing will work but transfers on this machine",
		},
		{
			"no network but this machine",
			fake{facts: withoutSTUN, found: lan[:1]},
			"udp=unknown network=warning", DirectUnknown, "The relay works.",
		},
		{
			"a clock that is behind",
			fake{facts: offset(withoutSTUN, time.Hour), found: lan},
			"clock=warning udp=unknown", DirectUnknown, "",
		},
		{
			"a clock that is right",
			fake{facts: offset(withoutSTUN, -2*time.Second), found: lan},
			"udp=unknown", DirectUnknown, "",
		},
		{
			"a folder that cannot be written to",
			fake{facts: withoutSTUN, found: lan, unusable: map[string]error{"out": errors.New("read-only")}},
			"udp=unknown output=failed", DirectUnknown, "",
		},
		{
			"no keyring",
			fake{facts: withoutSTUN, found: lan, keyed: keyFacts{file: "device-key", keyring: errors.New("there is no bus")}},
			"udp=unknown keyring=warning", DirectUnknown, "",
		},
		{
			"a full disk",
			fake{facts: withoutSTUN, found: lan, space: 1_500_000},
			"udp=unknown state=warning output=warning", DirectUnknown, "",
		},
	} {
		t.Run(tc.what, func(t *testing.T) {
			if tc.fake.space == 0 {
				tc.fake.space = 1 << 40
			}
			if tc.fake.keyed == (keyFacts{}) {
				tc.fake.keyed.file = "device-key"
			}
			var told []Check
			report := tc.fake.doctor("state").Run(t.Context(), func(c Check) { told = append(told, c) })
			var states []string
			for _, c := range report.Checks {
				if c.State != OK {
					states = append(states, c.Name+"="+string(c.State))
				}
				if c.Text == "" || c.State == Failed && c.Hint == "" {
					t.Errorf("nothing is said of it, or what to do: %+v", c)
				}
			}
			if got := strings.Join(states, " "); got != tc.states {
				t.Errorf("not ok: %s; want %s", got, tc.states)
			}
			if len(told) != len(report.Checks) {
				t.Errorf("%d checks were told of %d", len(told), len(report.Checks))
			}
			if v := report.Verdict; v.Direct != tc.direct || !strings.Contains(v.Text, tc.says) || v.Text == "" {
				t.Errorf("%+v, want %s and %q", v, tc.direct, tc.says)
			}
			if got := len(report.Failed()); got != strings.Count(tc.states, "=failed") {
				t.Errorf("%d failed", got)
			}
		})
	}
}

// Without a relay there are only the checks of this machine and its network.
func TestDoctorWithoutARelay(t *testing.T) {
	f := fake{found: []netip.Addr{netip.MustParseAddr("192.168.1.2")}, space: 1 << 40}
	d := f.doctor("")
	d.relay = nil
	report := d.Run(t.Context(), func(Check) {})
	var names []string
	for _, c := range report.Checks {
		names = append(names, c.Name+"="+string(c.State))
	}
	if got := strings.Join(names, " "); got != "relay=unknown udp=unknown network=ok keyring=warning state=warning output=ok" {
		t.Error(got)
	}
	if v := report.Verdict; v.Relayed || !v.Local || !strings.Contains(v.Text, "name a relay") {
		t.Errorf("%+v", v)
	}
}

func TestWordsOfTheClock(t *testing.T) {
	for by, want := range map[time.Duration]string{
		time.Hour: "the clock is 1h0m0s behind that of the relay", -2 * time.Minute: "the clock is 2m0s ahead of that of the relay",
		time.Second: "the clock agrees with that of the relay",
	} {
		if got := checkClock(by); got.Text != want {
			t.Errorf("%v: %q", by, got.Text)
		}
	}
}

func TestSizeText(t *testing.T) {
	for n, want := range map[int64]string{0: "0.0 kB", 1500: "1.5 kB", 2_000_000: "2.0 MB", 1 << 62: "4.6 EB"} {
		if got := sizeText(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
