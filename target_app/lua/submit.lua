-- One job, its idempotency key, its place in the order and its run's record: all or nothing.
-- The key is part of the job (the id is derived from it), so the two can't disagree, and a
-- command that is sent again finds the job it made.
local prefix, ttl_s, id, body, key, run = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local job, requests, operations = prefix .. 'job:' .. id, nil, nil

if run ~= '' then
  requests = prefix .. 'run:' .. run .. ':requests'
  if redis.call('INCR', requests) % 1000 == 1 then redis.call('EXPIRE', requests, ttl_s) end
end

local stored = redis.call('HGET', job, 'body')
if stored then
  return stored == body and 'replayed' or 'conflict'
end

-- Creation time in microseconds, never twice the same: the order, the cursor and the age in one.
local time = redis.call('TIME')
local at_us = time[1] * 1000000 + time[2]
local last_us = tonumber(redis.call('GET', prefix .. 'clock') or 0)
if at_us <= last_us then at_us = last_us + 1 end
local at = string.format('%.0f', at_us)

redis.call('SET', prefix .. 'clock', at)
redis.call('HSET', job, 'status', 'pending', 'at', at, 'body', body)
redis.call('EXPIRE', job, ttl_s)
local index = prefix .. 'jobs:pending'
redis.call('ZADD', index, at, id)
redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('%.0f', at_us - ttl_s * 1000000))
if run ~= '' then
  operations = prefix .. 'run:' .. run .. ':operations'
  if redis.call('RPUSH', operations, id .. ' ' .. key) % 1000 == 1 then
    redis.call('EXPIRE', operations, ttl_s)
  end
end
return 'stored'
