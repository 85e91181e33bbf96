// Package redisindex keeps the records of stored transfers in Redis 7, so that all nodes
// of a relay share them: an Index of package stored. All keys have one hash tag, so that
// they are in one slot of a Redis Cluster. No record ends by itself: a sweep of the Service
// removes what is over.
//
//	{tallow}:stored            a hash: by the ID of a transfer its record, as JSON
//	{tallow}:stored:total      how many bytes are reserved in all
//	{tallow}:stored:bytes      a hash: how many of them by each client
//	{tallow}:stored:transfers  a hash: how many transfers each client has
//	{tallow}:stored:due        a sorted set: IDs by when something is to be done, in milliseconds since 1970
//	{tallow}:stored:day:DAY    a hash: how many mails were sent on a day, by whom; it ends by itself
//
// All but the last change in the same step as the record. Start with [Open].
package redisindex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tallow-transfer/tallow/internal/redisclient"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// The keys.
const (
	keyRecords   = "{tallow}:stored"
	keyTotal     = "{tallow}:stored:total"
	keyBytes     = "{tallow}:stored:bytes"
	keyTransfers = "{tallow}:stored:transfers"
	keyDue       = "{tallow}:stored:due"
	keyDay       = "{tallow}:stored:day:"
)

// updateTimeout is how long an update may take that others get ahead of again and
// again.
const updateTimeout = 10 * time.Second

// pageSize is how many records are read in one call, about.
const pageSize = 256

// errRecord says that a record cannot be read: it may be of a newer version.
var errRecord = errors.New("redis has something else in the place of a record")

// Index is a stored.Index in Redis.
type Index struct {
	client *redis.Client
	swap   *redis.Script
	count  *redis.Script
}

// Open makes an index of a URL, as redisclient.Open does. It does not connect yet.
func Open(url string) (*Index, error) {
	client, err := redisclient.Open(url)
	if err != nil {
		return nil, err
	}
	return &Index{client: client, swap: redis.NewScript(swapScript), count: redis.NewScript(countScript)}, nil
}

// Close ends the connections.
func (x *Index) Close() error { return x.client.Close() }

// Create implements stored.Index.
func (x *Index) Create(ctx context.Context, r stored.Record, l stored.Limits) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	answer, err := x.exchange(ctx, exchange{
		id: r.ID, to: string(text), due: r.Due(), client: r.Client, bytes: r.Reserved, transfers: 1, limits: l,
	})
	switch {
	case err != nil:
		return err
	case answer == swapFull:
		return stored.ErrFull
	case answer == swapQuota:
		return stored.ErrClientQuota
	case answer != swapDone:
		return fmt.Errorf("a record %v is there already", r.ID)
	}
	return nil
}

// Find implements stored.Index.
func (x *Index) Find(ctx context.Context, id stored.ID) (stored.Record, error) {
	r, _, err := x.read(ctx, id)
	return r, err
}

// read returns a record, and its text.
func (x *Index) read(ctx context.Context, id stored.ID) (stored.Record, string, error) {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	text, err := x.client.HGet(ctx, keyRecords, id.String()).Result()
	if errors.Is(err, redis.Nil) {
		return stored.Record{}, "", stored.ErrUnknown
	}
	if err != nil {
		return stored.Record{}, "", err
	}
	r, err := parse(id, text)
	return r, text, err
}

// parse reads the record of a transfer.
func parse(id stored.ID, text string) (stored.Record, error) {
	var r stored.Record
	if err := json.Unmarshal([]byte(text), &r); err != nil || r.ID != id {
		return stored.Record{}, fmt.Errorf("%w: %v", errRecord, id)
	}
	return r, nil
}

// Update implements stored.Index. When another node was faster, it begins again with
// what that one has written.
func (x *Index) Update(ctx context.Context, id stored.ID, change func(*stored.Record) error) (stored.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, updateTimeout)
	defer cancel()
	for {
		r, from, err := x.read(ctx, id)
		if err != nil {
			return r, err
		}
		changed, err := parse(id, from)
		if err != nil {
			return r, err
		}
		if err := change(&changed); err != nil {
			return r, err
		}
		to, err := json.Marshal(changed)
		if err != nil {
			return r, err
		}
		answer, err := x.exchange(ctx, exchange{
			id: id, from: from, to: string(to), due: changed.Due(), client: r.Client, bytes: changed.Reserved - r.Reserved,
		})
		if err != nil {
			return r, err
		}
		if answer == swapDone {
			return parse(id, string(to))
		}
	}
}

// Delete implements stored.Index.
func (x *Index) Delete(ctx context.Context, id stored.ID) error {
	ctx, cancel := context.WithTimeout(ctx, updateTimeout)
	defer cancel()
	for {
		r, from, err := x.read(ctx, id)
		if errors.Is(err, stored.ErrUnknown) {
			return nil
		}
		if err != nil {
			return err
		}
		answer, err := x.exchange(ctx, exchange{id: id, from: from, client: r.Client, bytes: -r.Reserved, transfers: -1})
		if err != nil || answer == swapDone {
			return err
		}
	}
}

// Each implements stored.Index. Records that come or go meanwhile may be visited or
// not; none is visited twice.
func (x *Index) Each(ctx context.Context, visit func(stored.Record) error) error {
	seen := make(map[stored.ID]bool)
	var cursor uint64
	for {
		page, next, err := x.page(ctx, cursor)
		if err != nil {
			return err
		}
		for i := 0; i+1 < len(page); i += 2 {
			id, ok := stored.ParseID(page[i])
			if !ok || seen[id] {
				continue
			}
			seen[id] = true
			r, err := parse(id, page[i+1])
			if err != nil {
				return err
			}
			if err := visit(r); err != nil {
				return err
			}
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// page returns some IDs and records, and where the next ones are.
func (x *Index) page(ctx context.Context, cursor uint64) (page []string, next uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	return x.client.HScan(ctx, keyRecords, cursor, "", pageSize).Result()
}
