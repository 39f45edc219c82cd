-- Ends a running job; whichever attempt comes first.
local prefix, ttl_s, id, status = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local job = prefix .. 'job:' .. id
if redis.call('HGET', job, 'status') ~= 'running' then return 0 end
move(prefix, ttl_s, id, 'running', status, 'finished')
redis.call('HINCRBY', job, 'ends', 1)
redis.call('ZREM', prefix .. 'leases', id)
return 1
