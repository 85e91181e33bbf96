package tallow_test

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/tallow-transfer/tallow/internal/storetest"
	"github.com/tallow-transfer/tallow/internal/wordkey"
	"github.com/tallow-transfer/tallow/pkg/files"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// keyRelay is a relay that has a wrapped key for each transfer, and may lie about it.
type keyRelay struct {
	url string

	mu      sync.Mutex
	wrapped []byte              // nil: there is none
	asked   map[string]int      // requests, by method and the end of their path
	bodies  map[string][][]byte // likewise
}

func startKeyRelay(t *testing.T) *keyRelay {
	behind, err := url.Parse("http" + strings.TrimPrefix(startRelay(t, storeConfig(t, stored.Config{})), "ws"))
	if err != nil {
		t.Fatal(err)
	}
	k := &keyRelay{asked: make(map[string]int), bodies: make(map[string][][]byte)}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		path := strings.Split(req.URL.Path, "/")
		what := req.Method + " " + path[len(path)-1]
		k.mu.Lock()
		defer k.mu.Unlock()
		k.asked[what]++
		switch what {
		case "GET key":
			if k.wrapped == nil {
				w.WriteHeader(http.StatusNotFound)
				_, _ = io.WriteString(w, `{"error":"store-unknown","message":"There is none."}`)
				return
			}
			_, _ = w.Write(k.wrapped)
		case "PUT key":
			k.wrapped, _ = io.ReadAll(req.Body)
			k.bodies[what] = append(k.bodies[what], k.wrapped)
			w.WriteHeader(http.StatusNoContent)
		default:
			proxy.ServeHTTP(w, req)
		}
	}))
	t.Cleanup(server.Close)
	k.url = "ws" + strings.TrimPrefix(server.URL, "http")
	return k
}

func (k *keyRelay) has(wrapped []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wrapped = wrapped
}

func (k *keyRelay) requests(what string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked[what]
}

// keyless stores something at a relay that has its key under words.
func keyless(t *testing.T, k *keyRelay) (a atStore, words []string) {
	t.Helper()
	a = stores(t, k.url, storetest.Sealing{Source: files.FS(fstest.MapFS{"a": {Data: []byte("abc")}})})
	words, err := tallow.NewStoredWords()
	if err != nil {
		t.Fatal(err)
	}
	s := tallow.Stored{ID: a.link.ID.String(), Link: a.link.String(), Owner: hex.EncodeToString(a.Owner[:]), Words: words}
	if err := newClient(t, tallow.Config{}).PutStoredWords(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if s.LinkWithoutKey() != a.link.WithoutKey() || strings.Contains(s.LinkWithoutKey(), "#") {
		t.Errorf("the link without its key is %s", s.LinkWithoutKey())
	}
	return a, words
}

// saying returns a ReceiveOptions.Words that says one thing after the other, and notes
// what it was told is wrong.
func saying(t *testing.T, told *[]tallow.Reason, typed ...string) func(context.Context, error) (string, error) {
	return func(_ context.Context, wrong error) (string, error) {
		if wrong != nil {
			*told = append(*told, reasonOf(t, wrong))
		}
		if len(typed) == 0 {
			return "", &tallow.Error{Kind: tallow.KindCode, Reason: tallow.ReasonLinkWords}
		}
		next := typed[0]
		typed = typed[1:]
		return next, nil
	}
}

// With the words, however they are typed, the link needs no key. Wrong ones are asked
// for again, and use nothing up. The relay gets none of them.
func TestFetchByWords(t *testing.T) {
	k := startKeyRelay(t)
	a, words := keyless(t, k)
	client := newClient(t, tallow.Config{StateDir: t.TempDir()})
	o := tallow.ReceiveOptions{Code: a.link.WithoutKey(), Output: t.TempDir()}
	fetch(t, client, o).want(t, tallow.KindCode, tallow.ReasonLinkWords)
	if err := tallow.CheckCode(o.Code); err != nil {
		t.Errorf("the link is checked: %v", err)
	}
	if got := tallow.CodeRelay(o.Code); got != a.link.Relay {
		t.Errorf("its relay is %q", got)
	}

	swapped := slices.Clone(words)
	swapped[0], swapped[1] = swapped[1], swapped[0]
	var told []tallow.Reason
	o.Words = saying(t, &told, "", "one two three", strings.Join(swapped, " "), strings.Join(words[1:], " "), strings.ToUpper(strings.Join(words, ",  "))+"\n")
	fetch(t, client, o).want(t, "", "")
	form, wrong := tallow.ReasonWordsForm, tallow.ReasonWordsWrong
	if want := []tallow.Reason{form, form, wrong, form}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	if got := contents(t, o.Output); got["a"] == "" || len(got) != 1 {
		t.Errorf("got %v", got)
	}
	if s := a.state(); s.Done != 1 {
		t.Errorf("the sender sees %+v", s)
	}
	if n := k.requests("GET key"); n != 2 {
		t.Errorf("the relay was asked %d times for the key", n)
	}
	for _, b := range k.bodies["PUT key"] {
		if len(b) != wordkey.Size || strings.Contains(string(b), words[0]) {
			t.Errorf("it got %q", b)
		}
	}
}

// Who gives up, or has another reason to end, uses nothing up.
func TestFetchByNoWords(t *testing.T) {
	k := startKeyRelay(t)
	a, _ := keyless(t, k)
	errStop := errors.New("stop")
	o := tallow.ReceiveOptions{Code: a.link.WithoutKey() + "#", Output: t.TempDir(), Words: func(context.Context, error) (string, error) { return "", errStop }}
	if r := fetch(t, newClient(t, tallow.Config{}), o); !errors.Is(r.err, errStop) {
		t.Errorf("%v", r.err)
	}
	if s := a.state(); s.Done != 0 || s.Fetching != 0 || k.requests("GET offer") != 0 {
		t.Errorf("the sender sees %+v", s)
	}
	k.has(nil)
	fetch(t, newClient(t, tallow.Config{}), o).want(t, tallow.KindCode, tallow.ReasonLinkNoKey)
	if err := a.Client.Delete(t.Context(), a.link.ID, a.Owner); err != nil {
		t.Fatal(err)
	}
	fetch(t, newClient(t, tallow.Config{}), o).want(t, tallow.KindCode, tallow.ReasonStoredUnknown)
}

// Whatever a relay has in place of the wrapped key, no wrong byte comes of it, and it
// gets no words and no memory.
func TestFetchByWordsFromHostileRelay(t *testing.T) {
	k := startKeyRelay(t)
	a, words := keyless(t, k)
	k.mu.Lock()
	good := k.wrapped
	k.mu.Unlock()
	other := a.link
	other.ID[0] ^= 1
	foreign, err := wordkey.Wrap(other, words)
	if err != nil {
		t.Fatal(err)
	}
	another := a.link
	another.Secret[0] ^= 1
	replaced, err := wordkey.Wrap(another, words) // by somebody who knows the words
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := wordkey.Wrap(a.link, []string{"acid", "acoustics", "acrobat", "banana", "canister", "dairy", "zucchini"})
	if err != nil {
		t.Fatal(err)
	}
	changed := func(at int, by byte) []byte {
		b := slices.Clone(good)
		b[at] ^= by
		return b
	}
	for name, tt := range map[string]struct {
		wrapped []byte
		kind    tallow.ErrorKind
		reason  tallow.Reason
		told    []tallow.Reason
	}{
		"nothing":                 {[]byte{}, tallow.KindIntegrity, tallow.ReasonWordKey, nil},
		"a page":                  {[]byte("<!doctype html>"), tallow.KindIntegrity, tallow.ReasonWordKey, nil},
		"too short":               {good[:len(good)-1], tallow.KindIntegrity, tallow.ReasonWordKey, nil},
		"too long":                {make([]byte, 300), tallow.KindNetwork, tallow.ReasonRelayProtocol, nil},
		"another version":         {changed(0, 2), tallow.KindIntegrity, tallow.ReasonWordKey, nil},
		"64 GiB":                  {changed(6, 4), tallow.KindIntegrity, tallow.ReasonContainerCost, nil},
		"a bit of the salt":       {changed(20, 1), tallow.KindCode, tallow.ReasonLinkWords, []tallow.Reason{tallow.ReasonWordsWrong}},
		"a bit of the key":        {changed(80, 1), tallow.KindCode, tallow.ReasonLinkWords, []tallow.Reason{tallow.ReasonWordsWrong}},
		"that of another":         {foreign, tallow.KindCode, tallow.ReasonLinkWords, []tallow.Reason{tallow.ReasonWordsWrong}},
		"under other words":       {stranger, tallow.KindCode, tallow.ReasonLinkWords, []tallow.Reason{tallow.ReasonWordsWrong}},
		"another key under these": {replaced, tallow.KindCode, tallow.ReasonLinkWrongKey, nil},
	} {
		t.Run(name, func(t *testing.T) {
			k.has(tt.wrapped)
			var told []tallow.Reason
			o := tallow.ReceiveOptions{Code: a.link.WithoutKey(), Output: t.TempDir(), Words: saying(t, &told, strings.Join(words, " "))}
			fetch(t, newClient(t, tallow.Config{}), o).want(t, tt.kind, tt.reason)
			if !slices.Equal(told, tt.told) {
				t.Errorf("told %v, want %v", told, tt.told)
			}
			if got := contents(t, o.Output); len(got) != 0 {
				t.Errorf("got %v", got)
			}
		})
	}
	if s := a.state(); s.Done != 0 || s.Fetching != 0 {
		t.Errorf("the sender sees %+v", s)
	}
}
