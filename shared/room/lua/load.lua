-- Reads a room: its log and who is there. A room that has only its text is
-- given a log here: rooms of the first service are like that, and rooms whose
-- log Redis lost alone.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- ARGV 1 ttl in seconds  2 epoch  3 nonce  4 language of a room without a log
-- Returns {entries of the log, people}, each person as JSON; {} when there is
-- no room.

local log, seen, presence, code = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ttl, epoch, nonce, language = unpack(ARGV)

if redis.call('XLEN', log) == 0 then
  local text = redis.call('GET', code)
  if not text then
    return {}
  end
  redis.call('DEL', log) -- a stream without entries would count on from its last one
  redis.call('XADD', log, epoch .. '-1', 'k', 'm', 'n', nonce, 'd', language)
  redis.call('XADD', log, epoch .. '-2', 'k', 't', 'n', nonce, 'd', text)
  redis.call('EXPIRE', log, ttl)
  redis.call('EXPIRE', code, ttl)
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local people = {}
for _, session in ipairs(redis.call('ZRANGEBYSCORE', seen, '(' .. string.format('%.0f', now), '+inf')) do
  local person = redis.call('HGET', presence, session)
  if person then
    people[#people + 1] = person
  end
end
return { redis.call('XRANGE', log, '-', '+'), people }
