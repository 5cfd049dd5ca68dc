-- Lets a person into a room that is not full, with the colour that the fewest
-- there have, and tells everyone who follows the room.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- ARGV 1 ttl in seconds  2 publish command  3 channel
--      4 length of seen in milliseconds
--      5 how many people a room takes, of those who were heard of within
--      6 so many milliseconds: the others may be those of a killed relay
--      7 id  8 the person as JSON, without a colour  then the colours there are
-- Returns the colour; '' when the room is full; false when there is no room.

local log, seen, presence, users = KEYS[1], KEYS[2], KEYS[3], KEYS[5]
local ttl, publish, channel, length, most, fresh, id, encoded = unpack(ARGV, 1, 8)

if redis.call('XLEN', log) == 0 then
  return false
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('ZCOUNT', seen, string.format('%.0f', now + length - fresh), '+inf') >= tonumber(most) then
  return ''
end

local having = {}
for _, other in ipairs(redis.call('HVALS', presence)) do
  local ok, person = pcall(cjson.decode, other)
  local color = ok and type(person) == 'table' and person.color
  if type(color) == 'string' then
    having[color] = (having[color] or 0) + 1
  end
end
local chosen
for i = 9, #ARGV do
  local color = ARGV[i]
  if not chosen or (having[color] or 0) < (having[chosen] or 0) then
    chosen = color
  end
end

local person = cjson.decode(encoded)
person.color = chosen
encoded = cjson.encode(person)

redis.call('ZADD', seen, string.format('%.0f', now + length), id)
redis.call('HSET', presence, id, encoded)
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, ttl)
end
redis.call('SADD', users, id) -- a view, after what matters has its end
redis.call('EXPIRE', users, ttl)
redis.call(publish, channel, 'here\n' .. encoded)
return chosen
