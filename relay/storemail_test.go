package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/internal/mail"
	"github.com/tallow-transfer/tallow/internal/mail/mailtest"
	"github.com/tallow-transfer/tallow/relay/outbox"
	"github.com/tallow-transfer/tallow/relay/roomstore/redistest"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
	"github.com/tallow-transfer/tallow/relay/stored/redisindex"
)

// mailAccount is an account at a mail server of the tests.
func mailAccount(s *mailtest.SMTP) *outbox.Mail {
	return &outbox.Mail{
		Sender: &mail.SMTP{Host: s.Host, Port: s.Port, Roots: s.Roots, Name: "relay.test"},
		From:   mail.Mailbox{Address: "files@relay.example"}, URL: "https://relay.example",
		Schedule: mail.Schedule{Waits: []time.Duration{20 * time.Millisecond}, GiveUp: time.Hour},
	}
}

// startMailing starts a relay that tells of what it stores, as Serve does.
func startMailing(t *testing.T, index stored.Index, blobs stored.Blobs, limits stored.MailLimits, out outbox.Config) storing {
	t.Helper()
	config := unlimited()
	config.Access.TrustedProxies = networks(t, "127.0.0.0/8")
	out.Interval = 20 * time.Millisecond
	config.Store = &StoreConfig{
		Service: stored.New(index, blobs, stored.Config{FreeFloor: 1, Mails: limits}), CreatesPerMinute: -1, ClaimsPerMinute: -1, Outbox: out,
	}
	r, base := start(t, config)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.store.outbox.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return storing{t, base + "/api/store"}
}

func openDisk(t *testing.T) *diskstore.Store {
	t.Helper()
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	return disk
}

// mailStores runs a test with a relay whose records are on its disk, and with two whose
// records are in Redis.
func mailStores(t *testing.T, server *mailtest.SMTP, limits stored.MailLimits, run func(t *testing.T, nodes []storing)) {
	limits.On = true
	t.Run("disk", func(t *testing.T) {
		disk := openDisk(t)
		run(t, []storing{startMailing(t, disk.Index, disk.Blobs, limits, outbox.Config{Mail: mailAccount(server)})})
	})
	t.Run("redis", func(t *testing.T) {
		disk, redis := openDisk(t), redistest.Start(t)
		var nodes []storing
		for range 2 {
			index, err := redisindex.Open(redis.URL)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = index.Close() })
			nodes = append(nodes, startMailing(t, index, disk.Blobs, limits, outbox.Config{Mail: mailAccount(server)}))
		}
		run(t, nodes)
	})
}

func mailName(n int) string { return fmt.Sprintf("%032x", n) }

func mailBody(n int, to string) map[string]string {
	return map[string]string{"name": mailName(n), "to": to, "from": "Ann", "note": "Have fun!", "what": "photos"}
}

// mailsOf returns what the sender is told of its mails.
func (s storing) mailsOf(path string) []mailReply {
	s.t.Helper()
	var reply struct {
		Mails []mailReply `json:"mails"`
	}
	if err := json.Unmarshal(s.want(http.StatusOK, "", http.MethodGet, path+"/mail", ownerToken, nil), &reply); err != nil {
		s.t.Fatal(err)
	}
	return reply.Mails
}

func (s storing) waitForMails(path string, want stored.MailState, count int) []mailReply {
	s.t.Helper()
	eventually(s.t, "the mails are "+string(want), func() bool {
		all := s.mailsOf(path)
		for _, m := range all {
			if m.State != want {
				return false
			}
		}
		return len(all) == count
	})
	return s.mailsOf(path)
}

func (s storing) stateOf(path string) storedReply {
	s.t.Helper()
	var reply storedReply
	if err := json.Unmarshal(s.want(http.StatusOK, "", http.MethodGet, path+"/state", ownerToken, nil), &reply); err != nil {
		s.t.Fatal(err)
	}
	return reply
}

// The requests of section 16 that have to do with mail, at one relay and at two.
func TestStoreMail(t *testing.T) {
	server := mailtest.StartSMTP(t, mailtest.Options{})
	mailStores(t, server, stored.MailLimits{}, func(t *testing.T, nodes []storing) {
		first, last := nodes[0], nodes[len(nodes)-1]
		sent := len(server.Mails())
		path := first.stores(2)
		if state := last.stateOf(path); !state.Mail || state.Opened != 0 {
			t.Errorf("the state is %+v", state)
		}
		if all := first.mailsOf(path); len(all) != 0 {
			t.Errorf("there are %+v", all)
		}

		// The wrapped key.
		first.want(http.StatusNotFound, storeUnknown, http.MethodGet, path+"/key", "", nil)
		for _, key := range [][]byte{{1}, bytes.Repeat([]byte{7}, 256)} {
			first.want(http.StatusNoContent, "", http.MethodPut, path+"/key", ownerToken, key)
			resp, got := last.call(http.MethodGet, path+"/key", "", nil)
			h := resp.Header
			if resp.StatusCode != http.StatusOK || !bytes.Equal(got, key) || h.Get("Content-Type") != "application/octet-stream" ||
				h.Get("Cache-Control") != "no-store" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s, %v, %q", resp.Status, h, got)
			}
		}
		first.want(http.StatusBadRequest, storeMalformed, http.MethodPut, path+"/key", ownerToken, make([]byte, 257))
		first.want(http.StatusBadRequest, storeMalformed, http.MethodPut, path+"/key", ownerToken, nil)
		first.want(http.StatusNotFound, storeUnknown, http.MethodPut, path+"/key", otherToken, []byte("k"))
		first.want(http.StatusNotFound, storeUnknown, http.MethodPut, path+"/key", "", []byte("k"))

		// What is refused.
		for _, refused := range []struct{ field, value, word string }{
			{"to", "bob", storeMailTo},
			{"to", "a@example.org,b@example.org", storeMailTo},
			{"to", "a@example.org\r\nBcc: b@example.org", storeMailTo},
			{"to", "", storeMailTo},
			{"name", "abc", storeMalformed},
			{"name", "", storeMalformed},
			{"note", strings.Repeat("x", 1001), storeMalformed},
			{"what", strings.Repeat("x", 201), storeMalformed},
			{"from", strings.Repeat("x", 65), storeMalformed},
		} {
			body := mailBody(1, "bob@example.org")
			body[refused.field] = refused.value
			first.want(http.StatusBadRequest, refused.word, http.MethodPost, path+"/mail", ownerToken, body)
		}
		first.want(http.StatusNotFound, storeUnknown, http.MethodPost, path+"/mail", otherToken, mailBody(1, "bob@example.org"))
		first.want(http.StatusNotFound, storeUnknown, http.MethodGet, path+"/mail", otherToken, nil)
		first.want(http.StatusMethodNotAllowed, "method", http.MethodDelete, path+"/mail", ownerToken, nil)

		// The same mail at all nodes at once is one.
		var asking sync.WaitGroup
		for range 4 {
			for _, s := range nodes {
				asking.Go(func() {
					var reply mailReply
					b := s.want(http.StatusAccepted, "", http.MethodPost, path+"/mail", ownerToken, mailBody(1, "bob@EXAMPLE.org"))
					if err := json.Unmarshal(b, &reply); err != nil || reply.Name != mailName(1) || reply.To != "bob@example.org" || reply.Changed == 0 {
						t.Errorf("%s, %v", b, err)
					}
				})
			}
		}
		asking.Wait()
		for _, m := range last.waitForMails(path, stored.MailSent, 1) {
			if m.Reason != "" || m.To != "bob@example.org" {
				t.Errorf("the mail is %+v", m)
			}
		}
		mails := server.Mails()[sent:]
		if len(mails) != 1 || mails[0].To != "bob@example.org" {
			t.Fatalf("the mails are %+v", mails)
		}
		if content := mails[0].Content; !strings.Contains(content, "https://relay.example/d"+path) || strings.Contains(content, path+"#") {
			t.Errorf("the mail is\n%s", content)
		}

		// Nothing of this has used anything up. Who looks at the offer has opened it.
		if state := first.stateOf(path); state.Opened != 0 || state.Done != 0 || state.Fetching != 0 {
			t.Errorf("the state is %+v", state)
		}
		before := time.Now().Unix()
		first.want(http.StatusOK, "", http.MethodGet, path+"/offer", "", nil)
		opened := last.stateOf(path).Opened
		if opened < before || opened > before+600 {
			t.Errorf("it was opened at %d, %d was the time", opened, before)
		}
		last.want(http.StatusOK, "", http.MethodGet, path+"/offer", "", nil)
		if again := first.stateOf(path).Opened; again != opened {
			t.Errorf("it was opened at %d, and then at %d", opened, again)
		}

		first.want(http.StatusConflict, storeIncomplete, http.MethodPost, first.create(10, 1)+"/mail", ownerToken, mailBody(1, "bob@example.org"))
		first.want(http.StatusNoContent, "", http.MethodDelete, path, ownerToken, nil)
		first.want(http.StatusNotFound, storeUnknown, http.MethodGet, path+"/mail", ownerToken, nil)
		first.want(http.StatusNotFound, storeUnknown, http.MethodGet, path+"/key", "", nil)
	})
}

// Of many mails at two relays each goes out once.
func TestStoreMailOnce(t *testing.T) {
	const count = 15
	server := mailtest.StartSMTP(t, mailtest.Options{})
	mailStores(t, server, stored.MailLimits{}, func(t *testing.T, nodes []storing) {
		sent := len(server.Mails())
		path := nodes[0].stores(1)
		for i := range count {
			nodes[i%len(nodes)].want(http.StatusAccepted, "", http.MethodPost, path+"/mail", ownerToken, mailBody(i, fmt.Sprintf("user%d@example.org", i)))
		}
		nodes[0].waitForMails(path, stored.MailSent, count)
		to := make(map[string]bool)
		for _, m := range server.Mails()[sent:] {
			to[m.To] = true
		}
		if n := len(server.Mails()) - sent; n != count || len(to) != count {
			t.Errorf("%d mails to %d people, want %d", n, len(to), count)
		}
	})
}

// Limits hold for an address, the /64 of an IPv6 one, a recipient, and all, at all relays
// together.
func TestStoreMailLimits(t *testing.T) {
	server := mailtest.StartSMTP(t, mailtest.Options{})
	limits := stored.MailLimits{PerClient: 3, PerRecipient: 2, PerDay: 6}
	mailStores(t, server, limits, func(t *testing.T, nodes []storing) {
		path, n := nodes[0].stores(1), 0
		send := func(client, to string, status int, word string) {
			t.Helper()
			n++
			nodes[n%len(nodes)].want(status, word, http.MethodPost, path+"/mail", ownerToken, mailBody(n, to), "X-Forwarded-For", client)
		}
		const quota = http.StatusTooManyRequests
		send("192.0.2.1", "a@example.org", http.StatusAccepted, "")
		send("192.0.2.2", "a@EXAMPLE.org", http.StatusAccepted, "")
		send("192.0.2.3", "a@example.org", quota, storeMailQuota)
		send("2001:db8::1", "b@example.org", http.StatusAccepted, "")
		send("2001:db8::2", "c@example.org", http.StatusAccepted, "")
		send("2001:db8::ffff:3", "d@example.org", http.StatusAccepted, "")
		send("2001:db8::4", "e@example.org", quota, storeMailQuota)
		send("2001:db8:0:1::4", "e@example.org", http.StatusAccepted, "")
		send("192.0.2.9", "f@example.org", quota, storeMailQuota)
	})
}

// A relay that sends no mail and calls nobody says so; one that does takes no URL that
// leads inside.
func TestStoreMailOff(t *testing.T) {
	off := startStore(t, stored.Config{}, nil)
	path := off.stores(1)
	if off.stateOf(path).Mail {
		t.Error("the state says that it sends mail")
	}
	off.want(http.StatusConflict, storeMailOff, http.MethodPost, path+"/mail", ownerToken, mailBody(1, "bob@example.org"))
	off.want(http.StatusNoContent, "", http.MethodPut, path+"/key", ownerToken, []byte("key"))
	creation := off.creation(10, 1)
	creation["notify"] = "https://hook.example"
	off.want(http.StatusConflict, storeNotifyOff, http.MethodPost, "", "", creation)

	on := startStore(t, stored.Config{}, func(c *Config) { c.Store.Outbox.Hooks = &outbox.Hooks{} })
	on.want(http.StatusCreated, "", http.MethodPost, "", "", creation)
	for _, url := range []string{"http://hook.example", "https://127.0.0.1/", "https://169.254.169.254/", "nonsense"} {
		creation["notify"] = url
		on.want(http.StatusBadRequest, storeNotifyURL, http.MethodPost, "", "", creation)
	}
}

// Mail servers that are dead do not concern the relay: it is ready, and stores.
func TestStoreMailServerDead(t *testing.T) {
	server := mailtest.StartSMTP(t, mailtest.Options{})
	server.Close()
	mailStores(t, server, stored.MailLimits{}, func(t *testing.T, nodes []storing) {
		s := nodes[0]
		path := s.stores(1)
		s.want(http.StatusAccepted, "", http.MethodPost, path+"/mail", ownerToken, mailBody(1, "bob@example.org"))
		eventually(t, "the mail has failed once", func() bool { return s.mailsOf(path)[0].Reason != "" })
		if m := s.mailsOf(path)[0]; m.State != stored.MailQueued || strings.Contains(m.Reason, "127.0.0.1") {
			t.Errorf("the mail is %+v", m)
		}
		resp, err := http.Get(strings.TrimSuffix(s.base, "/store") + "/ready")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("the relay is not ready: %s", resp.Status)
		}
		s.want(http.StatusOK, "", http.MethodGet, path+"/offer", "", nil)
	})
}

// The URL of a sender is called for what happens at any relay.
func TestStoreNotify(t *testing.T) {
	var mu sync.Mutex
	var events []string
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		var told struct {
			Event string `json:"event"`
			Done  int    `json:"done"`
		}
		err := json.NewDecoder(req.Body).Decode(&told)
		mu.Lock()
		defer mu.Unlock()
		events = append(events, fmt.Sprint(told.Event, " ", told.Done))
		if err != nil || !strings.HasPrefix(req.Header.Get("Tallow-Signature"), "sha256=") {
			t.Errorf("the call is %v, %v", req.Header, err)
		}
	}))
	defer hook.Close()
	disk := openDisk(t)
	s := startMailing(t, disk.Index, disk.Blobs, stored.MailLimits{}, outbox.Config{Hooks: &outbox.Hooks{AllowPrivate: true}})
	whole, _ := sealedData()
	creation := s.creation(len(whole), 1)
	creation["notify"] = hook.URL
	var reply storedReply
	if err := json.Unmarshal(s.want(http.StatusCreated, "", http.MethodPost, "", "", creation), &reply); err != nil {
		t.Fatal(err)
	}
	path := "/" + reply.ID
	s.want(http.StatusNoContent, "", http.MethodPut, path+"/parts/0", ownerToken, whole)
	s.want(http.StatusOK, "", http.MethodPost, path+"/complete", ownerToken, map[string]int{"parts": 1})
	s.want(http.StatusOK, "", http.MethodGet, path+"/offer", "", nil)
	s.want(http.StatusOK, "", http.MethodPost, path+"/claim", "", claimBody())
	s.want(http.StatusNoContent, "", http.MethodPost, path+"/commit", claimToken, nil)
	eventually(t, "all is told", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(events) == 2
	})
	if events[0] != "opened 0" || events[1] != "downloaded 1" {
		t.Errorf("told were %q", events)
	}
}

// A page of an allowed origin may ask for a key, and put one; another may only look.
func TestStoreMailOfPages(t *testing.T) {
	s := startStore(t, stored.Config{}, func(c *Config) { c.Origins = []string{"https://app.example"} })
	path := s.stores(1)
	for _, tc := range []struct{ path, methods string }{{"/key", "GET, PUT"}, {"/mail", "GET, POST"}} {
		resp, _ := s.call(http.MethodOptions, path+tc.path, "", nil, "Origin", "https://app.example")
		if got := resp.Header.Get("Access-Control-Allow-Methods"); got != tc.methods || resp.Header.Get("Access-Control-Allow-Origin") != "https://app.example" {
			t.Errorf("%s: %q, %v", tc.path, got, resp.Header)
		}
		resp, _ = s.call(http.MethodPatch, path+tc.path, ownerToken, nil)
		if got, want := resp.Header.Get("Allow"), strings.Replace(tc.methods, "GET", "GET, HEAD", 1); resp.StatusCode != http.StatusMethodNotAllowed || got != want {
			t.Errorf("%s: %s, allowed are %q, want %q", tc.path, resp.Status, got, want)
		}
	}
	s.want(http.StatusNoContent, "", http.MethodPut, path+"/key", ownerToken, []byte("key"), "Origin", "https://app.example")
	s.want(http.StatusForbidden, "origin", http.MethodPut, path+"/key", ownerToken, []byte("key"), "Origin", "https://evil.example")
	s.want(http.StatusForbidden, "origin", http.MethodPost, path+"/mail", ownerToken, mailBody(1, "bob@example.org"), "Origin", "https://evil.example")
}

// Who asks for keys or mails too fast has to wait.
func TestStoreMailRate(t *testing.T) {
	s := startStore(t, stored.Config{Mails: stored.MailLimits{On: true}}, func(c *Config) { c.Store.ClaimsPerMinute = 6 })
	path := s.stores(1)
	s.want(http.StatusNoContent, "", http.MethodPut, path+"/key", ownerToken, []byte("key"))
	s.want(http.StatusAccepted, "", http.MethodPost, path+"/mail", ownerToken, mailBody(1, "bob@example.org"))
	s.want(http.StatusOK, "", http.MethodGet, path+"/key", "", nil)
	for _, refused := range []struct{ method, path string }{{http.MethodPost, "/mail"}, {http.MethodGet, "/key"}} {
		resp, _ := s.call(refused.method, path+refused.path, ownerToken, mailBody(2, "bob@example.org"))
		if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s, %v", refused.path, resp.Status, resp.Header)
		}
	}
}
