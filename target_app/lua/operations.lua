-- A page of a run's operations in the order they were stored, each with the state of its job now.
local prefix, run, from, limit = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local rows = redis.call('LRANGE', prefix .. 'run:' .. run .. ':operations', from, from + limit - 1)
for i, row in ipairs(rows) do
  local id = string.sub(row, 1, 32)
  rows[i] = {id, string.sub(row, 34), redis.call('HGET', prefix .. 'job:' .. id, 'status') or ''}
end
return rows
