-- Removes some jobs of a run, and its record with the last of them; how many jobs are left.
local prefix, run, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local keys = prefix .. 'run:' .. run
for _, row in ipairs(redis.call('LPOP', keys .. ':operations', limit) or {}) do
  local id = string.sub(row, 1, 32)
  local job = prefix .. 'job:' .. id
  local status = redis.call('HGET', job, 'status')
  if status then
    redis.call('ZREM', prefix .. 'jobs:' .. status, id)
    redis.call('ZREM', prefix .. 'leases', id)
    redis.call('UNLINK', job)
  end
end
local left = redis.call('LLEN', keys .. ':operations')
if left == 0 then redis.call('UNLINK', keys .. ':requests') end
return left
