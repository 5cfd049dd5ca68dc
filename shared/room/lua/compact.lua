#!lua flags=allow-oom
-- Appends a snapshot of the document as of an entry, and trims the log up to
-- there. Entries that were appended since stay. It may run when memory is short,
-- because it frees some. The embedded Redis knows no flags and no shebang: there
-- the first line is left out.
--
-- KEYS 1 log  2 seen  3 presence  4 code  5 users  6 cursors
-- ARGV 1 ttl in seconds  2 publish command  3 channel  4 epoch
--      5 id of the entry  6 its nonce  7 the id after it  8 nonce of the snapshot
--      9 the document  10 its metadata  11 seq of the entry
-- Returns {'OK', entry id}, or {'GONE'} when the entry is not in the log.

local log = KEYS[1]
local _, publish, channel, epoch, covered, known, next, nonce, document, meta, seq = unpack(ARGV)

local entry = redis.call('XRANGE', log, covered, covered)[1]
if not entry or entry[2][4] ~= known then -- fields are k, kind, n, nonce, d, payload
  return { 'GONE' }
end
local previous = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1][2][4] or ''
local id = redis.call('XADD', log, epoch .. '-*', 'k', 's', 'n', nonce, 'd', document, 'm', meta, 'c', seq)
redis.call('XTRIM', log, 'MINID', next)
redis.call(publish, channel, 'entry ' .. id .. ' s ' .. nonce .. '  ' .. previous .. '\n')
return { 'OK', id }
