package diskstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// Due implements stored.Index.
func (x *Index) Due(ctx context.Context, now time.Time, limit int) ([]stored.ID, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	type waiting struct {
		id  stored.ID
		due time.Time
	}
	var found []waiting
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, r := range x.records {
		if due := r.Due(); !due.IsZero() && !due.After(now) {
			found = append(found, waiting{id, due})
		}
	}
	slices.SortFunc(found, func(a, b waiting) int { return a.due.Compare(b.due) })
	ids := make([]stored.ID, 0, min(len(found), limit))
	for _, w := range found[:cap(ids)] {
		ids = append(ids, w.id)
	}
	return ids, x.forgetCounts(now)
}

// counts are those of a day. They are in a file of their own, and go with the day.
type counts struct {
	Day string         `json:"day"`
	Of  map[string]int `json:"of"` // by the name of a counter
}

// countsName is the name of their file, which no ID has.
const countsName = "counts"

func (x *Index) countsPath() string { return filepath.Join(x.dir, countsName) }

// readCounts reads the counts, if there are any.
func (x *Index) readCounts() error {
	b, err := os.ReadFile(x.countsPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &x.counts); err != nil {
		return fmt.Errorf("the counts of mails cannot be read: %w", errors.Join(err, errRecord))
	}
	return nil
}

// forgetCounts removes the counts of a day that is over. The index is locked.
func (x *Index) forgetCounts(now time.Time) error {
	if x.counts.Day == "" || x.counts.Day == stored.Day(now) {
		return nil
	}
	x.counts = counts{}
	if err := os.Remove(x.countsPath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Count implements stored.Index.
func (x *Index) Count(ctx context.Context, now time.Time, counters []stored.Counter) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.forgetCounts(now); err != nil {
		return err
	}
	next := counts{Day: stored.Day(now), Of: maps.Clone(x.counts.Of)}
	if next.Of == nil {
		next.Of = make(map[string]int)
	}
	for _, c := range counters {
		if c.Limit > 0 && next.Of[c.Name] >= c.Limit {
			return stored.ErrMailQuota
		}
		next.Of[c.Name]++
	}
	b, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := writeFile(x.countsPath(), bytes.NewReader(b), int64(len(b))); err != nil {
		return err
	}
	x.counts = next
	return nil
}
