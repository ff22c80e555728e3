-- The same share of create, read, update and delete over the types of a file (one body with @ID@ and @N@ on each line), as health-samurai's crud.js:
-- what was created is read, then updated, then deleted, in the order in which its answers come
local bodies, types, n = {}, {}, 0
for line in io.lines(os.getenv("BODIES")) do
  n = n + 1; bodies[n] = line; types[n] = line:match('"resourceType":"(%a+)"')
end
local at = {}; for k = 1, n do at[types[k]] = k end
local i, turn = tonumber(os.getenv("FROM")), 0
local queues = { { first = 1, last = 0 }, { first = 1, last = 0 }, { first = 1, last = 0 } }   -- to read, to update, to delete
local function push(q, v) q.last = q.last + 1; q[q.last] = v end
local function pop(q) if q.last - q.first < 64 then return nil end; local v = q[q.first]; q[q.first] = nil; q.first = q.first + 1; return v end
local json = { ["Content-Type"] = "application/fhir+json", ["Authorization"] = nil, ["Prefer"] = "return=minimal" }
local function body(k, id) i = i + 1; return (bodies[k]:gsub("@ID@", id):gsub("@N@", tostring(i))) end
function init() json["Authorization"] = wrk.headers["Authorization"] end
function request()
  turn = turn + 1
  local step = turn % 4
  local what = step > 0 and pop(queues[step])
  if not what then
    i = i + 1
    local k = i % n + 1
    return wrk.format("POST", "/fhir/" .. types[k], json, body(k, "none"))
  end
  if step == 1 then push(queues[2], what); return wrk.format("GET", "/fhir/" .. what, json) end
  if step == 2 then
    push(queues[3], what)
    local type, id = what:match("^(%a+)/(.+)$")
    return wrk.format("PUT", "/fhir/" .. what, json, body(at[type], id))
  end
  return wrk.format("DELETE", "/fhir/" .. what, json)
end
function response(status, headers)
  if status == 201 then
    local what = headers["Location"]:match("/fhir/(%a+/[^/]+)/_history")
    if what then push(queues[1], what) end
  end
end
