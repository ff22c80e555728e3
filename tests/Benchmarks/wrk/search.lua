-- GET /fhir/Patient?identifier=..., numbers 1..COUNT
local n = tonumber(os.getenv("COUNT"))
local i = 0
function request()
  i = i % n + 1
  return wrk.format("GET", "/fhir/Patient?identifier=https://benchmark.example/patient%7C" .. i)
end
