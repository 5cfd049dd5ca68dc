-- Appends an entry to a room's log and tells everyone who follows the room.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- ARGV 1 ttl in seconds  2 publish command  3 channel  4 epoch  5 kind  6 nonce
--      7 author  8 payload  9 '1' when the caller did not hear whether an earlier
--      attempt worked, else '0'
--      10 the nonce that the last entry must have; '' when any will do
-- Returns {'OK', entry id, nonce}, {'NOROOM'}, {'EPOCH', the room's epoch}, or {'MOVED'}.

local log = KEYS[1]
local ttl, publish, channel, epoch, kind, nonce, author, payload, again, behind = unpack(ARGV)

-- Where an earlier attempt is looked for: others append a few entries in the
-- seconds that a retry takes. One that is missed stands twice, which does no harm.
local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', again == '1' and 64 or 1)
if #last == 0 then
  return { 'NOROOM' }
end
local current = string.match(last[1][1], '^(%d+)-')
if current ~= epoch then
  return { 'EPOCH', current }
end
if again == '1' then
  for _, entry in ipairs(last) do
    if string.sub(entry[2][4] or '', 1, #nonce) == nonce then -- fields are k, kind, n, nonce, d, payload
      return { 'OK', entry[1], entry[2][4] }
    end
  end
  -- The first attempt may have stood at this very place, in a log that was put
  -- back since: who has seen it there must notice.
  local time = redis.call('TIME')
  nonce = nonce .. '.' .. time[1] .. string.format('%06d', time[2])
end

local previous = last[1][2][4] or ''
if behind ~= '' and behind ~= previous then
  return { 'MOVED' }
end
local id = redis.call('XADD', log, epoch .. '-*', 'k', kind, 'n', nonce, 'd', payload)
-- All keys are renewed together, and a heartbeat does it too: so once in a
-- while is enough.
if redis.call('TTL', log) < ttl - math.min(60, ttl / 10) then
  for _, key in ipairs(KEYS) do
    redis.call('EXPIRE', key, ttl)
  end
end
redis.call(publish, channel, 'entry ' .. id .. ' ' .. kind .. ' ' .. nonce .. ' ' .. author .. ' ' .. previous .. '\n' .. payload)
return { 'OK', id, nonce }
