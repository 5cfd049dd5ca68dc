-- Removes those keys of a room that are not what they should be: somebody else
-- has written them.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- Returns how many were removed.

local types = { 'stream', 'zset', 'hash', 'string', 'set', 'hash' }
local removed = 0
for i, key in ipairs(KEYS) do
  local is = redis.call('TYPE', key).ok
  if is ~= 'none' and is ~= types[i] then
    removed = removed + redis.call('DEL', key)
  end
end
return removed
