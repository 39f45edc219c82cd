-- A job changes its state: in the job itself and in the indexes, which also forget what expired.
local function now_us()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function move(prefix, ttl_s, id, from, to, field)
  local job = prefix .. 'job:' .. id
  local now = now_us()
  redis.call('HSET', job, 'status', to, field, string.format('%.0f', now))
  redis.call('ZREM', prefix .. 'jobs:' .. from, id)
  local index = prefix .. 'jobs:' .. to
  redis.call('ZADD', index, redis.call('HGET', job, 'at'), id)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('%.0f', now - ttl_s * 1000000))
end

