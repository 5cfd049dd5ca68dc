-- Writes a room's text for other programs, if it is the latest.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- ARGV 1 ttl in seconds  2 publish command  3 channel
--      4 id of the last entry in the text  5 its nonce  6 the text
-- Returns 1; 0 when the log has a later entry, whose author will write it, or
-- is not there.

local log, code = KEYS[1], KEYS[4]
local ttl, _, _, head, nonce, text = unpack(ARGV)

local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
if not last or last[1] ~= head or last[2][4] ~= nonce then -- fields are k, kind, n, nonce, d, payload
  return 0
end
redis.call('SET', code, text, 'EX', ttl)
return 1
