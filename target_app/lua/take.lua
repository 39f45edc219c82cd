-- Up to `limit` jobs for a worker: first those whose worker has not finished in time, then the
-- oldest pending ones.
local prefix, ttl_s, limit, lease_us = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local leases, pending = prefix .. 'leases', prefix .. 'jobs:pending'
local now = now_us()
local taken = {}

local function take(id)
  redis.call('ZADD', leases, string.format('%.0f', now + lease_us), id)
  redis.call('HINCRBY', prefix .. 'job:' .. id, 'attempts', 1)
  taken[#taken + 1] = id
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', string.format('%.0f', now), 'LIMIT', 0, limit)) do
  if redis.call('HGET', prefix .. 'job:' .. id, 'status') == 'running' then
    take(id)
  else
    redis.call('ZREM', leases, id)
  end
end
for _, id in ipairs(redis.call('ZRANGE', pending, 0, limit - #taken - 1)) do
  if redis.call('EXISTS', prefix .. 'job:' .. id) == 1 then
    move(prefix, ttl_s, id, 'pending', 'running', 'started')
    take(id)
  else
    redis.call('ZREM', pending, id)
  end
end
return taken
