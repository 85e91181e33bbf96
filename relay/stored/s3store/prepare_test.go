package s3store_test

import (
	"crypto/md5"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored/s3store"
)

// ruledBucket is a server with a bucket that has rules: what was put is what is got. It
// answers as Amazon's S3 does. The server of the other tests, rclone, has no rules.
type ruledBucket struct {
	*httptest.Server

	mu    sync.Mutex
	rules map[string]string // by the name in the query
	puts  []string          // the names, in order
	deny  bool
}

func startRuledBucket(t *testing.T) *ruledBucket {
	t.Helper()
	b := &ruledBucket{rules: make(map[string]string)}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { b.serve(t, w, req) }))
	t.Cleanup(b.Close)
	return b
}

func (b *ruledBucket) serve(t *testing.T, w http.ResponseWriter, req *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	name := ""
	for _, known := range []string{"lifecycle", "cors"} {
		if req.URL.Query().Has(known) {
			name = known
		}
	}
	refuse := func(status int, code string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `<Error><Code>`+code+`</Code><Message>no</Message><BucketName>transfers</BucketName></Error>`)
	}
	switch {
	case req.URL.Path != "/transfers/" || name == "" || !strings.HasPrefix(req.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=access/"):
		t.Errorf("%s %v", req.Method, req.URL)
		refuse(http.StatusBadRequest, "InvalidRequest")
	case b.deny:
		refuse(http.StatusForbidden, "AccessDenied")
	case req.Method == http.MethodPut:
		body, err := io.ReadAll(req.Body)
		sum := md5.Sum(body)
		if err != nil || req.Header.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum[:]) {
			t.Errorf("%s: the sum of the body is %q, %v", name, req.Header.Get("Content-Md5"), err)
		}
		b.rules[name] = string(body)
		b.puts = append(b.puts, name)
	case req.Method == http.MethodGet && b.rules[name] != "":
		_, _ = io.WriteString(w, b.rules[name])
	case req.Method == http.MethodGet:
		refuse(http.StatusNotFound, map[string]string{"lifecycle": "NoSuchLifecycleConfiguration", "cors": "NoSuchCORSConfiguration"}[name])
	default:
		t.Errorf("%s %v", req.Method, req.URL)
	}
}

// prepare gives the bucket the rules of a relay, and returns how many it has put.
func (b *ruledBucket) prepare(t *testing.T, prefix string, life time.Duration) int {
	t.Helper()
	before := len(b.puts)
	c := s3store.Config{Bucket: "transfers", Prefix: prefix, Endpoint: b.URL, AccessKey: "access", SecretKey: "secret"}
	if err := open(t, c).Prepare(t.Context(), life); err != nil {
		t.Fatal(err)
	}
	return len(b.puts) - before
}

func (b *ruledBucket) want(t *testing.T, name, want string) {
	t.Helper()
	if got := b.rules[name]; got != want {
		t.Errorf("the rules are\n%s\nwant\n%s", got, want)
	}
}

// What Amazon's documentation of PutBucketLifecycleConfiguration and PutBucketCors asks for.
const (
	xmlHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	corsBegin = xmlHeader + `<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`
	corsRule  = `<CORSRule><AllowedHeader>*</AllowedHeader><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>` +
		`<AllowedOrigin>*</AllowedOrigin><ExposeHeader>Content-Range</ExposeHeader><ID>tallow</ID><MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule>`
	corsEnd = `</CORSConfiguration>`

	lifecycleRule = `<Rule><AbortIncompleteMultipartUpload><DaysAfterInitiation>8</DaysAfterInitiation></AbortIncompleteMultipartUpload>` +
		`<Expiration><Days>8</Days></Expiration><ID>tallow-some-where</ID><Filter><Prefix>some/where/</Prefix></Filter><Status>Enabled</Status></Rule>`
)

const week = 7 * 24 * time.Hour

// A bucket without rules gets two, and one that has them is left alone.
func TestPrepare(t *testing.T) {
	b := startRuledBucket(t)
	if n := b.prepare(t, "some/where", week); n != 2 {
		t.Errorf("%d rules were put", n)
	}
	b.want(t, "lifecycle", `<LifecycleConfiguration>`+lifecycleRule+`</LifecycleConfiguration>`)
	b.want(t, "cors", corsBegin+corsRule+corsEnd)
	if n := b.prepare(t, "some/where", week); n != 0 {
		t.Errorf("%d rules were put again", n)
	}
}

// Rules that others have made stay as they are, and an own one that is out of date is
// replaced.
func TestPrepareBesideOthers(t *testing.T) {
	const (
		theirRule = `<Rule><Expiration><Days>30</Days></Expiration><ID>logs</ID><Filter><And><Prefix>logs/</Prefix><Tag><Key>kind</Key><Value>log</Value></Tag></And></Filter>` +
			`<Status>Enabled</Status><Transition><StorageClass>GLACIER</StorageClass><Days>3</Days></Transition></Rule>`
		theirCORS = `<CORSRule><AllowedMethod>HEAD</AllowedMethod><AllowedOrigin>https://example.org</AllowedOrigin><ID>theirs</ID></CORSRule>`
	)
	b := startRuledBucket(t)
	b.rules["lifecycle"] = `<LifecycleConfiguration>` + strings.ReplaceAll(lifecycleRule, ">8<", ">3<") + theirRule + `</LifecycleConfiguration>`
	b.rules["cors"] = corsBegin + strings.Replace(corsRule, "<AllowedMethod>PUT</AllowedMethod>", "", 1) + theirCORS + corsEnd
	if n := b.prepare(t, "some/where", week); n != 2 {
		t.Errorf("%d rules were put", n)
	}
	b.want(t, "lifecycle", `<LifecycleConfiguration>`+theirRule+lifecycleRule+`</LifecycleConfiguration>`)
	b.want(t, "cors", corsBegin+theirCORS+corsRule+corsEnd)

	// Another store in the same bucket has a rule of its own.
	if n := b.prepare(t, "other", 36*time.Hour); n != 1 {
		t.Errorf("%d rules were put", n)
	}
	other := strings.NewReplacer(">8<", ">3<", "some/where/", "other/", "some-where", "other").Replace(lifecycleRule)
	b.want(t, "lifecycle", `<LifecycleConfiguration>`+theirRule+lifecycleRule+other+`</LifecycleConfiguration>`)

	// One that somebody has switched off is switched on.
	b.rules["lifecycle"] = strings.Replace(b.rules["lifecycle"], lifecycleRule, strings.Replace(lifecycleRule, "Enabled", "Disabled", 1), 1)
	if n := b.prepare(t, "some/where", week); n != 1 {
		t.Errorf("%d rules were put", n)
	}
	b.want(t, "lifecycle", `<LifecycleConfiguration>`+theirRule+other+lifecycleRule+`</LifecycleConfiguration>`)
}

// Without a right to the rules nothing is put, and the error says what is missing.
func TestPrepareDenied(t *testing.T) {
	b := startRuledBucket(t)
	b.deny = true
	err := open(t, s3store.Config{Bucket: "transfers", Endpoint: b.URL, AccessKey: "access", SecretKey: "secret"}).Prepare(t.Context(), week)
	if err == nil || !strings.Contains(err.Error(), "after 8 days") || !strings.Contains(err.Error(), "CORS") || len(b.puts) > 0 {
		t.Errorf("%v; put: %v", err, b.puts)
	}
}
