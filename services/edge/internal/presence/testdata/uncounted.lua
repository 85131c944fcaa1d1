-- Everything that changes who is present in a room, one operation per call.
--
-- KEYS[1] hash   "s <user> <edge> <socket>" -> payload of user-offline
--                "g <user>"                 -> "<Unix ms> <payload>": offline unless back by then
-- KEYS[2] channel of the room
-- KEYS[3] log of the room; ordered, which writes it, is defined in front of this
-- ARGV[1] operation; the rest as said there
local key, channel, log, op = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local life = 691200 -- 8 days, more than a room lives

local find = string.find

-- A plain find makes no string of each field, as sub would: with 250 sockets in a room that is most of what a script costs.
local function count(user)
  local prefix, fields, n = 's ' .. user .. ' ', redis.call('HKEYS', key), 0
  for i = 1, #fields do
    if find(fields[i], prefix, 1, true) == 1 then n = n + 1 end
  end
  return n
end

-- ARGV: user, edge, socket, payload, head of an online line or ''
if op == 'enter' then
  local user = ARGV[2]
  local before = count(user) + redis.call('HDEL', key, 'g ' .. user)
  redis.call('HSET', key, 's ' .. user .. ' ' .. ARGV[3] .. ' ' .. ARGV[4], ARGV[5])
  redis.call('EXPIRE', key, life)
  if before == 0 and ARGV[6] ~= '' then ordered(log, channel, { ARGV[6], ARGV[5] }) end
  return before
end

-- ARGV: user, edge, socket, until. Returns 1 when the grace period has begun.
if op == 'exit' then
  local user = ARGV[2]
  local field = 's ' .. user .. ' ' .. ARGV[3] .. ' ' .. ARGV[4]
  local payload = redis.call('HGET', key, field)
  if not payload then return 0 end
  redis.call('HDEL', key, field)
  if count(user) > 0 then return 0 end
  redis.call('HSET', key, 'g ' .. user, ARGV[5] .. ' ' .. payload)
  return 1
end

-- ARGV: user, edge, socket. Returns how many sockets the user has left there.
if op == 'leave' then
  local user = ARGV[2]
  redis.call('HDEL', key, 's ' .. user .. ' ' .. ARGV[3] .. ' ' .. ARGV[4], 'g ' .. user)
  return count(user)
end

-- ARGV: user, now, head of an offline line. Returns 1 when the user went offline.
if op == 'settle' then
  local grace = redis.call('HGET', key, 'g ' .. ARGV[2])
  if not grace then return 0 end
  local space = string.find(grace, ' ', 1, true)
  if tonumber(string.sub(grace, 1, space - 1)) > tonumber(ARGV[3]) then return 0 end
  redis.call('HDEL', key, 'g ' .. ARGV[2])
  ordered(log, channel, { ARGV[4], string.sub(grace, space + 1) })
  return 1
end

-- Takes away what edge has there, except the sockets listed, and puts those in
-- that are missing. A user who has no socket any more is in grace until ARGV[3],
-- or offline at once when that is 0. Returns the users in grace.
-- ARGV: edge, until, head of an offline line, head of an online line or '',
-- then user, socket, payload for each socket
if op == 'sync' then
  local edge, keep = ARGV[2], {}
  for i = 6, #ARGV, 3 do
    local user = ARGV[i]
    local field = 's ' .. user .. ' ' .. edge .. ' ' .. ARGV[i + 1]
    keep[field] = true
    if redis.call('HEXISTS', key, field) == 0 then
      local before = count(user) + redis.call('HDEL', key, 'g ' .. user)
      redis.call('HSET', key, field, ARGV[i + 2])
      if before == 0 and ARGV[5] ~= '' then ordered(log, channel, { ARGV[5], ARGV[i + 2] }) end
    end
  end
  local gone = {}
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local user, owner = string.match(field, '^s (%S+) (%S+) ')
    if owner == edge and not keep[field] then
      gone[user] = redis.call('HGET', key, field)
      redis.call('HDEL', key, field)
    end
  end
  local graced = {}
  for user, payload in pairs(gone) do
    if count(user) == 0 and redis.call('HEXISTS', key, 'g ' .. user) == 0 then
      if ARGV[3] == '0' then
        ordered(log, channel, { ARGV[4], payload })
      else
        redis.call('HSET', key, 'g ' .. user, ARGV[3] .. ' ' .. payload)
        graced[#graced + 1] = user
      end
    end
  end
  if #ARGV > 5 then redis.call('EXPIRE', key, life) end
  return graced
end

return redis.error_reply('unknown operation ' .. op)
