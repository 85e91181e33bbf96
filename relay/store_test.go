package relay

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
)

// storing is a client of a relay's store.
type storing struct {
	t    *testing.T
	base string
}

func startStore(t *testing.T, c stored.Config, change func(*Config)) storing {
	t.Helper()
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	if c.FreeFloor == 0 {
		c.FreeFloor = 1
	}
	config := unlimited()
	config.Store = &StoreConfig{Service: stored.New(disk.Index, disk.Blobs, c), CreatesPerMinute: -1, ClaimsPerMinute: -1}
	if change != nil {
		change(&config)
	}
	_, base := start(t, config)
	return storing{t, base + "/api/store"}
}

// call sends a request and returns its answer. A body that is no []byte goes as JSON.
func (s storing) call(method, path, bearer string, body any, header ...string) (*http.Response, []byte) {
	s.t.Helper()
	data, ok := body.([]byte)
	if !ok && body != nil {
		data, _ = json.Marshal(body)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, bytes.NewReader(data))
	if err != nil {
		s.t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, b
}

// want is call, and fails the test unless the answer has this status and, for a
// refusal, this word.
func (s storing) want(status int, word, method, path, bearer string, body any, header ...string) []byte {
	s.t.Helper()
	resp, b := s.call(method, path, bearer, body, header...)
	var refused struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	if word != "" {
		_ = json.Unmarshal(b, &refused)
	}
	if resp.StatusCode != status || refused.Error != word || word != "" && refused.Message == "" {
		s.t.Errorf("%s %s: %s %s, want %d %s", method, path, resp.Status, b, status, word)
	}
	return b
}

func hexHash(secret string) string {
	b, _ := hex.DecodeString(secret)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

var (
	ownerToken = strings.Repeat("01", 32)
	proofToken = strings.Repeat("02", 32)
	claimToken = strings.Repeat("0c", 16)
	otherToken = strings.Repeat("0f", 32)
)

func (s storing) creation(size, downloads int) map[string]any {
	return map[string]any{"size": size, "owner": hexHash(ownerToken), "proof": hexHash(proofToken), "downloads": downloads}
}

// create begins a transfer and returns its path.
func (s storing) create(size, downloads int) string {
	s.t.Helper()
	var reply storedReply
	if err := json.Unmarshal(s.want(http.StatusCreated, "", http.MethodPost, "", "", s.creation(size, downloads)), &reply); err != nil {
		s.t.Fatal(err)
	}
	return "/" + reply.ID
}

// sealedData is what a container may look like from outside, in two parts.
func sealedData() (whole []byte, parts [][]byte) {
	whole = make([]byte, offerBytes+100_000)
	for i := range whole {
		whole[i] = byte(i) ^ byte(i>>8)
	}
	return whole, [][]byte{whole[:100_000], whole[100_000:]}
}

// stores stores sealedData and returns its path.
func (s storing) stores(downloads int) string {
	s.t.Helper()
	whole, parts := sealedData()
	path := s.create(len(whole), downloads)
	for i, p := range parts {
		s.want(http.StatusNoContent, "", http.MethodPut, fmt.Sprintf("%s/parts/%d", path, i), ownerToken, p)
	}
	s.want(http.StatusOK, "", http.MethodPost, path+"/complete", ownerToken, map[string]int{"parts": 2})
	return path
}

func claimBody() map[string]string {
	return map[string]string{"proof": proofToken, "claim": claimToken}
}

// A transfer goes into the store and out again, and nothing but the right token, proof
// and claim moves it on.
func TestStoreProtocol(t *testing.T) {
	s := startStore(t, stored.Config{}, nil)
	whole, parts := sealedData()
	path := s.create(len(whole), 1)

	s.want(http.StatusNotFound, storeUnknown, http.MethodPut, path+"/parts/0", "", parts[0])
	s.want(http.StatusNotFound, storeUnknown, http.MethodPut, path+"/parts/0", otherToken, parts[0])
	s.want(http.StatusBadRequest, storeMalformed, http.MethodPut, path+"/parts/x", ownerToken, parts[0])
	s.want(http.StatusRequestEntityTooLarge, storeTooLarge, http.MethodPut, path+"/parts/0", ownerToken, append(whole, 0))
	s.want(http.StatusNoContent, "", http.MethodPut, path+"/parts/1", ownerToken, parts[1])
	s.want(http.StatusConflict, storeIncomplete, http.MethodPost, path+"/complete", ownerToken, map[string]int{"parts": 2})
	s.want(http.StatusConflict, storeIncomplete, http.MethodGet, path+"/offer", "", nil)
	var state storedReply
	if err := json.Unmarshal(s.want(http.StatusOK, "", http.MethodGet, path+"/state", ownerToken, nil), &state); err != nil || len(state.Parts) != 1 || state.Parts[0] != [2]int{1, 1} {
		t.Errorf("the state is %+v, %v", state, err)
	}
	s.want(http.StatusNotFound, storeUnknown, http.MethodGet, path+"/state", otherToken, nil)
	s.want(http.StatusNoContent, "", http.MethodPut, path+"/parts/0", ownerToken, parts[0])
	s.want(http.StatusOK, "", http.MethodPost, path+"/complete", ownerToken, map[string]int{"parts": 2})
	s.want(http.StatusConflict, storeCompleted, http.MethodPut, path+"/parts/0", ownerToken, parts[0])

	if got := s.want(http.StatusOK, "", http.MethodGet, path+"/offer", "", nil); !bytes.Equal(got, whole[:offerBytes]) {
		t.Errorf("the offer has %d bytes", len(got))
	}
	s.want(http.StatusForbidden, storeClaim, http.MethodGet, path+"/data", claimToken, nil)
	s.want(http.StatusForbidden, storeProof, http.MethodPost, path+"/claim", "", map[string]string{"proof": otherToken, "claim": claimToken})
	s.want(http.StatusBadRequest, storeMalformed, http.MethodPost, path+"/claim", "", map[string]string{"proof": "02", "claim": claimToken})
	s.want(http.StatusForbidden, storeClaim, http.MethodPost, path+"/commit", claimToken, nil)
	s.want(http.StatusOK, "", http.MethodPost, path+"/claim", "", claimBody())
	s.want(http.StatusConflict, storeBusy, http.MethodPost, path+"/claim", "", map[string]string{"proof": proofToken, "claim": strings.Repeat("0d", 16)})
	if got := s.want(http.StatusOK, "", http.MethodGet, path+"/data", claimToken, nil); !bytes.Equal(got, whole) {
		t.Errorf("the data has %d bytes, want %d", len(got), len(whole))
	}
	for text, want := range map[string][]byte{
		"bytes=0-0": whole[:1], "bytes=99999-100001": whole[99_999:100_002], "bytes=150000-": whole[150_000:],
		"bytes=165000-9999999": whole[165_000:],
	} {
		if got := s.want(http.StatusPartialContent, "", http.MethodGet, path+"/data", claimToken, nil, "Range", text); !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, want %d", text, len(got), len(want))
		}
	}
	for _, text := range []string{"bytes=-5", "bytes=5-4", "bytes=165700-", "5-6", "bytes=a-b", "bytes=0-1,3-4"} {
		s.want(http.StatusRequestedRangeNotSatisfiable, storeMalformed, http.MethodGet, path+"/data", claimToken, nil, "Range", text)
	}
	for range 2 {
		s.want(http.StatusNoContent, "", http.MethodPost, path+"/commit", claimToken, nil)
	}
	s.want(http.StatusGone, storeSpent, http.MethodGet, path+"/offer", "", nil)
	s.want(http.StatusGone, storeSpent, http.MethodPost, path+"/claim", "", map[string]string{"proof": proofToken, "claim": strings.Repeat("0d", 16)})
	if err := json.Unmarshal(s.want(http.StatusOK, "", http.MethodGet, path+"/state", ownerToken, nil), &state); err != nil || state.Done != 1 {
		t.Errorf("its sender sees %+v, %v", state, err)
	}
	s.want(http.StatusNotFound, storeUnknown, http.MethodDelete, path, otherToken, nil)
	s.want(http.StatusOK, "", http.MethodPost, path+"/extend", ownerToken, map[string]int{"life": 60})
	s.want(http.StatusNoContent, "", http.MethodDelete, path, ownerToken, nil)
	s.want(http.StatusNotFound, storeUnknown, http.MethodGet, path+"/state", ownerToken, nil)
}

// Whoever opens links, and whatever they send with a GET, uses nothing up and starts
// no program.
func TestStoreOfScanners(t *testing.T) {
	s := startStore(t, stored.Config{}, nil)
	path := s.stores(1)
	for _, suffix := range []string{"", "/offer", "/claim", "/commit", "/data", "/extend", "/complete", "/parts/0", "/state"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			resp, _ := s.call(method, path+suffix, "", nil)
			if resp.StatusCode < 300 && suffix != "/offer" {
				t.Errorf("%s %s: %s", method, suffix, resp.Status)
			}
		}
	}
	resp, _ := s.call(http.MethodGet, path+"/offer", "", nil)
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Content-Type": "application/octet-stream",
		"Content-Disposition": `attachment; filename="sealed.tallow"`,
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	s.want(http.StatusOK, "", http.MethodPost, path+"/claim", "", claimBody())
	s.want(http.StatusNoContent, "", http.MethodPost, path+"/commit", claimToken, nil)
}

func TestStoreLimits(t *testing.T) {
	s := startStore(t, stored.Config{PerTransfer: 1000, Limits: stored.Limits{Total: 3000, PerClient: 1500}}, nil)
	s.want(http.StatusRequestEntityTooLarge, storeTooLarge, http.MethodPost, "", "", s.creation(1001, 1))
	s.create(1000, 1)
	s.want(http.StatusTooManyRequests, storeQuota, http.MethodPost, "", "", s.creation(501, 1))
	for name, change := range map[string]any{"size": 0, "owner": "01", "proof": "", "life": -1, "downloads": -1} {
		body := s.creation(10, 1)
		body[name] = change
		s.want(http.StatusBadRequest, storeMalformed, http.MethodPost, "", "", body)
	}
	s.want(http.StatusBadRequest, storeMalformed, http.MethodPost, "", "", []byte(strings.Repeat(" ", 5000)))

	rated := startStore(t, stored.Config{}, func(c *Config) { c.Store.CreatesPerMinute = 3 })
	rated.create(10, 1)
	resp, b := rated.call(http.MethodPost, "", "", rated.creation(10, 1))
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" || !strings.Contains(string(b), storeRate) {
		t.Errorf("the second in a minute: %s %s", resp.Status, b)
	}

	closed := startStore(t, stored.Config{}, func(c *Config) { c.Access.Password = "open sesame" })
	closed.want(http.StatusForbidden, "password", http.MethodPost, "", "", closed.creation(10, 1))
	body := closed.creation(10, 1)
	body["password"] = "open sesame"
	closed.want(http.StatusCreated, "", http.MethodPost, "", "", body)

	token := startStore(t, stored.Config{}, func(c *Config) { c.Store.Token, c.Store.CreatesPerMinute = "of the house", 9 })
	body = token.creation(10, 1)
	body["token"] = "of the house"
	token.want(http.StatusCreated, "", http.MethodPost, "", "", body)
	token.want(http.StatusForbidden, storeToken, http.MethodPost, "", "", token.creation(10, 1))
	body["token"] = "guess"
	token.want(http.StatusForbidden, storeToken, http.MethodPost, "", "", body)
	if resp, _ := token.call(http.MethodPost, "", "", body); resp.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the fourth try in a minute: %s", resp.Status)
	}

	_, base := start(t, unlimited())
	off := storing{t, base + "/api/store"}
	if resp, _ := off.call(http.MethodPost, "", "", off.creation(10, 1)); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a relay without a store: %s", resp.Status)
	}
}

// A part that breaks off is not there.
func TestStoreBrokenUpload(t *testing.T) {
	s := startStore(t, stored.Config{}, nil)
	path := s.create(1000, 1)
	r, w := io.Pipe()
	go func() {
		_, _ = w.Write(make([]byte, 500))
		_ = w.CloseWithError(io.ErrClosedPipe)
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.base+path+"/parts/0", r)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 1000
	req.Header.Set("Authorization", "Bearer "+ownerToken)
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
		t.Errorf("half a part is taken: %s", resp.Status)
	}
	var state storedReply
	if err := json.Unmarshal(s.want(http.StatusOK, "", http.MethodGet, path+"/state", ownerToken, nil), &state); err != nil || len(state.Parts) != 0 {
		t.Errorf("the parts are %v, %v", state.Parts, err)
	}
}

func FuzzParseRange(f *testing.F) {
	f.Add("bytes=0-1", int64(10))
	f.Add("bytes=5-", int64(10))
	f.Add("bytes=-5", int64(10))
	f.Fuzz(func(t *testing.T, text string, size int64) {
		if size < 1 {
			return
		}
		if from, n, ok := parseRange(text, size); ok && (from < 0 || n < 1 || from+n > size) {
			t.Errorf("%q of %d bytes: %d from %d", text, size, n, from)
		}
	})
}
