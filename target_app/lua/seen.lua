-- Requests of a run that the script for submitting has not counted.
local key = ARGV[1] .. 'run:' .. ARGV[3] .. ':requests'
redis.call('INCRBY', key, ARGV[4])
redis.call('EXPIRE', key, ARGV[2])
return 1
