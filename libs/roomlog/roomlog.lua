-- Appends ordered envelopes to a room's log and publishes them in one message,
-- each with its place in the log. lines holds a head and a tail for each.
-- An entry names the one before it: whoever reads on from an entry that has
-- been trimmed can tell whether anything is missing.
local function ordered(log, channel, lines)
  local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)
  local before, out = last[1] and last[1][1] or '', {}
  for i = 1, #lines, 2 do
    local id = redis.call('XADD', log, 'MAXLEN', '~', 1000, '*', 'p', before, 'l', lines[i] .. '\t' .. lines[i + 1])
    out[#out + 1] = lines[i] .. id .. '\t' .. lines[i + 1]
    before = id
  end
  local oldest = tonumber(string.match(before, '^%d+')) - 120000
  redis.call('XTRIM', log, 'MINID', '~', string.format('%.0f', oldest))
  redis.call('EXPIRE', log, 300)
  return redis.call('SPUBLISH', channel, table.concat(out, '\n'))
end
