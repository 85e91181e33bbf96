package relay

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// networks parses networks.
func networks(t *testing.T, texts ...string) (all []netip.Prefix) {
	t.Helper()
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestClientAddr(t *testing.T) {
	none, one := networks(t), networks(t, "203.0.113.0/24")
	several := networks(t, "203.0.113.9/32", "10.0.0.0/8", "2001:db8:ffff::/48")
	for _, tc := range []struct {
		proxies   []netip.Prefix
		forwarded []string
		want      string
	}{
		{none, nil, "203.0.113.9"},
		{none, []string{"198.51.100.7"}, "203.0.113.9"},
		{networks(t, "203.0.113.8/32"), []string{"198.51.100.7"}, "203.0.113.9"},
		{one, nil, "203.0.113.9"},
		{one, []string{"198.51.100.7"}, "198.51.100.7"},
		{one, []string{"192.0.2.66, 198.51.100.7"}, "198.51.100.7"},
		{one, []string{"192.0.2.66", "2001:db8::7"}, "2001:db8::7"},
		{one, []string{"198.51.100.7:4711"}, "198.51.100.7"},
		{one, []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		{one, []string{"198.51.100.7, unknown"}, "203.0.113.9"},
		{one, []string{""}, "203.0.113.9"},
		{several, []string{"192.0.2.66, 198.51.100.7, 10.1.2.3"}, "198.51.100.7"},
		{several, []string{"192.0.2.66", "198.51.100.7", "10.1.2.3, 2001:db8:ffff::1"}, "198.51.100.7"},
		{several, []string{"192.0.2.66, ::ffff:10.1.2.3"}, "192.0.2.66"},
		{several, []string{"10.1.2.4, 10.1.2.3"}, "10.1.2.4"}, // all of them are proxies
		{several, []string{"198.51.100.7, nonsense, 10.1.2.3"}, "10.1.2.3"},
	} {
		a := Access{TrustedProxies: tc.proxies}
		req := &http.Request{RemoteAddr: "203.0.113.9:1234", Header: http.Header{"X-Forwarded-For": tc.forwarded}}
		if got := a.clientAddr(req).Unmap().String(); got != tc.want {
			t.Errorf("behind %v, forwarded %q: %s, want %s", tc.proxies, tc.forwarded, got, tc.want)
		}
	}
}

// FuzzForwardedFor holds the header against what clients can put into it: with what
// the trusted proxy adds at the end, nothing before that counts.
func FuzzForwardedFor(f *testing.F) {
	f.Add("198.51.100.1", "192.0.2.7")
	f.Add(",,", "")
	f.Add("[::1]:80, 203.0.113.1", "x")
	f.Fuzz(func(t *testing.T, first, second string) {
		a := Access{TrustedProxies: networks(t, "203.0.113.0/24")}
		req := &http.Request{RemoteAddr: "203.0.113.9:1", Header: http.Header{"X-Forwarded-For": {first, second, "198.51.100.7"}}}
		if got := a.clientAddr(req).String(); got != "198.51.100.7" {
			t.Fatalf("%s, after %q and %q", got, first, second)
		}
		req.Header = http.Header{"X-Forwarded-For": {first, second}}
		if !a.clientAddr(req).IsValid() {
			t.Fatalf("no address from %q and %q", first, second)
		}
	})
}

func TestServes(t *testing.T) {
	a := Access{Allow: networks(t, "10.0.0.0/8", "2001:db8::/32"), Deny: networks(t, "10.6.0.0/16")}
	for addr, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "2001:db8::1": true,
		"10.6.0.1": false, "::ffff:10.6.0.1": false, "192.0.2.1": false, "2001:db9::1": false,
	} {
		if got := a.serves(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is served: %t", addr, got)
		}
	}
}

// A closed relay lets nobody in without a password: neither to open a room, nor to
// join one, nor to resume.
func TestPassword(t *testing.T) {
	config := unlimited()
	config.Access = Access{Password: "open sesame", Tokens: []Token{{Name: "office", Password: "token"}}}
	_, base := start(t, config)
	request := wire.OpenRequest{Nonce: testNonce(), Nameplate: "7"}
	for _, wrong := range []string{"", "open", "open sesame "} {
		request.Password = wrong
		if resp, b := post(t, base, string(request.Append(nil))); resp.StatusCode != http.StatusForbidden || word(t, b) != "password" {
			t.Errorf("%q: %s: %s", wrong, resp.Status, b)
		}
	}
	request.Password = "open sesame"
	resp, body := post(t, base, string(request.Append(nil)))
	reply, err := wire.ParseOpenReply(body)
	if err != nil {
		t.Fatal(resp.Status, err)
	}
	for _, join := range []wire.RoomJoin{asReceiver("7"), asSender("7", reply.Ticket), asResumer(resumeID, 1)} {
		dial(t, base, join).wantError(wire.RoomPassword)
		join.Password = "wrong"
		dial(t, base, join).wantError(wire.RoomPassword)
	}
	for _, join := range []wire.RoomJoin{asReceiver("7"), asResumer(resumeID, 1)} {
		join.Password = "token"
		if b := dial(t, base, join).frame(); b[0] != byte(wire.RoomWelcomeKind) {
			t.Errorf("%v: %x", join.Role, b)
		}
	}
}

// A wrong password makes the next attempts wait, longer each time.
func TestWrongPasswordsAreSlowed(t *testing.T) {
	config := unlimited()
	config.RoomsPerMinute = 60
	config.Access.Password = "open sesame"
	_, base := start(t, config)
	request := wire.OpenRequest{Nonce: testNonce(), Password: "wrong"}
	tried := 0
	for ; tried < 20; tried++ { // as many as the burst
		resp, b := post(t, base, string(request.Append(nil)))
		if resp.StatusCode == http.StatusTooManyRequests {
			if word(t, b) != "rate" || resp.Header.Get("Retry-After") == "" {
				t.Errorf("%v: %s", resp.Header, b)
			}
			break
		}
	}
	if tried > 5 {
		t.Errorf("%d wrong passwords in a row", tried)
	}
}

func TestTokenQuotas(t *testing.T) {
	config := unlimited()
	config.Access.Tokens = []Token{
		{Name: "small", Password: "s", MaxRooms: 1, MaxConnections: 2},
		{Name: "large", Password: "l"},
	}
	r, base := start(t, config)
	request := wire.OpenRequest{Nonce: testNonce(), Nameplate: "7", Password: "s"}
	if resp, b := post(t, base, string(request.Append(nil))); resp.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %s", resp.Status, b)
	}
	request.Nameplate = ""
	if resp, b := post(t, base, string(request.Append(nil))); resp.StatusCode != http.StatusTooManyRequests || word(t, b) != "quota" || resp.Header.Get("Retry-After") == "" {
		t.Errorf("%s: %s", resp.Status, b)
	}
	request.Password = "l"
	for range 3 {
		if resp, b := post(t, base, string(request.Append(nil))); resp.StatusCode != http.StatusCreated {
			t.Fatalf("%s: %s", resp.Status, b)
		}
	}
	join := func(id byte) client {
		j := asResumer([16]byte{id}, 1)
		j.Password = "s"
		return dial(t, base, j)
	}
	first := join(1)
	first.frame()
	join(2).frame()
	third := join(3)
	e, err := wire.ParseRoomError(third.frame())
	if err != nil || e.Code != wire.RoomQuota || e.Retry == 0 {
		t.Errorf("%+v, %v", e, err)
	}
	_ = first.conn.Close()
	eventually(t, "the place of the first is free", func() bool { return r.ledger.free(r.keys.accounts[0], connections) })
	join(4).frame()
}

func (l *ledger) free(a *account, what resource) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return a.hasRoomFor(what)
}

func TestDeniedAddresses(t *testing.T) {
	config := unlimited()
	config.Access.Deny = networks(t, "127.0.0.0/8", "::1/128")
	_, base := start(t, config)
	if resp, b := post(t, base, string(wire.OpenRequest{Nonce: testNonce()}.Append(nil))); resp.StatusCode != http.StatusForbidden || word(t, b) != "denied" {
		t.Errorf("%s: %s", resp.Status, b)
	}
	if resp, b := request(t, http.MethodGet, base+"/ws", nil); resp.StatusCode != http.StatusForbidden || word(t, b) != "denied" {
		t.Errorf("%s: %s", resp.Status, b)
	}
	if resp, _ := request(t, http.MethodGet, base+"/api/health", nil); resp.StatusCode != http.StatusOK {
		t.Errorf("health: %s", resp.Status)
	}
}

func TestAccessIsChecked(t *testing.T) {
	for name, a := range map[string]Access{
		"a password too long":  {Password: string(make([]byte, 129))},
		"a token without name": {Tokens: []Token{{Password: "x"}}},
		"a token without its":  {Tokens: []Token{{Name: "x"}}},
		"two of one name":      {Tokens: []Token{{Name: "x", Password: "1"}, {Name: "x", Password: "2"}}},
		"two of one password":  {Password: "1", Tokens: []Token{{Name: "x", Password: "1"}}},
		"a negative limit":     {Tokens: []Token{{Name: "x", Password: "1", MaxRooms: -1}}},
	} {
		if _, err := New(Config{Access: a}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
