package relay

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
)

// Each client puts, and asks, no more often than it may.
func TestBoxRate(t *testing.T) {
	_, b := startBox(t, func(c *Config) {
		c.Access.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
		c.Mailbox.PutsPerMinute, c.Mailbox.RequestsPerMinute = 3, 6
	})
	from := func(path string, body []byte, client string) (int, string) {
		resp, answer := b.call(http.MethodPost, path, body, "X-Forwarded-For", client)
		word, _ := refusalWord(answer)
		if (word == boxRate) != (resp.Header.Get("Retry-After") != "") {
			t.Errorf("%s with %v", word, resp.Header)
		}
		return resp.StatusCode, word
	}
	slot := wire.BoxSlot{1}
	for _, c := range []struct {
		path, client, word string
		body               []byte
	}{
		{"put", "2001:db8:0:1::1", "", putBody(slot, 1)},
		{"put", "2001:db8:0:1::2", boxRate, putBody(slot, 1)}, // the same /64
		{"put", "2001:db8:0:2::1", "", putBody(slot, 1)},
		{"put", "192.0.2.1", "", putBody(slot, 1)},
		{"watch", "2001:db8:0:1::1", "", watchBody(slot)},
		{"delete", "2001:db8:0:1::1", "", deleteBody(slot)},
		{"watch", "2001:db8:0:1::1", boxRate, watchBody(slot)},
		{"delete", "2001:db8:0:1::1", boxRate, deleteBody(slot)},
		{"delete", "192.0.2.1", "", deleteBody(slot)},
	} {
		status, word := from(c.path, c.body, c.client)
		if word != c.word || (status == http.StatusTooManyRequests) != (c.word == boxRate) {
			t.Errorf("%s of %s: %d %s, want %s", c.path, c.client, status, word, c.word)
		}
	}
}

// By default one address puts a burst, and then has to wait; and it asks more often.
func TestBoxDefaults(t *testing.T) {
	_, b := startBox(t, func(c *Config) { c.Mailbox = MailboxConfig{} })
	count := func(path string, body []byte) (n int) {
		for {
			resp, answer := b.call(http.MethodPost, path, body)
			if word, _ := refusalWord(answer); word == boxRate {
				return n
			}
			if n++; resp.StatusCode >= 300 {
				t.Fatalf("%s: %s %s", path, resp.Status, answer)
			}
			if n > 1000 {
				t.Fatalf("%s is not limited", path)
			}
		}
	}
	puts, asks := count("put", putBody(wire.BoxSlot{1}, 1)), count("watch", watchBody(wire.BoxSlot{1}))
	if puts < 40 || puts > 200 || asks < 100 || asks > 500 {
		t.Errorf("%d puts and %d requests to watch at once", puts, asks)
	}
}

// There are no more messages than there may be, and one that is deleted leaves room.
func TestBoxFull(t *testing.T) {
	_, b := startBox(t, func(c *Config) { c.Mailbox.MaxMessages = 2 })
	b.put(1, 2)
	resp, _ := b.want(http.StatusInsufficientStorage, boxFull, "put", putBody(wire.BoxSlot{3}, 3))
	if resp.Header.Get("Retry-After") != fmt.Sprint(int(fullRetry.Seconds())) {
		t.Errorf("the headers are %v", resp.Header)
	}
	b.want(http.StatusNoContent, "", "delete", deleteBody(wire.BoxSlot{1}))
	b.put(3)
	b.wants([]wire.BoxSlot{{1}, {2}, {3}}, 2, 3)
}
