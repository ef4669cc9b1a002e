-- Says what wrk sends, and prints its figures as one line of JSON. Arguments: the bytes of a POST's
-- body, or 0; how many routes to ask in turn, each the path with its number behind it, or 0 for the
-- path alone.

local requests = {}
local next_request = 0

function init(arguments)
  local body_bytes, routes = tonumber(arguments[1]), tonumber(arguments[2])
  if body_bytes > 0 then
    wrk.method = "POST"
    wrk.body = string.rep("x", body_bytes)
    wrk.headers["Content-Type"] = "application/octet-stream"
  end
  for route = 0, routes - 1 do
    requests[route] = wrk.format(nil, wrk.path .. route)
  end
  -- Without a function of this name wrk sends one request again and again, which costs it less.
  if routes > 0 then
    function request()
      next_request = (next_request + 1) % routes
      return requests[next_request]
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "duration_us": %d, "bytes": %d, "errors": {"connect": %d, "read": %d,'
    .. ' "write": %d, "timeout": %d, "status": %d}, "p50_us": %d, "p90_us": %d, "p99_us": %d,'
    .. ' "max_us": %d}\n',
    summary.requests, summary.duration, summary.bytes, errors.connect, errors.read,
    errors.write, errors.timeout, errors.status, latency:percentile(50),
    latency:percentile(90), latency:percentile(99), latency.max))
end
