-- POST /fhir/Patient, the body from a file with its number put in
local file = io.open(os.getenv("BODY")); local body = file:read("*a"); file:close()
local i = tonumber(os.getenv("FROM"))
wrk.headers["Content-Type"] = "application/fhir+json"
wrk.headers["Prefer"] = "return=minimal"
function request()
  i = i + 1
  return wrk.format("POST", "/fhir/Patient", nil, (body:gsub("@N@", tostring(i))))
end
