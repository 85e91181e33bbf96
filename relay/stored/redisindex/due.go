package redisindex

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tallow-transfer/tallow/internal/redisclient"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// Due implements stored.Index.
func (x *Index) Due(ctx context.Context, now time.Time, limit int) ([]stored.ID, error) {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	found, err := x.client.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: keyDue, ByScore: true, Start: "-inf", Stop: strconv.FormatInt(now.UnixMilli(), 10), Count: int64(limit),
	}).Result()
	if err != nil {
		return nil, err
	}
	var ids []stored.ID
	for _, text := range found {
		if id, ok := stored.ParseID(text); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// countScript adds one to each counter, or to none. KEYS: those of a day. ARGV: for how
// many seconds they are kept | name, limit; 0 for none | …
const countScript = `
for i = 2, #ARGV, 2 do
	local limit = tonumber(ARGV[i + 1])
	if limit > 0 and tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '0') >= limit then return 0 end
end
for i = 2, #ARGV, 2 do
	redis.call('HINCRBY', KEYS[1], ARGV[i], 1)
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1`

// Count implements stored.Index.
func (x *Index) Count(ctx context.Context, now time.Time, counters []stored.Counter) error {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	begin := now.UTC().Truncate(24 * time.Hour)
	args := []any{int(begin.Add(25*time.Hour).Sub(now) / time.Second)} // the clocks of nodes differ a little
	for _, c := range counters {
		args = append(args, c.Name, c.Limit)
	}
	counted, err := x.count.Run(ctx, x.client, []string{keyDay + stored.Day(now)}, args...).Int()
	if err == nil && counted == 0 {
		err = stored.ErrMailQuota
	}
	return err
}
