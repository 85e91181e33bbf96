package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// pageSize is how many things one call lists.
const pageSize = 1000

// Shape implements stored.Blobs.
func (b *Blobs) Shape() stored.Shape {
	return stored.Shape{MinPart: minPart, MaxParts: maxParts, MaxSize: maxSize}
}

// Begin implements stored.Blobs. Whoever opens a signed URL in a browser gets a file to
// save.
func (b *Blobs) Begin(ctx context.Context, id stored.ID) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	upload, err := b.core.NewMultipartUpload(ctx, b.bucket, b.key(id), minio.PutObjectOptions{
		ContentType: "application/octet-stream", ContentDisposition: `attachment; filename="sealed.tallow"`, CacheControl: "no-store",
	})
	return upload, told(err)
}

// Put implements stored.Blobs.
func (b *Blobs) Put(ctx context.Context, r stored.Record, number int, body io.Reader, size int64) error {
	signed, err := putURL(ctx, b.core, b, r, number, size)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	source := newSource(body, size, b.patience, func() { cancel(errStalled) })
	defer context.AfterFunc(ctx, source.stop)() // else the HTTP client waits until the body is read
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, signed.URL, source)
	if err != nil {
		return told(err)
	}
	req.ContentLength = size
	req.Header.Set("Expect", "100-continue") // so that a refusal comes before the bytes go
	resp, err := b.http.Do(req)
	if resp != nil {
		defer resp.Body.Close()
	}
	source.stop()
	switch broken := source.failure(); {
	case broken != nil:
		return broken
	case errors.Is(context.Cause(ctx), errStalled):
		return errStalled
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return told(err)
	}
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
	switch {
	case resp.StatusCode == http.StatusOK:
		return nil
	case bytes.Contains(answer, []byte(noSuchUpload)):
		return stored.ErrUnknown
	}
	return fmt.Errorf("S3 does not take a part: %s", resp.Status)
}

// Parts implements stored.Blobs.
func (b *Blobs) Parts(ctx context.Context, r stored.Record) ([]stored.Part, error) {
	listed, err := b.list(ctx, r)
	if err != nil {
		return nil, err
	}
	parts := make([]stored.Part, len(listed))
	for i, p := range listed {
		parts[i] = stored.Part{Number: p.PartNumber - 1, Size: p.Size}
	}
	return parts, nil
}

// list lists the parts of an upload.
func (b *Blobs) list(ctx context.Context, r stored.Record) ([]minio.ObjectPart, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var parts []minio.ObjectPart
	for marker := 0; ; {
		page, err := b.core.ListObjectParts(ctx, b.bucket, b.key(r.ID), r.Upload, marker, pageSize)
		if err != nil {
			return nil, told(err)
		}
		for _, p := range page.ObjectParts {
			if p.PartNumber <= marker || p.PartNumber > maxParts {
				return nil, errors.New("S3 lists parts that cannot be")
			}
			marker = p.PartNumber
			parts = append(parts, p)
		}
		if !page.IsTruncated || len(page.ObjectParts) == 0 {
			return parts, nil
		}
	}
}

// Finish implements stored.Blobs.
func (b *Blobs) Finish(ctx context.Context, r stored.Record, parts []stored.Part) error {
	listed, err := b.list(ctx, r)
	if errors.Is(err, stored.ErrUnknown) {
		return b.finished(ctx, r, parts)
	}
	if err != nil {
		return err
	}
	if len(listed) != len(parts) {
		return stored.ErrIncomplete
	}
	complete := make([]minio.CompletePart, len(listed))
	for i, p := range listed {
		if p.PartNumber-1 != parts[i].Number || p.Size != parts[i].Size {
			return stored.ErrIncomplete // it was put again meanwhile
		}
		complete[i] = minio.CompletePart{PartNumber: p.PartNumber, ETag: p.ETag}
	}
	// S3 may take minutes to join the parts of a large object.
	_, err = b.core.CompleteMultipartUpload(ctx, b.bucket, b.key(r.ID), r.Upload, complete, minio.PutObjectOptions{})
	if hasCode(err, noSuchUpload) {
		return b.finished(ctx, r, parts)
	}
	return told(err)
}

// finished returns nil if a transfer of these parts is there.
func (b *Blobs) finished(ctx context.Context, r stored.Record, parts []stored.Part) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	info, err := b.core.StatObject(ctx, b.bucket, b.key(r.ID), minio.StatObjectOptions{})
	if err != nil {
		return told(err)
	}
	for _, p := range parts {
		info.Size -= p.Size
	}
	if info.Size != 0 {
		return stored.ErrUnknown
	}
	return nil
}

// Read implements stored.Blobs.
func (b *Blobs) Read(ctx context.Context, r stored.Record, offset, n int64) (io.ReadCloser, error) {
	if n == 0 {
		return io.NopCloser(strings.NewReader("")), ctx.Err()
	}
	var options minio.GetObjectOptions
	if err := options.SetRange(offset, offset+n-1); err != nil {
		return nil, err
	}
	body, _, _, err := b.core.GetObject(ctx, b.bucket, b.key(r.ID), options)
	if err != nil {
		return nil, told(err)
	}
	return &object{ReadCloser: body, rest: n}, nil
}

// object reads as many bytes of an answer as were asked for.
type object struct {
	io.ReadCloser
	rest int64
}

// Read reads from the answer.
func (o *object) Read(p []byte) (int, error) {
	if o.rest == 0 {
		return 0, io.EOF
	}
	n, err := o.ReadCloser.Read(p[:min(int64(len(p)), o.rest)])
	o.rest -= int64(n)
	switch {
	case err == io.EOF && o.rest > 0:
		err = io.ErrUnexpectedEOF
	case err != nil && err != io.EOF:
		err = told(err)
	}
	return n, err
}

// Delete implements stored.Blobs.
func (b *Blobs) Delete(ctx context.Context, r stored.Record) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var failed []error
	if !r.Complete() {
		uploads := []string{r.Upload}
		if r.Upload == "" {
			var err error
			uploads, err = b.uploads(ctx, r.ID)
			failed = append(failed, err)
		}
		for _, upload := range uploads {
			if err := b.core.AbortMultipartUpload(ctx, b.bucket, b.key(r.ID), upload); !hasCode(err, noSuchUpload) {
				failed = append(failed, told(err))
			}
		}
	}
	err := b.core.RemoveObject(ctx, b.bucket, b.key(r.ID), minio.RemoveObjectOptions{})
	if !hasCode(err, noSuchKey) {
		failed = append(failed, told(err))
	}
	return errors.Join(failed...)
}

// DeleteAll implements stored.Bulk: those that are finished with one request for a
// thousand.
func (b *Blobs) DeleteAll(ctx context.Context, all []stored.Record) error {
	var failed []error
	var objects []minio.ObjectInfo
	for _, r := range all {
		if r.Complete() {
			objects = append(objects, minio.ObjectInfo{Key: b.key(r.ID)})
		} else {
			failed = append(failed, b.Delete(ctx, r))
		}
	}
	for page := range slices.Chunk(objects, pageSize) {
		failed = append(failed, b.deletePage(ctx, page))
	}
	return errors.Join(failed...)
}

// deletePage deletes as many objects as one request may.
func (b *Blobs) deletePage(ctx context.Context, objects []minio.ObjectInfo) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	results, err := b.core.RemoveObjectsWithIter(ctx, b.bucket, slices.Values(objects), minio.RemoveObjectsOptions{})
	if err != nil {
		return told(err)
	}
	failed := make(map[string]error) // by its text: most of them fail for the same reason
	for result := range results {
		if result.Err != nil && !hasCode(result.Err, noSuchKey) {
			err := told(result.Err)
			failed[err.Error()] = err
		}
	}
	// What ends early says nothing of that.
	return errors.Join(append(slices.Collect(maps.Values(failed)), ctx.Err())...)
}

// uploads returns the unfinished uploads of a transfer.
func (b *Blobs) uploads(ctx context.Context, id stored.ID) (uploads []string, err error) {
	err = b.eachUpload(ctx, b.key(id), func(key, upload string) error {
		if key == b.key(id) {
			uploads = append(uploads, upload)
		}
		return nil
	})
	return uploads, err
}

// eachUpload calls visit with each unfinished upload whose key has a prefix.
func (b *Blobs) eachUpload(ctx context.Context, prefix string, visit func(key, upload string) error) error {
	var key, upload string
	for {
		page, err := b.core.ListMultipartUploads(ctx, b.bucket, prefix, key, upload, "/", pageSize)
		if hasCode(err, noSuchKey, noSuchUpload) {
			return nil // a server with folders says so of one that is empty
		}
		if err != nil {
			return told(err)
		}
		for _, u := range page.Uploads {
			if err := visit(u.Key, u.UploadID); err != nil {
				return err
			}
		}
		if !page.IsTruncated || page.NextKeyMarker == key && page.NextUploadIDMarker == upload {
			return nil
		}
		key, upload = page.NextKeyMarker, page.NextUploadIDMarker
	}
}

// Each implements stored.Blobs.
func (b *Blobs) Each(ctx context.Context, visit func(stored.ID) error) error {
	seen := make(map[stored.ID]bool)
	once := func(key string) error {
		id, ok := stored.ParseID(strings.TrimPrefix(key, b.prefix))
		if !ok || seen[id] {
			return nil
		}
		seen[id] = true
		return visit(id)
	}
	for o := range b.core.ListObjectsIter(ctx, b.bucket, minio.ListObjectsOptions{Prefix: b.prefix}) {
		if o.Err != nil {
			return told(o.Err)
		}
		if err := once(o.Key); err != nil {
			return err
		}
	}
	return b.eachUpload(ctx, b.prefix, func(key, _ string) error { return once(key) })
}

// Free implements stored.Blobs: there is room as long as somebody pays.
func (b *Blobs) Free(context.Context) (int64, bool) { return 0, false }
