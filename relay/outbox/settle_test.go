package outbox_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/tallow-transfer/tallow/internal/mail/mailtest"
	"github.com/tallow-transfer/tallow/relay/outbox"
	"github.com/tallow-transfer/tallow/relay/stored"
	"github.com/tallow-transfer/tallow/relay/stored/diskstore"
)

// away is an Index that cannot be changed at times, as if Redis were away.
type away struct {
	stored.Index
	gone     atomic.Bool
	attempts atomic.Int64 // while it was gone
}

func (a *away) Update(ctx context.Context, id stored.ID, change func(*stored.Record) error) (stored.Record, error) {
	if a.gone.Load() {
		a.attempts.Add(1)
		return stored.Record{}, errors.New("redis is away")
	}
	return a.Index.Update(ctx, id, change)
}

// What was sent while the records could not be changed is kept when they can, and is not
// sent again.
func TestMailWhileRecordsAreAway(t *testing.T) {
	disk, err := diskstore.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	index := &away{Index: disk.Index}
	s := stored.New(index, disk.Blobs, stored.Config{FreeFloor: 1, Mails: stored.MailLimits{On: true}})
	server := mailtest.StartSMTP(t, mailtest.Options{Answer: func(step, _ string) string {
		if step == mailtest.Content {
			index.gone.Store(true)
		}
		return ""
	}})
	id := stores(t, s, "")
	queue(t, s, id, "n", "bob@example.org")
	run(t, outbox.Config{Service: s, Mail: account(server)})
	eventually(t, "it is tried again to keep what was sent", func() bool { return index.attempts.Load() >= 3 })
	index.gone.Store(false)
	waitForState(t, s, id, stored.MailSent)
	if n := len(server.Mails()); n != 1 {
		t.Errorf("%d mails", n)
	}
}
