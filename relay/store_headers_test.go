package relay

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// No answer of a store is a page that could run, or that a search engine keeps: not
// what is stored, and not a refusal either.
func TestStoreHeaders(t *testing.T) {
	s := startStore(t, stored.Config{}, nil)
	path := s.stores(0)
	s.want(http.StatusOK, "", http.MethodPost, path+"/claim", "", claimBody())
	seen := make(map[int]int)
	for _, suffix := range []string{
		"", "/state", "/offer", "/data", "/claim", "/commit", "/extend", "/complete", "/parts/0", "/parts/x", "/parts/0/url", "/data/url", "/key", "/mail", "/nothing", "/../" + path[1:] + "/offer",
	} {
		for _, method := range []string{
			http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodOptions, http.MethodPatch, http.MethodDelete,
		} {
			if method == http.MethodDelete && suffix == "" {
				continue // the transfer is needed to the end
			}
			for _, bearer := range []string{"", ownerToken, claimToken} {
				for _, origin := range [][]string{nil, {"Origin", "https://elsewhere.example"}} {
					resp, _ := s.call(method, path+suffix, bearer, claimBody(), origin...)
					seen[resp.StatusCode]++
					wantSandboxed(t, fmt.Sprintf("%s %s %v: %s", method, suffix, origin, resp.Status), resp)
				}
			}
		}
	}
	for _, status := range []int{200, 204, 400, 403, 404, 405, 409} {
		if seen[status] == 0 {
			t.Errorf("no answer was %d: %v", status, seen)
		}
	}
	for path, want := range map[string]int{"": http.StatusBadRequest, "/": http.StatusNotFound, "/0/offer": http.StatusNotFound} {
		resp, _ := s.call(http.MethodPost, path, "", nil)
		if path == "/0/offer" {
			resp, _ = s.call(http.MethodGet, path, "", nil)
		}
		if resp.StatusCode != want {
			t.Errorf("%q: %s, want %d", path, resp.Status, want)
		}
		wantSandboxed(t, path, resp)
	}
}

func wantSandboxed(t *testing.T, what string, resp *http.Response) {
	t.Helper()
	disposition := resp.Header.Get("Content-Disposition")
	if disposition != "attachment" && disposition != `attachment; filename="sealed.tallow"` {
		t.Errorf("%s: Content-Disposition is %q", what, disposition)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex, nofollow",
		"Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
	if kind := resp.Header.Get("Content-Type"); kind != "" && kind != "application/json" && kind != "application/octet-stream" {
		t.Errorf("%s: Content-Type is %q", what, kind)
	}
}
