# What ./start and ./test have in common; sourced by both with $root set.
say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

need_dotnet() {
    command -v dotnet > /dev/null || fail "The .NET 10 SDK is missing: install it from https://dotnet.microsoft.com/download/dotnet/10.0 and run this again."
    dotnet --list-sdks | grep -q '^10\.' || fail "A .NET SDK is here, but not version 10: install it from https://dotnet.microsoft.com/download/dotnet/10.0 and run this again."
}

have_node() {
    command -v node > /dev/null && command -v npm > /dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]
}

# Several starts, commands and the simulator may come at once: one builds, the others wait.
lock_build() {
    mkdir -p -- "$root/.build"
    exec 9> "$root/.build/lock"
    ! command -v flock > /dev/null || flock 9
}
unlock_build() { exec 9>&-; }

# Names, sizes and times of the sources in these folders, as one short word.
fingerprint() {
    (cd "$root" && { find "$@" \( -name bin -o -name obj -o -name node_modules -o -name dist \) -prune -o -type f ! -name '*.md' ! -name '*.tsbuildinfo' -printf '%p %s %T@\n' 2> /dev/null || true; } | LC_ALL=C sort | sha256sum | cut -c1-16)
}

npm_packages() {
    local stamp; stamp=$(sha256sum < "$root/Workspace/package-lock.json" | cut -c1-16)
    [ "$(cat "$root/.build/npm" 2> /dev/null)" = "$stamp" ] && [ -d "$root/Workspace/node_modules" ] && return
    (cd "$root/Workspace" && quietly npm ci --no-audit --no-fund --silent) || return 1
    echo "$stamp" > "$root/.build/npm"
}

# Runs a command and shows what it said only when it failed; the build lock is not handed on.
quietly() {
    local log; log=$(mktemp)
    if "$@" > "$log" 2>&1 9>&-; then rm -f -- "$log"; else local code=$?; cat -- "$log" >&2; rm -f -- "$log"; return "$code"; fi
}
