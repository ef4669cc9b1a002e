-- What wrk sends, and its figures as one line of JSON. Arguments: the bytes of a POST's body, or 0.

function init(arguments)
  local body_bytes = tonumber(arguments[1])
  if body_bytes > 0 then
    wrk.method = "POST"
    wrk.body = string.rep("x", body_bytes)
    wrk.headers["Content-Type"] = "application/octet-stream"
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
