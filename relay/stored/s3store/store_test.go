package s3store_test

import (
	"testing"

	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/s3store"
	"github.com/tallow-transfer/tallow/relay/stored/s3store/s3test"
	"github.com/tallow-transfer/tallow/relay/stored/storedtest"
)

func open(t *testing.T, c s3store.Config) *s3store.Blobs {
	t.Helper()
	b, err := s3store.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func config(s *s3test.Server) s3store.Config {
	return s3store.Config{Bucket: s3test.Bucket, Endpoint: s.URL, AccessKey: s3test.AccessKey, SecretKey: s3test.SecretKey}
}

func TestBlobs(t *testing.T) {
	for name, prefix := range map[string]string{"without a prefix": "", "with a prefix": "some/where"} {
		t.Run(name, func(t *testing.T) {
			storedtest.Blobs(t, func(t *testing.T) stored.Blobs {
				c := config(s3test.Start(t))
				c.Prefix = prefix
				return open(t, c)
			})
		})
	}
}
