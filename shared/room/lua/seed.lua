-- Makes a room's log, unless there is one. Nobody can come between: two who try
-- at once cannot both succeed. With a text it makes a new room, whose id must
-- not be that of a room that has only its text; else it puts back one that
-- Redis lost, from what a relay still holds.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- ARGV 1 ttl in seconds  2 publish command  3 channel
--      4 epoch  5 nonce  6 the document  7 its metadata  8 the text, or nothing
-- Returns the id of the entry; '' when the id is taken.

local log, code = KEYS[1], KEYS[4]
local ttl, publish, channel, epoch, nonce, document, meta, text = unpack(ARGV)

if redis.call('XLEN', log) > 0 or text and redis.call('EXISTS', code) == 1 then
  return ''
end
if redis.call('EXISTS', log) == 1 then -- one without entries, which would count on from its last
  redis.call('DEL', log) -- after any write, Redis lets a script go on even when memory is short
end
local id = redis.call('XADD', log, epoch .. '-1', 'k', 's', 'n', nonce, 'd', document, 'm', meta, 'c', '0')
if text then
  redis.call('SET', code, text)
end
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, ttl)
end
redis.call(publish, channel, 'entry ' .. id .. ' s ' .. nonce .. '  \n')
return id
