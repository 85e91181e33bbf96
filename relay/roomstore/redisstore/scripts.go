package redisstore

import "github.com/redis/go-redis/v9"

// A record is a hash of these fields. Each script is one step to Redis. KEYS[1]
// is the record's key. Where the beats of nodes matter, ARGV[1] is their prefix.
const (
	fieldHome   = "home"
	fieldNonce  = "nonce"
	fieldWords  = "words"
	fieldTicket = "ticket"
	fieldBurnt  = "burnt"
	fieldOver   = "over"
)

// scripts are the steps that read and write.
type scripts struct{ open, find, claim, keep, release, end *redis.Script }

// view returns the record as a reply: its fields, the address of its home, and
// how many milliseconds are left.
const view = `
local function view()
	local address = ''
	local home = redis.call('HGET', KEYS[1], 'home') or ''
	if home ~= '' then address = redis.call('GET', ARGV[1] .. home) or '' end
	return {redis.call('HGETALL', KEYS[1]), address, redis.call('PTTL', KEYS[1])}
end
`

func newScripts() scripts {
	return scripts{
		// ARGV: life in ms | again 0 or 1 | fields and values
		open: redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 and (ARGV[2] == '0' or redis.call('HEXISTS', KEYS[1], 'over') == 0) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`),
		// ARGV: prefix of the beats
		find: redis.NewScript(view + `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
return view()`),
		// ARGV: prefix of the beats | node | life in ms, or 0
		claim: redis.NewScript(view + `
if redis.call('EXISTS', KEYS[1]) == 0 then
	if ARGV[3] == '0' then return false end
	redis.call('HSET', KEYS[1], 'home', ARGV[2])
	redis.call('PEXPIRE', KEYS[1], ARGV[3])
elseif redis.call('HEXISTS', KEYS[1], 'over') == 0 then
	local home = redis.call('HGET', KEYS[1], 'home')
	if home == '' or redis.call('EXISTS', ARGV[1] .. home) == 0 then redis.call('HSET', KEYS[1], 'home', ARGV[2]) end
end
return view()`),
		// ARGV: life in ms | node | fields and values
		keep: redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 and (redis.call('HGET', KEYS[1], 'home') ~= ARGV[2] or redis.call('HEXISTS', KEYS[1], 'over') == 1) then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`),
		// ARGV: node
		release: redis.NewScript(`
if redis.call('HGET', KEYS[1], 'home') == ARGV[1] then redis.call('HSET', KEYS[1], 'home', '') end
return 1`),
		// ARGV: node | reason | life in ms, or 0
		end: redis.NewScript(`
if redis.call('HGET', KEYS[1], 'home') ~= ARGV[1] then return 0 end
if ARGV[3] == '0' then
	redis.call('DEL', KEYS[1])
elseif redis.call('HEXISTS', KEYS[1], 'over') == 0 then
	redis.call('HSET', KEYS[1], 'over', ARGV[2])
	redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1`),
	}
}
