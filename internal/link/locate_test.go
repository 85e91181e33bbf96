package link

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/tallow-transfer/tallow/internal/code"
	"github.com/tallow-transfer/tallow/internal/rendezvous"
)

// fakeNetwork is a network without senders.
type fakeNetwork struct{ calls []string }

var errNotFound = errors.New("not found")

func (n *fakeNetwork) Serve(context.Context) (LocalRelay, error) { return nil, errNotFound }

func (n *fakeNetwork) Join(_ context.Context, nameplate string) (*rendezvous.Room, error) {
	n.calls = append(n.calls, "join "+nameplate)
	return nil, errNotFound
}

func (n *fakeNetwork) Find(_ context.Context, nameplate string) (rendezvous.Endpoint, error) {
	n.calls = append(n.calls, "find "+nameplate)
	return rendezvous.Endpoint{}, errNotFound
}

// The room of a code is looked for in these locations, in this order.
func TestLocations(t *testing.T) {
	for _, tt := range []struct {
		name       string
		configured string
		inCode     string
		noNetwork  bool
		want       []string // names; an empty one is this network
		err        error
	}{
		{name: "the code names a relay", inCode: "code.example", want: []string{"code.example"}},
		{name: "the code's relay comes before the configured one", configured: "mine.example", inCode: "code.example", want: []string{"code.example"}},
		{name: "a relay is configured", configured: "mine.example", want: []string{"mine.example", ""}},
		{name: "none is named", want: []string{""}},
		{name: "in a browser, a relay is configured", configured: "mine.example", noNetwork: true, want: []string{"mine.example"}},
		{name: "in a browser, none is named", noNetwork: true, err: ErrNoRelay},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{Relay: tt.configured}
			if !tt.noNetwork {
				c.Local = &fakeNetwork{}
			}
			all, err := c.locations(code.Code{Nameplate: "7", Relay: tt.inCode})
			if !errors.Is(err, tt.err) {
				t.Fatalf("got %v, want %v", err, tt.err)
			}
			var names []string
			for _, at := range all {
				names = append(names, at.name)
				if at.isLocal() != (at.name == "") || at.nameplate != "7" {
					t.Errorf("%+v", at)
				}
			}
			if err == nil && !slices.Equal(names, tt.want) {
				t.Errorf("got %q, want %q", names, tt.want)
			}
		})
	}
	var wrong *RelayNameError
	for _, c := range []Config{{Relay: "ftp://mine.example"}, {}} {
		k := code.Code{Nameplate: "7"}
		if c.Relay == "" {
			k.Relay = "ftp://code.example"
		}
		if _, err := c.locations(k); !errors.As(err, &wrong) {
			t.Errorf("got %v", err)
		}
	}
}

// If no relay is named, the room of a code and the resume room are looked for on
// this network only.
func TestLocalLocation(t *testing.T) {
	n := &fakeNetwork{}
	at, err := Config{Local: n}.named("", "1234")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := at.join(t.Context()); !errors.Is(err, errNotFound) {
		t.Error(err)
	}
	if _, err := at.resume(t.Context(), [16]byte{1}, [16]byte{2}); !errors.Is(err, errNotFound) {
		t.Error(err)
	}
	if want := []string{"join 1234", "find 1234"}; !slices.Equal(n.calls, want) {
		t.Errorf("called %q, want %q", n.calls, want)
	}
}

// Only the configured relay gets its password, and not one that a code names.
func TestPasswordGoesToTheConfiguredRelay(t *testing.T) {
	c := Config{Relay: "relay.example", RelayPassword: "secret"}
	for name, want := range map[string]string{
		"relay.example":            "secret",
		"Relay.Example":            "secret",
		"other.example":            "",
		"relay.example:8443":       "",
		"ws://relay.example":       "",
		"relay.example.evil":       "",
		"wss://relay.example:443/": "secret",
		"wss://relay.example/a":    "",
		"ws://relay.example:8080":  "", // without TLS, whatever the name resolves to
	} {
		at, err := c.named(name, "7")
		if err != nil {
			t.Fatal(err)
		}
		if got := at.relayOptions().Password; got != want {
			t.Errorf("%s gets %q, want %q", name, got, want)
		}
	}
	c.Relay = ""
	at, err := c.named("relay.example", "7")
	if err != nil {
		t.Fatal(err)
	}
	if at.relayOptions().Password != "" {
		t.Error("a relay that only the code names gets the password")
	}
}
