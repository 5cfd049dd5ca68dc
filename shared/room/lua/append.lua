-- Appends an entry to a room's log, makes the earlier entries of its kind go
-- (each holds the whole of what it is about), and tells everyone who follows
-- the room. Appending the same nonce again changes nothing, so that a caller who
-- got no reply can simply ask once more: an entry remembers the last nonces of
-- those that it replaced.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- ARGV 1 ttl in seconds  2 channel  3 epoch  4 kind  5 nonce  6 author  7 payload
-- Returns {'OK', entry id}, {'REPLACED'} when the nonce was appended before and
-- replaced since, {'NOROOM'}, or {'EPOCH', the room's epoch}.

local log, code = KEYS[1], KEYS[4]
local ttl, channel, epoch, kind, nonce, author, payload = unpack(ARGV)
local remembered = 16 * (#nonce + 1) -- characters: a retry comes seconds later, not hours

local entries = redis.call('XRANGE', log, '-', '+')
if #entries == 0 then
  return { 'NOROOM' }
end
local current = string.match(entries[#entries][1], '^(%d+)-')
if current ~= epoch then
  return { 'EPOCH', current }
end

local earlier, nonces = {}, ''
for _, entry in ipairs(entries) do
  local id, fields = entry[1], entry[2] -- fields are k, kind, n, nonce, d, payload and maybe p, nonces
  if fields[2] == kind then
    if fields[4] == nonce then
      return { 'OK', id }
    end
    nonces = (fields[8] or '') .. fields[4] .. ' '
    if string.find(nonces, nonce .. ' ', 1, true) then
      return { 'REPLACED' }
    end
    earlier[#earlier + 1] = id
  end
end
nonces = string.sub(nonces, -remembered)

local id = redis.call('XADD', log, epoch .. '-*', 'k', kind, 'n', nonce, 'd', payload, 'p', nonces)
if #earlier > 0 then
  redis.call('XDEL', log, unpack(earlier))
end
if kind == 't' then
  redis.call('SET', code, payload, 'EX', ttl)
end
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, ttl)
end
redis.call('PUBLISH', channel, 'entry ' .. id .. ' ' .. kind .. ' ' .. nonce .. ' ' .. author .. '\n' .. payload)
return { 'OK', id }
