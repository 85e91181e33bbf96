package s3store

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// Direct are Blobs with which clients exchange bytes directly.
type Direct struct{ *Blobs }

var _ stored.Direct = Direct{}

// Origin implements stored.Direct.
func (d Direct) Origin() string { return d.origin }

// PutURL implements stored.Direct. The length is signed, so that nobody puts more than
// was announced.
func (d Direct) PutURL(ctx context.Context, r stored.Record, number int, size int64) (stored.SignedURL, error) {
	return putURL(ctx, d.public, d.Blobs, r, number, size)
}

// GetURL implements stored.Direct. The range is signed.
func (d Direct) GetURL(ctx context.Context, r stored.Record, offset, n int64) (stored.SignedURL, error) {
	header := http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", offset, offset+n-1)}}
	return sign(ctx, d.public, http.MethodGet, d.bucket, d.key(r.ID), nil, header)
}

// putURL signs the URL of a part.
func putURL(ctx context.Context, by *minio.Core, b *Blobs, r stored.Record, number int, size int64) (stored.SignedURL, error) {
	query := url.Values{"partNumber": {strconv.Itoa(number + 1)}, "uploadId": {r.Upload}}
	header := http.Header{"Content-Length": {strconv.FormatInt(size, 10)}}
	return sign(ctx, by, http.MethodPut, b.bucket, b.key(r.ID), query, header)
}

// sign signs a URL for one request with these headers.
func sign(ctx context.Context, by *minio.Core, method, bucket, key string, query url.Values, header http.Header) (stored.SignedURL, error) {
	expires := time.Now().Add(signedLife)
	u, err := by.PresignHeader(ctx, method, bucket, key, signedLife, query, header)
	if err != nil {
		return stored.SignedURL{}, told(err)
	}
	return stored.SignedURL{URL: u.String(), Expires: expires}, nil
}
