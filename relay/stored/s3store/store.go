// Package s3store keeps the bytes of stored transfers in a bucket of S3, or of a server
// that speaks its protocol: Blobs of package stored.
//
//	PREFIX/ID    a transfer: one object
//
// It comes about as a multipart upload. A part has its number and one more, since those
// of S3 begin with 1. With [Direct] clients put parts and get ranges by URLs that are
// signed for one request each, with its length or range, so that the bytes do not pass the
// relay. [Blobs.Prepare] adds a rule to the bucket that deletes what nobody else does.
//
// Start with [New].
package s3store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// Style is how a URL names the bucket.
type Style string

// The styles.
const (
	StyleAuto    Style = "auto"    // StyleVirtual at Amazon, else StylePath
	StylePath    Style = "path"    // https://HOST/BUCKET/KEY
	StyleVirtual Style = "virtual" // https://BUCKET.HOST/KEY
)

// amazon is the endpoint of Amazon's S3, which differs by region.
const amazon = "https://s3.amazonaws.com"

// The limits of S3.
const (
	minPart  = 5 << 20
	maxParts = 10_000
	maxSize  = 5 << 40
)

const (
	// callTimeout is how long a call may take that does not carry the bytes of a transfer,
	// with all its attempts.
	callTimeout = 20 * time.Second
	// answerTimeout is how long S3 may take for the head of an answer, and to take the next
	// bytes of a part.
	answerTimeout = 30 * time.Second
	// attempts is how often a call is made that fails for a reason that may pass.
	attempts = 3
	// signedLife is how long a client may wait before it uses a URL.
	signedLife = 10 * time.Minute
)

// Config says where a bucket is.
type Config struct {
	Bucket string
	Prefix string // of the keys, without a slash at its end; may be empty
	// Endpoint is the URL of the server, without a path; by default that of Amazon.
	Endpoint string
	// Public is the same as clients reach it; by default Endpoint.
	Public string
	Region string // us-east-1 by default
	Style  Style  // StyleAuto by default
	// AccessKey and SecretKey sign requests. Without them the usual places are asked: the
	// variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, the file
	// ~/.aws/credentials, and the role of the machine.
	AccessKey, SecretKey string
}

// Blobs are stored.Blobs in a bucket.
type Blobs struct {
	core   *minio.Core // requests of the relay
	public *minio.Core // signs for clients
	http   *http.Client
	bucket string
	prefix string // of the keys, with its slash
	// patience is how long S3 may take for the next bytes of a part.
	patience time.Duration
	origin   string // of the URLs that are signed for clients
	release  func()
}

var (
	_ stored.Blobs = (*Blobs)(nil)
	_ stored.Bulk  = (*Blobs)(nil)
)

// New makes Blobs. It does not connect yet. Close it at the end. ctx is for New alone.
func New(ctx context.Context, c Config) (*Blobs, error) {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: answerTimeout,
		ExpectContinueTimeout: 2 * time.Second,
		IdleConnTimeout:       time.Minute,
		MaxIdleConnsPerHost:   16,
		DisableCompression:    true,
	}
	keys := credentials.NewStaticV4(c.AccessKey, c.SecretKey, "")
	if c.AccessKey == "" {
		keys = credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{Client: &http.Client{Transport: transport, Timeout: callTimeout}},
		})
	}
	c.Endpoint = cmp.Or(c.Endpoint, amazon)
	core, err := connect(c, c.Endpoint, keys, transport)
	if err != nil {
		return nil, err
	}
	public, err := connect(c, cmp.Or(c.Public, c.Endpoint), keys, transport)
	if err != nil {
		return nil, err
	}
	origin, err := originOf(ctx, c, transport)
	if err != nil {
		return nil, err
	}
	b := &Blobs{origin: origin, core: core, public: public, bucket: c.Bucket, patience: answerTimeout, http: &http.Client{Transport: transport}, release: transport.CloseIdleConnections}
	if prefix := strings.Trim(c.Prefix, "/"); prefix != "" {
		b.prefix = prefix + "/"
	}
	return b, nil
}

// originOf returns the origin of the URLs that are signed for clients. Where the bucket
// is in them does not depend on the keys, which may not be there yet.
func originOf(ctx context.Context, c Config, transport http.RoundTripper) (string, error) {
	client, err := connect(c, cmp.Or(c.Public, c.Endpoint), credentials.NewStaticV4("any", "any", ""), transport)
	if err != nil {
		return "", err
	}
	u, err := client.Presign(ctx, http.MethodGet, c.Bucket, "any", signedLife, nil)
	if err != nil {
		return "", fmt.Errorf("the bucket %q: %w", c.Bucket, err)
	}
	return u.Scheme + "://" + u.Host, nil
}

// connect makes a client of an endpoint.
func connect(c Config, endpoint string, keys *credentials.Credentials, transport http.RoundTripper) (*minio.Core, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("%q is no URL of a server: write it as https://HOST or http://HOST:PORT", endpoint)
	}
	options := &minio.Options{
		Creds: keys, Secure: u.Scheme == "https", Transport: transport, Region: cmp.Or(c.Region, "us-east-1"), MaxRetries: attempts,
	}
	switch c.Style {
	case StyleAuto, "":
	case StylePath:
		options.BucketLookup = minio.BucketLookupPath
	case StyleVirtual:
		options.BucketLookup = minio.BucketLookupDNS
	default:
		return nil, fmt.Errorf("%q is no style: it is auto, path or virtual", c.Style)
	}
	return minio.NewCore(u.Host, options)
}

// Close ends the connections that no request uses.
func (b *Blobs) Close() { b.release() }

// key returns the key of a transfer.
func (b *Blobs) key(id stored.ID) string { return b.prefix + id.String() }

// Check asks whether the bucket is there and may be used.
func (b *Blobs) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found, err := b.core.BucketExists(ctx, b.bucket)
	switch {
	case err != nil:
		return told(err)
	case !found:
		return fmt.Errorf("there is no bucket %q", b.bucket)
	}
	return nil
}

// ErrAway is in an error if S3 did not answer: it may do so later.
var ErrAway = errors.New("S3 does not answer")

// errStalled is the error of a part of which S3 takes no more.
var errStalled = fmt.Errorf("%w: it takes no more of a part", ErrAway)

// Codes of S3's errors.
const (
	noSuchUpload = "NoSuchUpload"
	noSuchKey    = "NoSuchKey"
	tooSmall     = "EntityTooSmall"
)

// errBroken is the error of a connection whose own text has a URL.
var errBroken = errors.New("the connection was closed")

func hasCode(err error, codes ...string) bool {
	got := minio.ToErrorResponse(err).Code
	for _, code := range codes {
		if got == code {
			return true
		}
	}
	return false
}

// told returns an error of S3 as the store tells it: without URLs, which may be signed.
func told(err error) error {
	var request *url.Error
	switch {
	case err == nil:
		return nil
	case hasCode(err, noSuchUpload, noSuchKey):
		return stored.ErrUnknown
	case hasCode(err, tooSmall):
		return stored.ErrInvalid
	case errors.As(err, &request):
		if err = request.Err; strings.Contains(err.Error(), "://") {
			err = errBroken
		}
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return fmt.Errorf("S3: %w", err)
}
