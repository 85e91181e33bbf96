package redisindex

import (
	"context"
	"strconv"
	"time"

	"github.com/tallow-transfer/tallow/internal/redisclient"
	"github.com/tallow-transfer/tallow/relay/stored"
)

// What swapScript answers.
const (
	swapStale = iota // the record is another by now
	swapDone
	swapFull
	swapQuota
)

// swapScript puts a record in the place of another, if that is still there, and keeps
// the counts. The empty text stands for no record. KEYS are those of index.go in their
// order. ARGV: ID | old text | new text | client | change of the reserved bytes | of the
// number of transfers | limits: total, per client, transfers; 0 for none | when something
// is due, empty for nothing
const swapScript = `
local id, client = ARGV[1], ARGV[4]
if (redis.call('HGET', KEYS[1], id) or '') ~= ARGV[2] then return 0 end
local function exceeds(limit, count, more)
	limit = tonumber(limit)
	return limit > 0 and tonumber(count or '0') + tonumber(more) > limit
end
if exceeds(ARGV[7], redis.call('GET', KEYS[2]), ARGV[5]) then return 2 end
if exceeds(ARGV[8], redis.call('HGET', KEYS[3], client), ARGV[5]) then return 3 end
if exceeds(ARGV[9], redis.call('HGET', KEYS[4], client), ARGV[6]) then return 3 end
if ARGV[3] == '' then
	redis.call('HDEL', KEYS[1], id)
else
	redis.call('HSET', KEYS[1], id, ARGV[3])
end
if ARGV[3] == '' or ARGV[10] == '' then
	redis.call('ZREM', KEYS[5], id)
else
	redis.call('ZADD', KEYS[5], ARGV[10], id)
end
redis.call('INCRBY', KEYS[2], ARGV[5])
redis.call('HINCRBY', KEYS[3], client, ARGV[5])
if redis.call('HINCRBY', KEYS[4], client, ARGV[6]) <= 0 then
	redis.call('HDEL', KEYS[3], client)
	redis.call('HDEL', KEYS[4], client)
end
return 1`

// exchange is what swapScript does.
type exchange struct {
	id        stored.ID
	from, to  string    // records as JSON; empty for none
	due       time.Time // of the new one; zero for never
	client    string
	bytes     int64 // how many more are reserved
	transfers int   // how many more there are
	limits    stored.Limits
}

// exchange runs swapScript, and returns its answer.
func (x *Index) exchange(ctx context.Context, e exchange) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, redisclient.CallTimeout)
	defer cancel()
	due := ""
	if !e.due.IsZero() {
		due = strconv.FormatInt(e.due.UnixMilli(), 10)
	}
	return x.swap.Run(ctx, x.client, []string{keyRecords, keyTotal, keyBytes, keyTransfers, keyDue},
		e.id.String(), e.from, e.to, e.client, e.bytes, e.transfers,
		e.limits.Total, e.limits.PerClient, e.limits.Transfers, due).Int()
}
