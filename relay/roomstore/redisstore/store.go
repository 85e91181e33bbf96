// Package redisstore keeps the rooms of a relay's nodes in Redis 7, so that any
// number of nodes can share them. Every key expires by itself. All keys have one
// hash tag, so that they are in one slot of a Redis Cluster.
//
//	{tallow}:node:ID       the address of a node that is alive
//	{tallow}:code:7        the record of a room, a hash (scripts.go)
//	{tallow}:resume:HASH   the same, of a resume room
package redisstore

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tallow-transfer/tallow/internal/redisclient"
	"github.com/tallow-transfer/tallow/relay/roomstore"
)

const (
	prefix     = "{tallow}:"
	nodePrefix = prefix + "node:"
)

// errReply says that Redis has something at a key that no relay wrote.
var errReply = errors.New("redis has something else in the place of a room")

// Store implements roomstore.Store.
type Store struct {
	client  redis.UniversalClient
	scripts scripts
}

// Open makes a store of a URL: redis://USER:PASSWORD@HOST:PORT/DB, rediss:// with
// TLS, or unix://PATH. It does not connect yet.
func Open(url string) (*Store, error) {
	client, err := redisclient.Open(url)
	if err != nil {
		return nil, err
	}
	return &Store{client: client, scripts: newScripts()}, nil
}

// Beat implements roomstore.Store.
func (s *Store) Beat(ctx context.Context, node, address string, life time.Duration) (alive bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	err = s.client.SetArgs(ctx, nodePrefix+node, address, redis.SetArgs{Get: true, TTL: life}).Err()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	return err == nil, err
}

// Leave implements roomstore.Store.
func (s *Store) Leave(ctx context.Context, node string) error {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	return s.client.Del(ctx, nodePrefix+node).Err()
}

// Open implements roomstore.Store.
func (s *Store) Open(ctx context.Context, r roomstore.Record, life time.Duration, again bool) error {
	flag := 0
	if again {
		flag = 1
	}
	done, err := s.step(ctx, s.scripts.open, r.Key, append([]any{milliseconds(life), flag}, fields(r)...)...)
	if err == nil && !done {
		err = roomstore.ErrTaken
	}
	return err
}

// Find implements roomstore.Store.
func (s *Store) Find(ctx context.Context, key roomstore.Key) (roomstore.Record, bool, error) {
	return s.look(ctx, s.scripts.find, key, nodePrefix)
}

// Claim implements roomstore.Store.
func (s *Store) Claim(ctx context.Context, key roomstore.Key, node string, life time.Duration) (roomstore.Record, bool, error) {
	return s.look(ctx, s.scripts.claim, key, nodePrefix, node, milliseconds(life))
}

// Keep implements roomstore.Store.
func (s *Store) Keep(ctx context.Context, r roomstore.Record, life time.Duration) error {
	done, err := s.step(ctx, s.scripts.keep, r.Key, append([]any{milliseconds(life), r.Home}, fields(r)...)...)
	if err == nil && !done {
		err = roomstore.ErrMoved
	}
	return err
}

// Release implements roomstore.Store.
func (s *Store) Release(ctx context.Context, key roomstore.Key, node string) error {
	_, err := s.step(ctx, s.scripts.release, key, node)
	return err
}

// End implements roomstore.Store.
func (s *Store) End(ctx context.Context, key roomstore.Key, node string, over uint8, life time.Duration) error {
	_, err := s.step(ctx, s.scripts.end, key, node, over, milliseconds(life))
	return err
}

// Close implements roomstore.Store.
func (s *Store) Close() error { return s.client.Close() }

// step runs a script that answers 0 or 1.
func (s *Store) step(ctx context.Context, script *redis.Script, key roomstore.Key, args ...any) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	return script.Run(ctx, s.client, []string{prefix + string(key)}, args...).Bool()
}

// look runs a script that answers with a record, or with nil.
func (s *Store) look(ctx context.Context, script *redis.Script, key roomstore.Key, args ...any) (roomstore.Record, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	reply, err := script.Run(ctx, s.client, []string{prefix + string(key)}, args...).Slice()
	switch {
	case errors.Is(err, redis.Nil):
		return roomstore.Record{}, false, nil
	case err != nil:
		return roomstore.Record{}, false, err
	}
	r, err := parse(key, reply)
	return r, err == nil, err
}

// milliseconds returns a life as Redis takes it. A life is never rounded to 0,
// which means none.
func milliseconds(d time.Duration) int64 {
	if d > 0 && d < time.Millisecond {
		d = time.Millisecond
	}
	return d.Milliseconds()
}

// fields returns what of a record is in its hash.
func fields(r roomstore.Record) []any {
	f := []any{
		fieldHome, r.Home, fieldNonce, hex.EncodeToString(r.Nonce[:]),
		fieldWords, r.Words, fieldTicket, hex.EncodeToString(r.Ticket[:]),
	}
	if r.Burnt { // and never back
		f = append(f, fieldBurnt, 1)
	}
	return f
}

// parse reads the reply of view in scripts.go.
func parse(key roomstore.Key, reply []any) (roomstore.Record, error) {
	if len(reply) != 3 {
		return roomstore.Record{}, errReply
	}
	flat, ok1 := reply[0].([]any)
	address, ok2 := reply[1].(string)
	left, ok3 := reply[2].(int64)
	if !ok1 || !ok2 || !ok3 || len(flat)%2 != 0 {
		return roomstore.Record{}, errReply
	}
	r := roomstore.Record{Key: key, Address: address, Left: time.Duration(max(left, 0)) * time.Millisecond}
	for i := 0; i < len(flat); i += 2 {
		name, ok1 := flat[i].(string)
		value, ok2 := flat[i+1].(string)
		if !ok1 || !ok2 || !set(&r, name, value) {
			return roomstore.Record{}, errReply
		}
	}
	return r, nil
}

// set sets a field. It reports false if the value cannot be one of that field.
// Fields of newer relays are ignored.
func set(r *roomstore.Record, name, value string) bool {
	var err error
	switch name {
	case fieldHome:
		r.Home = value
	case fieldNonce:
		return fromHex(r.Nonce[:], value)
	case fieldTicket:
		return fromHex(r.Ticket[:], value)
	case fieldWords:
		r.Words, err = strconv.Atoi(value)
	case fieldBurnt:
		r.Burnt = value == "1"
	case fieldOver:
		var code uint64
		code, err = strconv.ParseUint(value, 10, 8)
		r.Over = uint8(code)
	}
	return err == nil
}

func fromHex(to []byte, text string) bool {
	if len(text) != hex.EncodedLen(len(to)) {
		return false
	}
	_, err := hex.Decode(to, []byte(text))
	return err == nil
}
