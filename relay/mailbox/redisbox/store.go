// Package redisbox keeps the messages of a mailbox in Redis 7, so that all nodes of a
// relay share them: a mailbox.Store, and Shared. Every key expires by itself. All keys have
// one hash tag, so that they are in one slot of a Redis Cluster.
//
//	{tallow}:box            a sorted set: by when they expire, the hashes of slots
//	{tallow}:box:HASH       a message
//	{tallow}:box:arrivals   a channel: the hash of each message that is put
//
// Start with [Open].
package redisbox

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tallow-transfer/tallow/internal/redisclient"
	"github.com/tallow-transfer/tallow/relay/mailbox"
)

const (
	index    = "{tallow}:box"
	prefix   = "{tallow}:box:"
	arrivals = "{tallow}:box:arrivals"
)

// errReply says that Redis has something at a key that no relay wrote.
var errReply = errors.New("redis has something else in the place of a message")

// Store is a mailbox.Store in Redis.
type Store struct {
	client  *redis.Client
	scripts scripts
}

// Open makes a store of a URL, as redisclient.Open does. It does not connect yet.
func Open(url string) (*Store, error) {
	client, err := redisclient.Open(url)
	if err != nil {
		return nil, err
	}
	return &Store{client: client, scripts: newScripts()}, nil
}

// Close ends the connections.
func (s *Store) Close() error { return s.client.Close() }

// names returns the index, and the keys of messages.
func names(keys []mailbox.Key) []string {
	all := make([]string, 0, 1+len(keys))
	all = append(all, index)
	for _, k := range keys {
		all = append(all, prefix+hex.EncodeToString(k[:]))
	}
	return all
}

// Put implements mailbox.Store.
func (s *Store) Put(ctx context.Context, key mailbox.Key, message []byte, life time.Duration, most int) error {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	answer, err := s.scripts.put.Run(ctx, s.client, names([]mailbox.Key{key}),
		hex.EncodeToString(key[:]), message, max(life.Milliseconds(), 1), most, arrivals).Int()
	switch {
	case err != nil:
		return err
	case answer == putTaken:
		return mailbox.ErrTaken
	case answer == putFull:
		return mailbox.ErrFull
	}
	return nil
}

// Find implements mailbox.Store.
func (s *Store) Find(ctx context.Context, keys []mailbox.Key, most int) ([]mailbox.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	reply, err := s.scripts.find.Run(ctx, s.client, names(keys), most).Slice()
	if err != nil {
		return nil, err
	}
	return parse(reply, len(keys))
}

// parse reads positions and messages.
func parse(reply []any, keys int) ([]mailbox.Found, error) {
	if len(reply)%2 != 0 {
		return nil, errReply
	}
	var found []mailbox.Found
	for i := 0; i < len(reply); i += 2 {
		position, ok := reply[i].(int64)
		message, isText := reply[i+1].(string)
		if !ok || !isText || position < 0 || position >= int64(keys) || len(message) != mailbox.MessageSize {
			return nil, errReply
		}
		found = append(found, mailbox.Found{Index: int(position), Message: []byte(message)})
	}
	return found, nil
}

// Delete implements mailbox.Store.
func (s *Store) Delete(ctx context.Context, keys []mailbox.Key) error {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	hashes := make([]any, len(keys))
	for i, k := range keys {
		hashes[i] = hex.EncodeToString(k[:])
	}
	return s.scripts.remove.Run(ctx, s.client, names(keys), hashes...).Err()
}

// Sweep implements mailbox.Store. Redis has removed the messages already, and this their
// hashes.
func (s *Store) Sweep(ctx context.Context) (left int, err error) {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	return s.scripts.sweep.Run(ctx, s.client, []string{index}).Int()
}

// Follow implements mailbox.Shared. What was put while there was no connection is missed,
// so missed is called whenever there is one again.
func (s *Store) Follow(ctx context.Context, arrived func(mailbox.Key), missed func()) {
	subscription := s.client.Subscribe(ctx, arrivals)
	defer subscription.Close()
	events := subscription.ChannelWithSubscriptions()
	for {
		select {
		case event, ok := <-events:
			if !ok {
				return
			}
			switch event := event.(type) {
			case *redis.Subscription:
				missed()
			case *redis.Message:
				if key, ok := parseKey(event.Payload); ok {
					arrived(key)
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

func parseKey(text string) (key mailbox.Key, ok bool) {
	if len(text) != hex.EncodedLen(len(key)) {
		return key, false
	}
	_, err := hex.Decode(key[:], []byte(text))
	return key, err == nil
}
