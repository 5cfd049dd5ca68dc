-- Says who is in a room: the people of one relay who are there, and those who
-- left. Everyone who follows the room is told what changed. Whoever was not
-- heard of for the length of seen is removed on the way, and the one who
-- removes tells; so each person is told to leave once.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- ARGV 1 ttl in seconds  2 publish command  3 channel
--      4 length of seen in milliseconds
--      5 '1' to refresh the views and publish the whole list too, else '0'
--      6 how many left, n   then n ids
--      then, for each who is there: id, and the person as JSON, with cursor
--      where there is one
-- Returns 1, or 0 when there is no room: nothing is added then, because
-- presence alone is no room.

local log, seen, presence, users, cursors = KEYS[1], KEYS[2], KEYS[3], KEYS[5], KEYS[6]
local ttl, publish, channel, length, whole, left = unpack(ARGV, 1, 6)

-- Views come last in all that follows: should somebody else have written one,
-- the script ends there, with everything told and every key with an end.
local function remove(id)
  if redis.call('ZREM', seen, id) + redis.call('HDEL', presence, id) > 0 then
    redis.call(publish, channel, 'left\n' .. id)
  end
  redis.call('SREM', users, id)
  redis.call('HDEL', cursors, id)
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = string.format('%.0f', now + length)

for i = 7, 6 + left do
  remove(ARGV[i])
end
if redis.call('EXPIRE', log, ttl) == 0 or redis.call('XLEN', log) == 0 then -- a room must not end because memory is full
  return 0
end
local show = {} -- where in ARGV those are whose views are to be written
for i = 7 + left, #ARGV, 2 do
  local id, person = ARGV[i], ARGV[i + 1]
  local changed = redis.call('HGET', presence, id) ~= person
  redis.call('ZADD', seen, ends, id)
  if changed then
    redis.call('HSET', presence, id, person)
    redis.call(publish, channel, 'here\n' .. person)
  end
  if changed or whole == '1' then
    show[#show + 1] = i
  end
end
if whole == '1' then
  for _, id in ipairs(redis.call('HKEYS', presence)) do
    if not redis.call('ZSCORE', seen, id) then -- seen was lost: whoever is gone will not be heard of again
      redis.call('ZADD', seen, ends, id)
    end
  end
end
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, ttl)
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', seen, '-inf', string.format('%.0f', now))) do
  remove(id)
end
if whole == '1' then
  local people = {}
  for _, person in ipairs(redis.call('HVALS', presence)) do
    local ok, read = pcall(cjson.decode, person)
    if ok and type(read) == 'table' and type(read.id) == 'string' then -- another would spoil the list
      people[#people + 1] = person
    end
  end
  local head = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  redis.call(publish, channel, 'all ' .. head[1] .. ' ' .. (head[2][4] or '') .. '\n[' .. table.concat(people, ',') .. ']')
end
for _, i in ipairs(show) do
  local id, cursor = ARGV[i], cjson.decode(ARGV[i + 1]).cursor
  if redis.call('SADD', users, id) == 1 then -- perhaps the first
    redis.call('EXPIRE', users, ttl)
  end
  if cursor and redis.call('HSET', cursors, id, cjson.encode(cursor)) == 1 then
    redis.call('EXPIRE', cursors, ttl)
  end
end
return 1
