package relay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
	"github.com/tallow-transfer/tallow/relay/stored/s3store"
	"github.com/tallow-transfer/tallow/relay/stored/s3store/s3test"
)

// startS3Store starts a relay whose store is a bucket.
func startS3Store(t *testing.T) (storing, *s3test.Server) {
	t.Helper()
	config := unlimited()
	var server *s3test.Server
	config.Store, server = s3Store(t)
	_, base := start(t, config)
	return storing{t, base + "/api/store"}, server
}

// s3Store returns a store that is a bucket of a server.
func s3Store(t *testing.T) (*StoreConfig, *s3test.Server) {
	t.Helper()
	server := s3test.Start(t)
	blobs, err := s3store.New(t.Context(), s3store.Config{
		Bucket: s3test.Bucket, Prefix: "sealed", Endpoint: server.URL, AccessKey: s3test.AccessKey, SecretKey: s3test.SecretKey,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(blobs.Close)
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	return &StoreConfig{
		Service: stored.New(disk.Index, s3store.Direct{Blobs: blobs}, stored.Config{}), CreatesPerMinute: -1, ClaimsPerMinute: -1,
	}, server
}

// signed asks for a signed URL.
func (s storing) signed(path, bearer string, body any) string {
	s.t.Helper()
	var reply signedReply
	if err := json.Unmarshal(s.want(http.StatusOK, "", http.MethodPost, path, bearer, body), &reply); err != nil || reply.URL == "" || reply.Expires == 0 {
		s.t.Fatalf("%+v, %v", reply, err)
	}
	return reply.URL
}

// direct makes a request to S3.
func (s storing) direct(method, to string, body []byte, header ...string) (int, []byte) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, to, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, b
}

// container is what a container of three segments may look like from outside.
func container() (whole []byte, parts [][]byte) {
	whole = make([]byte, stored.OfferSize+2*stored.SegmentSize+1000)
	for i := range whole {
		whole[i] = byte(i) ^ byte(i>>8) ^ byte(i>>16)
	}
	first, second := stored.OfferSize+stored.SegmentSize, stored.OfferSize+2*stored.SegmentSize
	return whole, [][]byte{whole[:first], whole[first:second], whole[second:]}
}

// A transfer goes to S3 and from there without passing the relay, also when S3 is away
// for a while, and is gone after its last download.
func TestStoreInS3(t *testing.T) {
	s, server := startS3Store(t)
	whole, parts := container()
	path := s.create(len(whole), 1)
	var state storedReply
	look := func() {
		t.Helper()
		if err := json.Unmarshal(s.want(http.StatusOK, "", http.MethodGet, path+"/state", ownerToken, nil), &state); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if !state.Direct || state.PartSegments != 1 {
		t.Errorf("the state is %+v", state)
	}
	put := func(number int) {
		t.Helper()
		to := s.signed(fmt.Sprintf("%s/parts/%d/url", path, number), ownerToken, map[string]int{"size": len(parts[number])})
		if status, answer := s.direct(http.MethodPut, to, parts[number]); status != http.StatusOK {
			t.Fatalf("part %d: %d %s", number, status, answer)
		}
	}
	s.want(http.StatusNotFound, storeUnknown, http.MethodPost, path+"/parts/0/url", otherToken, map[string]int{"size": 5})
	s.want(http.StatusRequestEntityTooLarge, storeTooLarge, http.MethodPost, path+"/parts/0/url", ownerToken, map[string]int{"size": len(whole)})
	put(2)
	put(0)

	server.Cut()
	s.want(http.StatusServiceUnavailable, storeBroken, http.MethodGet, path+"/state", ownerToken, nil)
	s.want(http.StatusServiceUnavailable, storeBroken, http.MethodPost, path+"/complete", ownerToken, map[string]int{"parts": 3})
	// A URL can be signed, but leads nowhere; a part through the relay fails, too.
	lost := s.signed(path+"/parts/1/url", ownerToken, map[string]int{"size": len(parts[1])})
	if status, _ := s.direct(http.MethodPut, lost, parts[1]); status != 0 {
		t.Errorf("S3 is away, and answers %d", status)
	}
	s.want(http.StatusServiceUnavailable, storeBroken, http.MethodPut, path+"/parts/1", ownerToken, parts[1])
	server.Mend()

	s.want(http.StatusConflict, storeIncomplete, http.MethodPost, path+"/complete", ownerToken, map[string]int{"parts": 3})
	s.want(http.StatusNoContent, "", http.MethodPut, path+"/parts/1", ownerToken, parts[1]) // through the relay
	look()
	if len(state.Parts) != 1 || state.Parts[0] != [2]int{0, 3} {
		t.Errorf("the parts are %v", state.Parts)
	}
	for range 2 {
		s.want(http.StatusOK, "", http.MethodPost, path+"/complete", ownerToken, map[string]int{"parts": 3})
	}

	if got := s.want(http.StatusOK, "", http.MethodGet, path+"/offer", "", nil); !bytes.Equal(got, whole[:offerBytes]) {
		t.Errorf("the offer has %d bytes", len(got))
	}
	s.want(http.StatusForbidden, storeClaim, http.MethodPost, path+"/data/url", claimToken, map[string]int{"from": 0, "size": 5})
	s.want(http.StatusOK, "", http.MethodPost, path+"/claim", "", claimBody())
	s.want(http.StatusBadRequest, storeMalformed, http.MethodPost, path+"/data/url", claimToken, map[string]int{"from": 0, "size": len(whole) + 1})
	var got []byte
	to := ""
	for from := 0; from < len(whole); from += 5 << 20 {
		n := min(5<<20, len(whole)-from)
		to = s.signed(path+"/data/url", claimToken, map[string]int{"from": from, "size": n})
		status, b := s.direct(http.MethodGet, to, nil, "Range", fmt.Sprintf("bytes=%d-%d", from, from+n-1))
		if status >= 300 {
			t.Fatalf("%d %s", status, b)
		}
		got = append(got, b...)
	}
	if !bytes.Equal(got, whole) {
		t.Errorf("%d bytes, want %d", len(got), len(whole))
	}
	if got := s.want(http.StatusPartialContent, "", http.MethodGet, path+"/data", claimToken, nil, "Range", "bytes=8456000-8457000"); !bytes.Equal(got, whole[8_456_000:8_457_001]) {
		t.Errorf("%d bytes through the relay", len(got))
	}
	s.want(http.StatusNoContent, "", http.MethodPost, path+"/commit", claimToken, nil)
	s.want(http.StatusGone, storeSpent, http.MethodGet, path+"/offer", "", nil)
	if status, _ := s.direct(http.MethodGet, to, nil, "Range", fmt.Sprintf("bytes=%d-%d", 15<<20, len(whole)-1)); status != http.StatusNotFound {
		t.Errorf("the bytes are there after the last download: %d", status)
	}
}

// The page may reach the bucket, and nothing else but its relay.
func TestPolicyOfThePage(t *testing.T) {
	for bucket, want := range map[string]string{"": "; connect-src 'self'; ", "https://b.example": "; connect-src 'self' https://b.example; "} {
		server := httptest.NewServer(newPages(clientFiles(t), true, nil, clientPolicy(bucket)))
		resp, _ := request(t, http.MethodGet, server.URL+"/", nil)
		server.Close()
		if policy := resp.Header.Get("Content-Security-Policy"); !strings.Contains(policy, want) {
			t.Errorf("the policy is %q, want %q in it", policy, want)
		}
	}
}

// A store on a disk signs nothing.
func TestStoreIsIndirect(t *testing.T) {
	s := startStore(t, stored.Config{}, nil)
	path := s.stores(1)
	s.want(http.StatusConflict, storeIndirect, http.MethodPost, path+"/parts/0/url", ownerToken, map[string]int{"size": 5})
	s.want(http.StatusOK, "", http.MethodPost, path+"/claim", "", claimBody())
	s.want(http.StatusConflict, storeIndirect, http.MethodPost, path+"/data/url", claimToken, map[string]int{"from": 0, "size": 5})
}
