-- GET /fhir/Patient/<id>, the ids from a file
local ids, n = {}, 0
for line in io.lines(os.getenv("IDS")) do n = n + 1; ids[n] = line end
local i = 0
function request()
  i = i % n + 1
  return wrk.format("GET", "/fhir/Patient/" .. ids[i])
end
