package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/tallow-transfer/tallow/internal/settings"
	"github.com/tallow-transfer/tallow/pkg/tallow"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/s3store"
)

// s3Settings are the settings of a store in a bucket of S3.
type s3Settings struct {
	endpoint  string
	public    string
	region    string
	style     string
	direct    bool
	accessKey string
	secretKey string
}

func (c *s3Settings) table() []settings.Setting {
	c.style, c.direct = string(s3store.StyleAuto), true
	return []settings.Setting{
		{Name: "store-s3-endpoint", Value: &c.endpoint, Help: "`URL` of the S3 server (default AWS_ENDPOINT_URL_S3, or Amazon's)"},
		{Name: "store-s3-public", Value: &c.public, Help: "`URL` by which clients reach it, if that is another one"},
		{Name: "store-s3-region", Value: &c.region, Help: "`region` of the bucket (default AWS_REGION, or us-east-1)"},
		{Name: "store-s3-style", Value: &c.style, Help: "`style` of URLs: path, virtual (the bucket is in the host's name) or auto"},
		{Name: "store-s3-direct", Value: &c.direct, Help: "clients put and get the bytes at the S3 server, and not through the relay"},
		{Name: "store-s3-access-key", Value: &c.accessKey, Secret: true, Help: "`KEY` of the account there (default AWS_ACCESS_KEY_ID, ~/.aws/credentials, or the machine's role)"},
		{Name: "store-s3-secret-key", Value: &c.secretKey, Secret: true, Help: "`SECRET` that belongs to it (default AWS_SECRET_ACCESS_KEY); better in the variable or the file"},
	}
}

// config returns the bucket's configuration.
func (c *s3Settings) config(store *storeSettings, getenv func(string) string) s3store.Config {
	bucket, prefix, _ := store.bucket()
	return s3store.Config{
		Bucket: bucket, Prefix: prefix, Public: c.public, Style: s3store.Style(c.style), AccessKey: c.accessKey, SecretKey: c.secretKey,
		Endpoint: cmp.Or(c.endpoint, getenv("AWS_ENDPOINT_URL_S3"), getenv("AWS_ENDPOINT_URL")),
		Region:   cmp.Or(c.region, getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION")),
	}
}

// check rejects invalid values.
func (c *s3Settings) check(store *storeSettings, where func(string) string) error {
	bucket, _, _ := store.bucket()
	switch {
	case len(bucket) < 3:
		return usage("Write it as s3://BUCKET or s3://BUCKET/PREFIX.", "%s names no bucket", where("store"))
	case (c.accessKey == "") != (c.secretKey == ""):
		return usage("Give both, or neither.", "%s and --store-s3-secret-key belong together", where("store-s3-access-key"))
	}
	return nil
}

// s3Bucket is a bucket.
type s3Bucket = *s3store.Blobs

// open makes the bucket's client.
func (c *s3Settings) open(ctx context.Context, store *storeSettings, getenv func(string) string) (s3Bucket, error) {
	bucket, err := s3store.New(ctx, c.config(store, getenv))
	if err != nil {
		return nil, usage("See --store-s3-endpoint and --store-s3-style.", "the bucket of --store cannot be used: %v", err)
	}
	return bucket, nil
}

// blobs returns how transfers use the bucket.
func (c *s3Settings) blobs(bucket s3Bucket) stored.Blobs {
	if c.direct {
		return s3store.Direct{Blobs: bucket}
	}
	return bucket
}

// prepareBucket asks whether the bucket can be used, and gives it the rules that it
// needs. A server that does not answer is no reason not to start: there are rooms, too.
func (s *server) prepareBucket(ctx context.Context, bucket s3Bucket) error {
	err := bucket.Check(ctx)
	if errors.Is(err, s3store.ErrAway) {
		s.config.Logger.Warn("the store cannot be reached", "error", err)
		return nil
	}
	if err != nil {
		return &failure{kind: tallow.KindIO, message: "the store cannot be opened: " + cause(err), hint: "The bucket has to be there, and --store-s3-access-key has to be allowed to use it.", err: err}
	}
	if err := bucket.Prepare(ctx, max(s.store.maxExpires, 24*time.Hour)); err != nil {
		s.config.Logger.Warn("see docs/operating.md for the rules of the bucket", "error", err)
	}
	return nil
}
