package tallow

import (
	"context"
	"io"

	"github.com/tallow-transfer/tallow/internal/container"
	"github.com/tallow-transfer/tallow/internal/readahead"
	"github.com/tallow-transfer/tallow/internal/storeclient"
	"github.com/tallow-transfer/tallow/internal/transfer"
)

// claimedReader reads the payload of a stored container. It claims the download when it
// is first used.
type claimedReader struct {
	f        *fetching
	ctx      context.Context // of the Receive
	throttle *transfer.Throttle
	payload  *readahead.Reader // nil before
}

// Read reads from the payload, not faster than it may.
func (r *claimedReader) Read(p []byte) (int, error) {
	if err := r.begin(); err != nil {
		return 0, err
	}
	n, err := r.payload.Read(p)
	if n > 0 {
		if waited := r.throttle.Wait(r.ctx, n); waited != nil {
			return 0, waited
		}
	}
	return n, err
}

// Seek sets where the next Read begins.
func (r *claimedReader) Seek(offset int64, whence int) (int64, error) {
	if err := r.begin(); err != nil {
		return 0, err
	}
	return r.payload.Seek(offset, whence)
}

// Expect says where it will be read soon.
func (r *claimedReader) Expect(offsets ...int64) {
	if r.payload != nil {
		r.payload.Expect(offsets...)
	}
}

// begin claims the download, unless that was done.
func (r *claimedReader) begin() error {
	if r.payload != nil {
		return nil
	}
	size, err := r.f.claimDownload(r.ctx)
	if err != nil {
		return err
	}
	layout, err := container.NewLayout(size)
	if err != nil {
		return err
	}
	r.payload = readahead.New(r.ctx, claimedRanges{r.f}, layout, r.f.keys, readahead.Options{
		Retry: r.f.outage.wait, Opened: r.f.outage.over,
	})
	return nil
}

// close ends all requests.
func (r *claimedReader) close() {
	if r.payload != nil {
		_ = r.payload.Close()
	}
}

// claimDownload claims the download and returns the size of the container.
func (f *fetching) claimDownload(ctx context.Context) (size int64, err error) {
	proof := storeclient.Proof(f.keys.Claim())
	err = f.outage.try(ctx, passing, func() error {
		c, err := f.store.Claim(ctx, f.link.ID, proof, storeclient.ClaimID(f.claim.name))
		switch {
		case err == nil || mayHaveArrived(err):
			f.claim.claimed()
		case storeclient.Refused(err, storeclient.Spent), storeclient.Refused(err, storeclient.Unknown):
			f.claim.forget() // it is of no use any more
		}
		size = c.Size
		return err
	})
	return size, err
}

// claimedRanges are the ranges of a container under a claim.
type claimedRanges struct{ f *fetching }

// Open returns n bytes from an offset on. A claim that has lapsed, as in a long pause,
// is made again.
func (r claimedRanges) Open(ctx context.Context, offset, n int64) (io.ReadCloser, error) {
	f := r.f
	name := storeclient.ClaimID(f.claim.name)
	body, err := f.store.Data(ctx, f.link.ID, name, offset, n)
	if !storeclient.Refused(err, storeclient.NoClaim) {
		return body, err
	}
	if _, err := f.store.Claim(ctx, f.link.ID, storeclient.Proof(f.keys.Claim()), name); err != nil {
		return nil, err
	}
	return f.store.Data(ctx, f.link.ID, name, offset, n)
}
