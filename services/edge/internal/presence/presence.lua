-- Everything that changes who is present in a room, one operation per call.
--
-- KEYS[1] hash   "s <user> <edge> <socket>" -> payload of user-offline
--                "g <user>"                 -> "<Unix ms> <payload>": offline unless back by then
-- KEYS[2] channel of the room
-- KEYS[3] log of the room; ordered, which writes it, is defined in front of this
-- KEYS[4] hash   <user> -> how many "s" fields there are of that user
--                " "    -> the age in which they were counted
-- ARGV[1] operation; ARGV[2] age; the rest as said there
local key, channel, log, counts, op, age = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[2]
local life = 691200 -- 8 days, more than a room lives
local rest = 60 -- of counts of nobody

-- Nobody looks through all sockets of a room, except when the counts cannot be
-- relied upon: none are kept yet, or edges that do not keep them are or were about.
if age == '' or redis.call('HGET', counts, ' ') ~= age then
  local all = {}
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local user = string.match(field, '^s (%S+) ')
    if user then all[user] = (all[user] or 0) + 1 end
  end
  redis.call('DEL', counts)
  for user, n in pairs(all) do redis.call('HSET', counts, user, n) end
  if age ~= '' then redis.call('HSET', counts, ' ', age) end
  redis.call('EXPIRE', counts, next(all) and life or rest)
end

-- Puts a socket in, and says so if it is its user's first.
local function enter(user, field, payload, online)
  if redis.call('HSET', key, field, payload) == 0 then return end -- it is known
  if redis.call('HINCRBY', counts, user, 1) > 1 then return end
  redis.call('EXPIRE', key, life)
  redis.call('EXPIRE', counts, life)
  if redis.call('HDEL', key, 'g ' .. user) == 0 and online ~= '' then ordered(log, channel, { online, payload }) end
end

-- Takes a socket out. Returns how many its user has left there, and its payload;
-- without one it was not there.
local function exit(user, field)
  local payload = redis.call('HGET', key, field)
  if not payload then return tonumber(redis.call('HGET', counts, user) or 0), nil end
  redis.call('HDEL', key, field)
  local left = redis.call('HINCRBY', counts, user, -1)
  if left == 0 then
    redis.call('HDEL', counts, user)
    if redis.call('HLEN', counts) == 1 then redis.call('EXPIRE', counts, rest) end
  end
  return left, payload
end

-- ARGV: user, edge, socket, payload, head of an online line or ''
if op == 'enter' then
  enter(ARGV[3], 's ' .. ARGV[3] .. ' ' .. ARGV[4] .. ' ' .. ARGV[5], ARGV[6], ARGV[7])
  return 1
end

-- ARGV: head of a line, payload. Says it in its order with what is said here.
if op == 'say' then
  ordered(log, channel, { ARGV[3], ARGV[4] })
  return 1
end

-- ARGV: user, edge, socket, until. Returns 1 when the grace period has begun.
if op == 'exit' then
  local left, payload = exit(ARGV[3], 's ' .. ARGV[3] .. ' ' .. ARGV[4] .. ' ' .. ARGV[5])
  if left > 0 or not payload then return 0 end
  redis.call('HSET', key, 'g ' .. ARGV[3], ARGV[6] .. ' ' .. payload)
  return 1
end

-- ARGV: user, edge, socket, payload, head of a line that says that the user has
-- left, or ''. Returns how many sockets the user has left there. It is said here, so
-- that no arrival of another socket can come in between and be heard first.
if op == 'leave' then
  local left = exit(ARGV[3], 's ' .. ARGV[3] .. ' ' .. ARGV[4] .. ' ' .. ARGV[5])
  redis.call('HDEL', key, 'g ' .. ARGV[3])
  if left == 0 and ARGV[7] ~= '' then ordered(log, channel, { ARGV[7], ARGV[6] }) end
  return left
end

-- ARGV: user, now, head of an offline line. Returns 1 when the user went offline.
if op == 'settle' then
  local grace = redis.call('HGET', key, 'g ' .. ARGV[3])
  if not grace then return 0 end
  local space = string.find(grace, ' ', 1, true)
  if tonumber(string.sub(grace, 1, space - 1)) > tonumber(ARGV[4]) then return 0 end
  redis.call('HDEL', key, 'g ' .. ARGV[3])
  -- A grace that began before a socket was seen of an edge that does not count.
  if redis.call('HEXISTS', counts, ARGV[3]) == 1 then return 0 end
  ordered(log, channel, { ARGV[5], string.sub(grace, space + 1) })
  return 1
end

-- Takes away what edge has there, except the sockets listed, and puts those in
-- that are missing. A user who has no socket any more is in grace until ARGV[4],
-- or offline at once when that is 0. Returns the users in grace, each with its end:
-- also those of earlier, whose end somebody who died may not have noted.
-- ARGV: edge, until, head of an offline line, head of an online line or '',
-- then user, socket, payload for each socket
if op == 'sync' then
  local edge, keep = ARGV[3], {}
  for i = 7, #ARGV, 3 do
    local field = 's ' .. ARGV[i] .. ' ' .. edge .. ' ' .. ARGV[i + 1]
    keep[field] = true
    enter(ARGV[i], field, ARGV[i + 2], ARGV[6])
  end
  local graced = {}
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local user, owner = string.match(field, '^s (%S+) (%S+) ')
    local graceful = string.match(field, '^g (%S+)$')
    if graceful then
      graced[#graced + 1] = graceful
      graced[#graced + 1] = string.match(redis.call('HGET', key, field), '^%d+')
    elseif owner == edge and not keep[field] then
      local left, payload = exit(user, field)
      if left == 0 and redis.call('HEXISTS', key, 'g ' .. user) == 0 then
        if ARGV[4] == '0' then
          ordered(log, channel, { ARGV[5], payload })
        else
          redis.call('HSET', key, 'g ' .. user, ARGV[4] .. ' ' .. payload)
          graced[#graced + 1] = user
          graced[#graced + 1] = ARGV[4]
        end
      end
    end
  end
  if #ARGV > 6 then redis.call('EXPIRE', key, life) end
  return graced
end

return redis.error_reply('unknown operation ' .. op)
