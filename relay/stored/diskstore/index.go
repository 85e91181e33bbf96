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
	"sync"

	"github.com/tallow-transfer/tallow/relay/stored"
)

// Index is a stored.Index of files. All records are in memory too.
type Index struct {
	dir string

	mu      sync.Mutex // also held while a record is written
	records map[stored.ID]stored.Record
	counts  counts
}

// openIndex reads all records of a folder. One that cannot be read is an error: it may
// be of a newer version.
func openIndex(dir string) (*Index, error) {
	if err := removeUnfinished(dir); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	x := &Index{dir: dir, records: make(map[stored.ID]stored.Record)}
	for _, e := range entries {
		id, ok := stored.ParseID(e.Name())
		if !ok {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		var r stored.Record
		if err := json.Unmarshal(b, &r); err != nil || r.ID != id {
			return nil, fmt.Errorf("the record %v cannot be read: %w", id, errors.Join(err, errRecord))
		}
		x.records[id] = r
	}
	return x, x.readCounts()
}

// errRecord is in the error of a record that cannot be read.
var errRecord = errors.New("remove the file if it is damaged")

// write keeps a record. The index is locked.
func (x *Index) write(r stored.Record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(x.dir, r.ID.String()), bytes.NewReader(b), int64(len(b))); err != nil {
		return err
	}
	x.records[r.ID] = r
	return nil
}

// clone returns a record that shares nothing with another.
func clone(r stored.Record) stored.Record {
	r.Parts, r.Finishing = slices.Clone(r.Parts), slices.Clone(r.Finishing)
	r.Claims, r.Committed = maps.Clone(r.Claims), maps.Clone(r.Committed)
	r.WrappedKey, r.Mails, r.Events = slices.Clone(r.WrappedKey), slices.Clone(r.Mails), slices.Clone(r.Events)
	return r
}

// Create implements stored.Index.
func (x *Index) Create(ctx context.Context, r stored.Record, l stored.Limits) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	total, own, transfers := r.Reserved, r.Reserved, 1
	for _, other := range x.records {
		total += other.Reserved
		if other.Client == r.Client {
			own += other.Reserved
			transfers++
		}
	}
	switch {
	case l.Total > 0 && total > l.Total:
		return stored.ErrFull
	case l.PerClient > 0 && own > l.PerClient, l.Transfers > 0 && transfers > l.Transfers:
		return stored.ErrClientQuota
	}
	return x.write(clone(r))
}

// Find implements stored.Index.
func (x *Index) Find(ctx context.Context, id stored.ID) (stored.Record, error) {
	if err := ctx.Err(); err != nil {
		return stored.Record{}, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	r, ok := x.records[id]
	if !ok {
		return r, stored.ErrUnknown
	}
	return clone(r), nil
}

// Update implements stored.Index.
func (x *Index) Update(ctx context.Context, id stored.ID, change func(*stored.Record) error) (stored.Record, error) {
	if err := ctx.Err(); err != nil {
		return stored.Record{}, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	r, ok := x.records[id]
	if !ok {
		return r, stored.ErrUnknown
	}
	changed := clone(r)
	if err := change(&changed); err != nil {
		return clone(r), err
	}
	if err := x.write(changed); err != nil {
		return clone(r), err
	}
	return clone(changed), nil
}

// Delete implements stored.Index. A power cut soon afterwards may bring the record back,
// until it expires.
func (x *Index) Delete(ctx context.Context, id stored.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.Lock()
	delete(x.records, id)
	x.mu.Unlock() // nobody writes the file any more, and others need not wait for the disk
	if err := os.Remove(filepath.Join(x.dir, id.String())); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Each implements stored.Index. Others may use the index meanwhile.
func (x *Index) Each(ctx context.Context, visit func(stored.Record) error) error {
	x.mu.Lock()
	all := make([]stored.Record, 0, len(x.records))
	for _, r := range x.records {
		all = append(all, clone(r))
	}
	x.mu.Unlock()
	for _, r := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}
