-- How many jobs each state holds, expired ones left out.
local prefix, ttl_s = ARGV[1], ARGV[2]
local expired = string.format('%.0f', redis.call('TIME')[1] * 1000000 - ttl_s * 1000000)
local counts = {}
for state = 3, #ARGV do
  counts[#counts + 1] = redis.call('ZCOUNT', prefix .. 'jobs:' .. ARGV[state], '(' .. expired, '+inf')
end
return counts
