package transfer

import (
	"context"
	"time"

	"github.com/tallow-transfer/tallow/internal/manifest"
	"github.com/tallow-transfer/tallow/pkg/files"
)

// previewTimeout bounds how long the first page of the manifest is waited for before
// the offer is decided about. An honest sender has it on the way by then; the time is
// for one whose disk is slow.
const previewTimeout = 2 * time.Second

// Preview is what is known of a manifest before the offer is decided about.
type Preview struct {
	Entries []files.Entry // of the first page, not checked; none if it did not come in time
	Whole   bool          // there are no others
}

// preview waits for the first page, hands it to ReceiveOptions.Preview, and returns it
// for preparePage. It returns nil if it was not waited for or did not come.
func (r *receiver) preview(ctx context.Context) (*announced, error) {
	if r.o.Preview == nil {
		return nil, nil
	}
	timer := time.NewTimer(previewTimeout)
	defer timer.Stop()
	select {
	case p := <-r.pages:
		v := Preview{Whole: p.Last}
		for _, e := range p.Entries {
			v.Entries = append(v.Entries, manifest.FromWire(e))
		}
		r.o.Preview(v)
		return &p, nil
	case <-timer.C:
		r.o.Preview(Preview{})
		return nil, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
