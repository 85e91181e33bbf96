package redisbox

import "github.com/redis/go-redis/v9"

// What the script of Put answers.
const (
	putDone = iota
	putTaken
	putFull
)

// scripts are the steps that read and write.
type scripts struct{ put, find, remove, sweep *redis.Script }

// expired removes the keys of expired messages from the index.
const expired = `
local function sweep()
	local time = redis.call('TIME')
	local now = time[1] * 1000 + math.floor(time[2] / 1000)
	redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
	return now
end
`

// newScripts makes the scripts. KEYS[1] is the index, and the others are messages.
func newScripts() scripts {
	return scripts{
		// ARGV: hash | message | life in ms | messages that there may be | channel
		put: redis.NewScript(expired + `
local held = redis.call('GET', KEYS[2])
if held then
	if held == ARGV[2] then return 0 end
	return 1
end
local now, life = sweep(), tonumber(ARGV[3])
redis.call('ZREM', KEYS[1], ARGV[1])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 2 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', life)
redis.call('ZADD', KEYS[1], now + life, ARGV[1])
if redis.call('PTTL', KEYS[1]) < life then redis.call('PEXPIRE', KEYS[1], life) end
redis.call('PUBLISH', ARGV[5], ARGV[1])
return 0`),
		// ARGV: how many to find. Returns the positions, from 0, and the messages.
		find: redis.NewScript(`
local found = {}
for i = 2, #KEYS do
	if #found == 2 * tonumber(ARGV[1]) then break end
	local message = redis.call('GET', KEYS[i])
	if message then
		found[#found + 1] = i - 2
		found[#found + 1] = message
	end
end
return found`),
		// ARGV: hashes
		remove: redis.NewScript(`
for i, hash in ipairs(ARGV) do
	redis.call('DEL', KEYS[i + 1])
	redis.call('ZREM', KEYS[1], hash)
end
return 0`),
		sweep: redis.NewScript(expired + `
sweep()
return redis.call('ZCARD', KEYS[1])`),
	}
}
