-- Makes a room, unless there is one with this id. Nobody can come between: two
-- who try the same id at once cannot both succeed. Also puts a room back whose
-- keys Redis lost, from what a relay still holds.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- ARGV 1 ttl in seconds  2 epoch  3 nonce  4 text  5 language
-- Returns 1 when the room was made, 0 when the id is taken.

local log, code = KEYS[1], KEYS[4]
local ttl, epoch, nonce, text, language = unpack(ARGV)

if redis.call('XLEN', log) > 0 or redis.call('EXISTS', code) == 1 then
  return 0
end
redis.call('DEL', log) -- a stream without entries would count on from its last one
redis.call('XADD', log, epoch .. '-1', 'k', 'm', 'n', nonce, 'd', language)
redis.call('XADD', log, epoch .. '-2', 'k', 't', 'n', nonce, 'd', text)
redis.call('EXPIRE', log, ttl)
redis.call('SET', code, text, 'EX', ttl)
return 1
