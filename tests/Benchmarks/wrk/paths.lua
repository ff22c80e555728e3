-- GET of the paths in a file, in turn
local paths, n = {}, 0
for line in io.lines(os.getenv("PATHS")) do n = n + 1; paths[n] = line end
local i = 0
function request()
  i = i % n + 1
  return wrk.format("GET", paths[i])
end
