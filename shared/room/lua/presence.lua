-- Says who is in a room: the people of one relay who are there, and those who
-- left. Everyone who follows the room is told what changed. Whoever was not
-- heard of for the length of seen is removed on the way, and the one who
-- removes tells; so each person is told to leave once.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- ARGV 1 ttl in seconds  2 channel  3 length of seen in milliseconds
--      4 '1' to refresh the views and publish the whole list too, else '0'
--      5 how many left, n   then n ids
--      then, for each who is there: id, and the person as JSON, with cursor
--      where there is one
-- Returns 1, or 0 when there is no room: nothing is added then, because
-- presence alone is no room.

local log, seen, presence, users, cursors = KEYS[1], KEYS[2], KEYS[3], KEYS[5], KEYS[6]
local ttl, channel, length, whole, left = unpack(ARGV, 1, 5)

local function remove(id)
  local told = redis.call('ZREM', seen, id) + redis.call('HDEL', presence, id)
  redis.call('SREM', users, id)
  redis.call('HDEL', cursors, id)
  if told > 0 then
    redis.call('PUBLISH', channel, 'left\n' .. id)
  end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for i = 6, 5 + left do
  remove(ARGV[i])
end
if redis.call('XLEN', log) == 0 then
  return 0
end
for i = 6 + left, #ARGV, 2 do
  local id, person = ARGV[i], ARGV[i + 1]
  local changed = redis.call('HGET', presence, id) ~= person
  redis.call('ZADD', seen, string.format('%.0f', now + length), id)
  if changed or whole == '1' then
    local cursor = cjson.decode(person).cursor
    redis.call('HSET', presence, id, person)
    redis.call('SADD', users, id)
    if cursor then
      redis.call('HSET', cursors, id, cjson.encode(cursor))
    end
  end
  if changed then
    redis.call('PUBLISH', channel, 'here\n' .. person)
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', seen, '-inf', string.format('%.0f', now))) do
  remove(id)
end

if whole == '1' then
  local people = {}
  for _, id in ipairs(redis.call('HKEYS', presence)) do
    if not redis.call('ZSCORE', seen, id) then -- seen was lost: whoever is gone will not be heard of again
      redis.call('ZADD', seen, string.format('%.0f', now + length), id)
    end
    people[#people + 1] = redis.call('HGET', presence, id)
  end
  local head = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  redis.call('PUBLISH', channel, 'all ' .. head[1] .. ' ' .. (head[2][4] or '') .. '\n[' .. table.concat(people, ',') .. ']')
end
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, ttl)
end
return 1
