-- Jobs older than the cursor, newest first, from the indexes of the wanted states.
local prefix, ttl_s, before, limit = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local expired = string.format('%.0f', redis.call('TIME')[1] * 1000000 - ttl_s * 1000000)
local found = {}
for state = 5, #ARGV do
  local rows = redis.call('ZREVRANGEBYSCORE', prefix .. 'jobs:' .. ARGV[state],
    before, '(' .. expired, 'WITHSCORES', 'LIMIT', 0, limit)
  for i = 1, #rows, 2 do
    found[#found + 1] = {rows[i + 1], rows[i], ARGV[state]}
  end
end
table.sort(found, function(a, b) return tonumber(a[1]) > tonumber(b[1]) end)
for i = #found, limit + 1, -1 do found[i] = nil end
return found
