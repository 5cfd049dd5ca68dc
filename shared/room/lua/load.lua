-- Reads a room: its log, or what of it follows a position, and who is there.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- ARGV 1 ttl in seconds  2 publish command  3 channel
--      4 id of the last entry that the caller knows  5 its nonce
-- Returns {1, all entries, people} when that entry is not in the log, or with
-- another nonce; else {0, that entry and those after it, people}, each person as
-- JSON; {} when there is no log.

local log, seen, presence = KEYS[1], KEYS[2], KEYS[3]
local known, nonce = ARGV[4], ARGV[5]

local whole, from = 1, '-'
if nonce ~= '' then
  local entry = redis.call('XRANGE', log, known, known)[1]
  if entry and entry[2][4] == nonce then -- fields are k, kind, n, nonce, d, payload
    whole, from = 0, known
  end
end
local entries = redis.call('XRANGE', log, from, '+')
if #entries == 0 then
  return {}
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
return { whole, entries, people }
