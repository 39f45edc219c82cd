-- Cancels a job that has not ended; what its state was before, '' when there is no such job.
local prefix, ttl_s, id = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local job = prefix .. 'job:' .. id
local status = redis.call('HGET', job, 'status')
if not status then return '' end
if status == 'pending' or status == 'running' then
  move(prefix, ttl_s, id, status, 'cancelled', 'finished')
  redis.call('HINCRBY', job, 'ends', 1)
  redis.call('ZREM', prefix .. 'leases', id)
end
return status
