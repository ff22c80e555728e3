-- POST /fhir/Patient, the body from a file with its number, and one of 5,000 names, put in
local file = io.open(os.getenv("BODY")); local body = file:read("*a"); file:close()
local i = tonumber(os.getenv("FROM"))
wrk.headers["Content-Type"] = "application/fhir+json"
wrk.headers["Prefer"] = "return=minimal"
function request()
  i = i + 1
  return wrk.format("POST", "/fhir/Patient", nil, (body:gsub("@N@", tostring(i)):gsub("@F@", tostring(i * 7919 % 5000))))
end
