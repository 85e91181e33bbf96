package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/internal/wire"
	"github.com/tallow-transfer/tallow/relay/mailbox"
)

// boxing is a client of a relay's mailbox.
type boxing struct {
	t    *testing.T
	base string
}

// startBox serves a relay whose mailbox has no limits unless change sets some.
func startBox(t *testing.T, change func(*Config)) (*Relay, boxing) {
	t.Helper()
	config := unlimited()
	config.Mailbox = unlimitedBox()
	if change != nil {
		change(&config)
	}
	r, base := start(t, config)
	return r, boxing{t, base + "/api/box/"}
}

func unlimitedBox() MailboxConfig {
	return MailboxConfig{PutsPerMinute: -1, RequestsPerMinute: -1, WatchersPerClient: -1}
}

// call sends a request and returns its answer.
func (b boxing) call(method, path string, body []byte, header ...string) (*http.Response, []byte) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, answer
}

// want posts a body, and fails the test unless the answer has this status and, for a
// refusal, this word.
func (b boxing) want(status int, word, path string, body []byte, header ...string) (*http.Response, []byte) {
	b.t.Helper()
	resp, answer := b.call(http.MethodPost, path, body, header...)
	if got, text := refusalWord(answer); resp.StatusCode != status || got != word || word != "" && text == "" {
		b.t.Errorf("%s: %s %s, want %d %s", path, resp.Status, answer, status, word)
	}
	return resp, answer
}

// refusalWord returns the word and the text of an answer that refuses.
func refusalWord(answer []byte) (word, text string) {
	var refused struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(answer, &refused)
	return refused.Error, refused.Message
}

// boxMessage returns a message that is like no other number's.
func boxMessage(n byte) []byte { return bytes.Repeat([]byte{n, ^n}, wire.BoxMessageSize/2) }

func putBody(slot wire.BoxSlot, n byte) []byte {
	return wire.BoxPut{Slot: slot, Message: boxMessage(n)}.Append(nil)
}

func watchBody(slots ...wire.BoxSlot) []byte { return wire.BoxWatch{Slots: slots}.Append(nil) }

func deleteBody(slots ...wire.BoxSlot) []byte { return wire.BoxDelete{Slots: slots}.Append(nil) }

// put puts the message of a number into the slot of the same number.
func (b boxing) put(numbers ...byte) {
	b.t.Helper()
	for _, n := range numbers {
		b.want(http.StatusNoContent, "", "put", putBody(wire.BoxSlot{n}, n))
	}
}

// wants fails the test unless the slots have the messages of some numbers.
func (b boxing) wants(slots []wire.BoxSlot, numbers ...byte) {
	b.t.Helper()
	_, answer := b.want(http.StatusOK, "", "watch", watchBody(slots...))
	b.wantMessages(answer, numbers...)
}

// wantMessages fails the test unless an answer has the messages of some numbers.
func (b boxing) wantMessages(answer []byte, numbers ...byte) {
	b.t.Helper()
	got, err := wire.ParseBoxMessages(bytes.TrimSpace(answer))
	if err != nil || len(got.Messages) != len(numbers) {
		b.t.Fatalf("%d messages, %v; want %d", len(got.Messages), err, len(numbers))
	}
	for i, n := range numbers {
		if m := got.Messages[i]; m.Slot != (wire.BoxSlot{n}) || !bytes.Equal(m.Message, boxMessage(n)) {
			b.t.Errorf("message %d is of slot %x, want %d", i, m.Slot, n)
		}
	}
}

func TestBox(t *testing.T) {
	_, b := startBox(t, nil)
	all := []wire.BoxSlot{{3}, {9}, {1}, {2}}
	if _, answer := b.want(http.StatusOK, "", "watch", watchBody(all...)); string(answer) != `{"messages":[]}`+"\n" {
		t.Errorf("an empty mailbox answers %s", answer)
	}
	b.put(1, 2, 3)
	b.wants(all, 3, 1, 2)
	b.put(2) // again
	b.want(http.StatusConflict, boxTaken, "put", putBody(wire.BoxSlot{2}, 7))
	b.wants(all, 3, 1, 2)
	for range 2 {
		resp, answer := b.want(http.StatusNoContent, "", "delete", deleteBody(wire.BoxSlot{3}, wire.BoxSlot{2}, wire.BoxSlot{8}))
		if len(answer) != 0 || resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%v %q", resp.Header, answer)
		}
		b.wants(all, 1)
	}
}

// An answer has so many messages and no more; the others come when they are gone.
func TestBoxBatches(t *testing.T) {
	_, b := startBox(t, nil)
	var slots []wire.BoxSlot
	var numbers []byte
	for n := range byte(100) {
		slots, numbers = append(slots, wire.BoxSlot{n}), append(numbers, n)
	}
	b.put(numbers...)
	b.wants(slots, numbers[:64]...)
	b.want(http.StatusNoContent, "", "delete", deleteBody(slots[:64]...))
	b.wants(slots, numbers[64:]...)
}

// As many slots can be watched as the protocol allows.
func TestBoxManySlots(t *testing.T) {
	_, b := startBox(t, nil)
	slots := make([]wire.BoxSlot, wire.MaxBoxSlots)
	for i := range slots {
		slots[i] = wire.BoxSlot{0: 0xff, 1: byte(i), 2: byte(i >> 8)}
	}
	slots[len(slots)-1] = wire.BoxSlot{5}
	b.put(5)
	password := strings.Repeat("p", wire.MaxRelayPassword)
	_, answer := b.want(http.StatusOK, "", "watch", wire.BoxWatch{Slots: slots, Password: password}.Append(nil))
	b.wantMessages(answer, 5)
}

func TestBoxMalformed(t *testing.T) {
	_, b := startBox(t, nil)
	slot := strings.Repeat("0a", 32)
	many := make([]wire.BoxSlot, wire.MaxBoxSlots+1)
	for i := range many {
		many[i] = wire.BoxSlot{byte(i), byte(i >> 8)}
	}
	message := string(bytes.Repeat([]byte("A"), 2668)) // base64 of 2,001 bytes, with "=" of 2,000
	for path, bodies := range map[string][]string{
		"put": {
			`{"message":"` + message[:2667] + `="}`, // no slot
			`{"slot":"` + slot + `"}`,
			`{"slot":"` + slot + `","message":"AAAA"}`,
			`{"slot":"` + slot + `","message":"` + message + `"}`,
			`{"slot":"` + slot[2:] + `","message":"` + message[:2667] + `="}`,
			`{"slot":"x` + slot[1:] + `","message":"` + message[:2667] + `="}`,
			`{"slot":"` + slot + `","message":"` + message[:2667] + `=","password":"` + strings.Repeat("p", 200) + `"}`,
			string(putBody(wire.BoxSlot{1}, 1)) + strings.Repeat(" ", wire.MaxBoxPutBody),
		},
		"watch": {
			`{"slots":[]}`, `{"slots":["00"]}`, `{"slots":["` + slot + `","` + slot + `"]}`,
			`{"slots":["` + slot + `"],"wait":61}`, `{"slots":["` + slot + `"],"wait":-1}`, `{"slots":["` + slot + `"],"wait":1.5}`,
			string(wire.BoxWatch{Slots: many}.Append(nil)),
		},
		"delete": {`{"slots":[]}`, `{"slots":["` + slot + `","` + slot + `"]}`, string(wire.BoxDelete{Slots: many[:65]}.Append(nil))},
	} {
		for _, body := range append(bodies, "", "[]", "{}", "null", "<html>", "{") {
			b.want(http.StatusBadRequest, boxMalformed, path, []byte(body))
		}
	}
}

// Methods, origins and preflights are as for rooms.
func TestBoxMethodsAndOrigins(t *testing.T) {
	_, b := startBox(t, func(c *Config) { c.Origins = []string{"https://app.example"} })
	b.put(1)
	for _, path := range []string{"put", "watch", "delete"} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			if resp, answer := b.call(method, path, nil); resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != http.MethodPost {
				b.t.Errorf("%s %s: %s %s", method, path, resp.Status, answer)
			}
		}
		b.want(http.StatusForbidden, "origin", path, deleteBody(wire.BoxSlot{1}), "Origin", "https://elsewhere.example")
		resp, _ := b.call(http.MethodOptions, path, nil, "Origin", "https://app.example")
		if resp.StatusCode != http.StatusNoContent || resp.Header.Get("Access-Control-Allow-Origin") != "https://app.example" {
			t.Errorf("a preflight of %s: %s %v", path, resp.Status, resp.Header)
		}
	}
	resp, answer := b.want(http.StatusOK, "", "watch", watchBody(wire.BoxSlot{1}), "Origin", "https://app.example")
	if resp.Header.Get("Access-Control-Allow-Origin") != "https://app.example" {
		t.Errorf("the headers are %v", resp.Header)
	}
	b.wantMessages(answer, 1)
	for _, path := range []string{"", "nothing", "put/" + strings.Repeat("0a", 32)} {
		b.want(http.StatusNotFound, "not-found", path, nil)
	}
}

func TestNoBox(t *testing.T) {
	_, b := startBox(t, func(c *Config) { c.Mailbox.Off = true })
	for _, path := range []string{"put", "watch", "delete"} {
		b.want(http.StatusNotFound, "not-found", path, putBody(wire.BoxSlot{1}, 1))
	}
}

// The password of a relay is that of its mailbox, and to guess it is as dear.
func TestBoxPassword(t *testing.T) {
	_, b := startBox(t, func(c *Config) {
		c.Access.Password = "sesame"
		c.Mailbox.PutsPerMinute, c.Mailbox.RequestsPerMinute = 0, 0 // the defaults
	})
	slots := []wire.BoxSlot{{1}}
	right := func(path string) []byte {
		return map[string][]byte{
			"put":    wire.BoxPut{Slot: slots[0], Message: boxMessage(1), Password: "sesame"}.Append(nil),
			"watch":  wire.BoxWatch{Slots: slots, Password: "sesame"}.Append(nil),
			"delete": wire.BoxDelete{Slots: slots, Password: "sesame"}.Append(nil),
		}[path]
	}
	b.want(http.StatusNoContent, "", "put", right("put"))
	_, answer := b.want(http.StatusOK, "", "watch", right("watch"))
	b.wantMessages(answer, 1)
	for _, path := range []string{"put", "watch", "delete"} {
		b.want(http.StatusForbidden, "password", path, bytes.Replace(right(path), []byte("sesame"), []byte("wrong"), 1))
	}
	b.want(http.StatusForbidden, "password", "delete", deleteBody(slots...))
	_, answer = b.want(http.StatusOK, "", "watch", right("watch"))
	b.wantMessages(answer, 1)
	b.want(http.StatusNoContent, "", "delete", right("delete"))

	refused := 0
	for range 100 {
		resp, answer := b.call(http.MethodPost, "watch", bytes.Replace(right("watch"), []byte("sesame"), []byte("guess"), 1))
		if word, _ := refusalWord(answer); word == boxRate {
			if refused++; resp.Header.Get("Retry-After") == "" {
				t.Fatal("no Retry-After")
			}
		}
	}
	if refused < 80 {
		t.Errorf("%d of 100 guesses were too many", refused)
	}
}

// Addresses that are not served are not served here either.
func TestBoxDenied(t *testing.T) {
	_, b := startBox(t, func(c *Config) {
		c.Access.Deny = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	})
	b.want(http.StatusForbidden, "denied", "watch", watchBody(wire.BoxSlot{1}))
}

// Neither the log nor what an observer is told has a slot, a message or an address.
func TestBoxIsDiscreet(t *testing.T) {
	var log lockedBuffer
	seen := newNotes()
	slot := wire.BoxSlot(bytes.Repeat([]byte{0xa5}, 32))
	_, b := startBox(t, func(c *Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Observer = seen
		c.Mailbox.MaxMessages = 1
	})
	b.want(http.StatusNoContent, "", "put", putBody(slot, 1))
	b.want(http.StatusConflict, boxTaken, "put", putBody(slot, 2))
	b.want(http.StatusInsufficientStorage, boxFull, "put", putBody(wire.BoxSlot{1}, 2))
	b.want(http.StatusBadRequest, boxMalformed, "watch", nil)
	b.want(http.StatusOK, "", "watch", watchBody(slot))
	b.want(http.StatusNoContent, "", "delete", deleteBody(slot))
	b.want(http.StatusNotFound, "not-found", "put/"+strings.Repeat("a5", 32), nil)
	text := log.String()
	for _, secret := range []string{"a5a5", "127.0.0.1", "Af4B", "165,165"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has %q: %s", secret, text)
		}
	}
	for _, reason := range []string{boxTaken, boxFull, boxMalformed} {
		if !strings.Contains(text, `"reason":"`+reason+`"`) || seen.rejected[reason] != 1 {
			t.Errorf("%s is not in the log, or was told %d times", reason, seen.rejected[reason])
		}
	}
	want := []string{
		"POST /api/box/delete 204", "POST /api/box/put 204", "POST /api/box/put 409", "POST /api/box/put 507",
		"POST /api/box/watch 200", "POST /api/box/watch 400", "POST other 404",
	}
	if got := slices.Sorted(maps.Keys(seen.requests)); !slices.Equal(got, want) {
		t.Errorf("the requests were %q, want %q", got, want)
	}
}

// brokenBox is a store that does not work.
type brokenBox struct{ mailbox.Store }

func (brokenBox) Find(context.Context, []mailbox.Key, int) ([]mailbox.Found, error) {
	return nil, errors.New("it is broken")
}

// A mailbox that does not work says so to all who ask, and to the log once a minute.
func TestBoxBroken(t *testing.T) {
	var log lockedBuffer
	_, b := startBox(t, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c.Mailbox.Store = brokenBox{mailbox.NewMemory()}
	})
	for range 5 {
		resp, _ := b.want(http.StatusServiceUnavailable, boxBroken, "watch", watchBody(wire.BoxSlot{1}))
		if resp.Header.Get("Retry-After") != "3" {
			t.Errorf("the headers are %v", resp.Header)
		}
	}
	if n := strings.Count(log.String(), "it is broken"); n != 1 {
		t.Errorf("the log has it %d times: %s", n, log.String())
	}
}

// FuzzBox sends any body to each route. The answer is one of those that there can be, and
// what was put is found.
func FuzzBox(f *testing.F) {
	f.Add(putBody(wire.BoxSlot{1}, 1))
	f.Add(watchBody(wire.BoxSlot{1}))
	f.Add(deleteBody(wire.BoxSlot{1}))
	f.Add([]byte(`{"slots":["0A"],"slot":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		config := unlimited()
		config.Mailbox = unlimitedBox()
		r, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		call := func(path string, body []byte) (int, []byte) {
			answer := httptest.NewRecorder()
			r.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/api/box/"+path, bytes.NewReader(body)))
			return answer.Code, answer.Body.Bytes()
		}
		put, _ := call("put", body)
		if request, err := wire.ParseBoxPut(body); err == nil {
			_, answer := call("watch", watchBody(request.Slot))
			reply, err := wire.ParseBoxMessages(bytes.TrimSpace(answer))
			if put != http.StatusNoContent || err != nil || len(reply.Messages) != 1 || !bytes.Equal(reply.Messages[0].Message, request.Message) {
				t.Errorf("put: %d, watch: %s, %v", put, answer, err)
			}
		} else if put != http.StatusBadRequest {
			t.Errorf("put: %d for %v", put, err)
		}
		if request, err := wire.ParseBoxWatch(body); err != nil || request.Wait == 0 {
			if status, _ := call("watch", body); (err == nil) != (status == http.StatusOK) || err != nil && status != http.StatusBadRequest {
				t.Errorf("watch: %d, %v", status, err)
			}
		}
		if status, _ := call("delete", body); status != http.StatusNoContent && status != http.StatusBadRequest {
			t.Errorf("delete: %d", status)
		}
	})
}

// What a mailbox is told to be is checked.
func TestBoxConfig(t *testing.T) {
	for _, wrong := range []MailboxConfig{{Life: 1}, {Life: -1}, {MaxMessages: -1}} {
		if _, err := New(Config{Mailbox: wrong}); err == nil || !strings.Contains(err.Error(), "Mailbox") {
			t.Errorf("%s: %v", fmt.Sprintf("%+v", wrong), err)
		}
	}
}
