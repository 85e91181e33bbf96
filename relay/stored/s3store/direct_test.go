package s3store_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/s3store"
	"github.com/tallow-transfer/tallow/relay/stored/s3store/s3test"
)

// offline is a configuration for signing, which needs no server.
func offline() s3store.Config {
	return s3store.Config{Bucket: "transfers", Prefix: "sealed", AccessKey: "access", SecretKey: "secret", Region: "eu-north-1"}
}

// signature computes the signature of a URL for a request with these headers, as
// "Signature Version 4" describes it for query strings. It uses nothing of the code that
// signs.
func signature(t *testing.T, method string, u *url.URL, secret string, header map[string]string) string {
	t.Helper()
	query := u.Query()
	query.Del("X-Amz-Signature")
	var headers strings.Builder
	for name := range strings.SplitSeq(query.Get("X-Amz-SignedHeaders"), ";") {
		value, ok := header[name]
		if !ok {
			t.Fatalf("the header %q is signed", name)
		}
		headers.WriteString(name + ":" + value + "\n")
	}
	request := strings.Join([]string{
		method, u.EscapedPath(), strings.ReplaceAll(query.Encode(), "+", "%20"), headers.String(), query.Get("X-Amz-SignedHeaders"), "UNSIGNED-PAYLOAD",
	}, "\n")
	scope := strings.SplitN(query.Get("X-Amz-Credential"), "/", 2)[1]
	sum := sha256.Sum256([]byte(request))
	text := strings.Join([]string{"AWS4-HMAC-SHA256", query.Get("X-Amz-Date"), scope, hex.EncodeToString(sum[:])}, "\n")
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// A signed URL is good for one length, or one range, of one part, for ten minutes.
func TestWhatIsSigned(t *testing.T) {
	d := s3store.Direct{Blobs: open(t, offline())}
	r := stored.Record{ID: stored.NewID(), Upload: "an upload/1"}
	put, err := d.PutURL(t.Context(), r, 41, 6_000_000)
	if err != nil {
		t.Fatal(err)
	}
	u := parse(t, put.URL)
	query := u.Query()
	if query.Get("partNumber") != "42" || query.Get("uploadId") != r.Upload || query.Get("X-Amz-Expires") != "600" ||
		query.Get("X-Amz-SignedHeaders") != "content-length;host" {
		t.Errorf("the URL of a part is %v", u)
	}
	if left := time.Until(put.Expires); left < 9*time.Minute || left > 10*time.Minute {
		t.Errorf("it expires in %v", left)
	}
	if u.Scheme != "https" || u.Path != "/sealed/"+r.ID.String() || !strings.HasPrefix(u.Host, "transfers.s3.") {
		t.Errorf("the URL of a part is %v", u)
	}
	header := map[string]string{"host": u.Host, "content-length": "6000000"}
	if got, want := query.Get("X-Amz-Signature"), signature(t, http.MethodPut, u, "secret", header); got != want {
		t.Errorf("the signature is %s, want %s", got, want)
	}
	header["content-length"] = "6000001"
	if query.Get("X-Amz-Signature") == signature(t, http.MethodPut, u, "secret", header) {
		t.Error("it is good for another length")
	}

	get, err := d.GetURL(t.Context(), r, 100, 50)
	if err != nil {
		t.Fatal(err)
	}
	u = parse(t, get.URL)
	header = map[string]string{"host": u.Host, "range": "bytes=100-149"}
	if got, want := u.Query().Get("X-Amz-Signature"), signature(t, http.MethodGet, u, "secret", header); got != want {
		t.Errorf("the signature is %s, want %s", got, want)
	}
	if u.Query().Get("X-Amz-SignedHeaders") != "host;range" {
		t.Errorf("the URL of a range is %v", u)
	}
}

func parse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// URLs name the bucket in the path or in the host, and the server as clients reach it.
func TestStyles(t *testing.T) {
	for _, c := range []struct {
		change func(*s3store.Config)
		host   string
		path   string
	}{
		{func(c *s3store.Config) { c.Style = s3store.StylePath; c.Endpoint = "https://s3.example" }, "s3.example", "/transfers/sealed/"},
		{func(c *s3store.Config) { c.Style = s3store.StyleVirtual; c.Endpoint = "https://s3.example" }, "transfers.s3.example", "/sealed/"},
		{func(c *s3store.Config) { c.Endpoint = "http://minio:9000" }, "minio:9000", "/transfers/sealed/"},
		{func(c *s3store.Config) { c.Endpoint, c.Public = "http://minio:9000", "https://files.example" }, "files.example", "/transfers/sealed/"},
		{func(c *s3store.Config) { c.Prefix = "/a/b/"; c.Endpoint = "https://s3.example" }, "s3.example", "/transfers/a/b/"},
		{func(c *s3store.Config) { c.Prefix = ""; c.Endpoint = "https://s3.example" }, "s3.example", "/transfers/"},
	} {
		config := offline()
		c.change(&config)
		r := stored.Record{ID: stored.NewID(), Upload: "u"}
		direct := s3store.Direct{Blobs: open(t, config)}
		signed, err := direct.PutURL(t.Context(), r, 0, 5)
		if err != nil {
			t.Fatal(err)
		}
		if got := direct.Origin(); !strings.HasPrefix(signed.URL, got+"/") || !strings.HasSuffix(got, "://"+c.host) {
			t.Errorf("%+v: the origin is %s", config, got)
		}
		if u := parse(t, signed.URL); u.Host != c.host || u.Path != c.path+r.ID.String() {
			t.Errorf("%+v: %v", config, u)
		}
	}
	for _, c := range []s3store.Config{
		{Bucket: "b", Endpoint: "s3.example"},
		{Bucket: "b", Endpoint: "https://s3.example/path"},
		{Bucket: "b", Endpoint: "ftp://s3.example"},
		{Bucket: "b", Endpoint: "https://user:secret@s3.example"},
		{Bucket: "b", Public: "s3.example"},
		{Bucket: "b", Style: "dns"},
	} {
		if b, err := s3store.New(t.Context(), c); err == nil {
			b.Close()
			t.Errorf("%+v is taken", c)
		}
	}
}

// exchange makes a request as a client does, that knows only the URL.
func exchange(t *testing.T, method, to string, body []byte, header ...string) (int, []byte, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, to, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if body != nil {
		req.Header.Set("Expect", "100-continue") // else a refusal may break the connection
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b, resp.Header
}

// Clients put parts and get ranges at a real server, and it refuses what was not
// signed.
func TestDirect(t *testing.T) {
	d := s3store.Direct{Blobs: open(t, config(s3test.Start(t)))}
	ctx := t.Context()
	id := stored.NewID()
	upload, err := d.Begin(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	r := stored.Record{ID: id, Upload: upload}
	first, last := bytes.Repeat([]byte("first"), 1<<20), []byte("last")
	for number, part := range map[int][]byte{1: last, 0: first} {
		signed, err := d.PutURL(ctx, r, number, int64(len(part)))
		if err != nil {
			t.Fatal(err)
		}
		for what, refused := range map[string]func() int{
			"a longer part":  func() int { s, _, _ := exchange(t, http.MethodPut, signed.URL, append(part, 'x')); return s },
			"a shorter part": func() int { s, _, _ := exchange(t, http.MethodPut, signed.URL, part[1:]); return s },
			"another part": func() int {
				s, _, _ := exchange(t, http.MethodPut, strings.Replace(signed.URL, "partNumber="+strconv.Itoa(number+1), "partNumber=9", 1), part)
				return s
			},
			"a GET": func() int { s, _, _ := exchange(t, http.MethodGet, signed.URL, nil); return s },
		} {
			if status := refused(); status != http.StatusForbidden {
				t.Errorf("%s: %d", what, status)
			}
		}
		if status, answer, _ := exchange(t, http.MethodPut, signed.URL, part); status != http.StatusOK {
			t.Fatalf("%d %s", status, answer)
		}
	}
	parts, err := d.Parts(ctx, r)
	if err != nil || len(parts) != 2 {
		t.Fatalf("the parts are %v, %v", parts, err)
	}
	if err := d.Finish(ctx, r, parts); err != nil {
		t.Fatal(err)
	}
	late, err := d.PutURL(ctx, r, 0, 4)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, _ := exchange(t, http.MethodPut, late.URL, last); status < 400 {
		t.Errorf("a part of what is finished: %d", status)
	}
	whole := append(bytes.Clone(first), last...)
	from := int64(len(first) - 2)
	get, err := d.GetURL(ctx, r, from, 4)
	if err != nil {
		t.Fatal(err)
	}
	text := "bytes=" + strconv.FormatInt(from, 10) + "-" + strconv.FormatInt(from+3, 10)
	status, got, header := exchange(t, http.MethodGet, get.URL, nil, "Range", text)
	// rclone answers 200, with a Content-Range all the same.
	if status != http.StatusPartialContent && status != http.StatusOK || !bytes.Equal(got, whole[from:from+4]) {
		t.Errorf("%d %q, want %q; %v", status, got, whole[from:from+4], header)
	}
	if want := `attachment; filename="sealed.tallow"`; header.Get("Content-Disposition") != want || header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("it is %q, %q", header.Get("Content-Disposition"), header.Get("Content-Type"))
	}
	for _, text := range []string{"", "bytes=0-", "bytes=0-3"} {
		if status, _, _ := exchange(t, http.MethodGet, get.URL, nil, "Range", text); status != http.StatusForbidden {
			t.Errorf("the range %q: %d", text, status)
		}
	}
}

// While S3 cannot be reached every call fails in time, with an error that shows no
// signature, and afterwards all goes on.
func TestServerIsAway(t *testing.T) {
	server := s3test.Start(t)
	b := open(t, config(server))
	ctx := t.Context()
	if err := b.Check(ctx); err != nil {
		t.Fatal(err)
	}
	id := stored.NewID()
	upload, err := b.Begin(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	r := stored.Record{ID: id, Upload: upload}
	part := bytes.Repeat([]byte("x"), 5<<20)
	if err := b.Put(ctx, r, 0, bytes.NewReader(part), int64(len(part))); err != nil {
		t.Fatal(err)
	}
	server.Cut()
	began := time.Now()
	for what, call := range map[string]func() error{
		"Begin":  func() error { _, err := b.Begin(ctx, stored.NewID()); return err },
		"Put":    func() error { return b.Put(ctx, r, 1, bytes.NewReader(part), int64(len(part))) },
		"Parts":  func() error { _, err := b.Parts(ctx, r); return err },
		"Finish": func() error { return b.Finish(ctx, r, []stored.Part{{Size: int64(len(part))}}) },
		"Read":   func() error { _, err := b.Read(ctx, r, 0, 5); return err },
		"Delete": func() error { return b.Delete(ctx, r) },
		"DeleteAll": func() error {
			return b.DeleteAll(ctx, []stored.Record{{ID: id, Parts: []int64{5}}, {ID: stored.NewID(), Parts: []int64{5}}})
		},
		"Each":  func() error { return b.Each(ctx, func(stored.ID) error { return nil }) },
		"Check": func() error { return b.Check(ctx) },
	} {
		err := call()
		if !errors.Is(err, s3store.ErrAway) || errors.Is(err, stored.ErrUnknown) || strings.Contains(err.Error(), "Signature") || strings.Contains(err.Error(), id.String()) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the calls took %v", took)
	}
	server.Mend()
	if err := b.Put(ctx, r, 1, strings.NewReader("end"), 3); err != nil {
		t.Fatal(err)
	}
	parts, err := b.Parts(ctx, r)
	if err != nil || len(parts) != 2 {
		t.Fatalf("the parts are %v, %v", parts, err)
	}
	if err := b.Finish(ctx, r, parts); err != nil {
		t.Fatal(err)
	}
}

// What a bucket does not let the relay set is told; rclone's lets it set nothing.
func TestPrepareRefused(t *testing.T) {
	b := open(t, config(s3test.Start(t)))
	err := b.Prepare(t.Context(), 7*24*time.Hour)
	if err == nil || !strings.Contains(err.Error(), "after 8 days") || !strings.Contains(err.Error(), "CORS") {
		t.Errorf("error %v", err)
	}
}

// Wrong keys and a bucket that is not there are told from each other.
func TestCheck(t *testing.T) {
	c := config(s3test.Start(t))
	c.Bucket = "another"
	if err := open(t, c).Check(t.Context()); err == nil || !strings.Contains(err.Error(), `no bucket "another"`) {
		t.Errorf("error %v", err)
	}
	c = config(s3test.Start(t))
	c.SecretKey = "wrong"
	if err := open(t, c).Check(t.Context()); err == nil || strings.Contains(err.Error(), "no bucket") {
		t.Errorf("error %v", err)
	}
}
