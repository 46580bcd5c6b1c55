#!/usr/bin/env bash
# Tests the browser client and the pages of the examples: types, bundle, unit tests, a real host,
# and headless Chromium. Installs what is missing where it may. What cannot be run is said in
# capitals; with CI=true that is a failure.
# Usage: web.sh packages | build | test | e2e | screenshots
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../web"

oldest_node=20

not_run() {
    printf '\nNOT RUN: %s\nWHY: %s\n\n' "$1" "$2" >&2
    [[ ${CI:-} != true ]] || exit 1
    exit 0
}

# Node's packages, as the lock file has them; installed again when it changed.
packages() {
    local have
    ../scripts/need.sh node=nodejs || not_run "$1" "there is no node, and it cannot be installed here"
    have=$(node -p 'process.versions.node.split(".")[0]')
    ((have >= oldest_node)) || not_run "$1" "node $have is older than $oldest_node"
    ../scripts/need.sh npm=npm || not_run "$1" "there is no npm, and it cannot be installed here"
    if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
        npm ci --no-fund --no-audit >&2 || not_run "$1" "npm ci failed: is there no network?"
        cp package-lock.json node_modules/.installed-lock.json
    fi
}

browser() {
    local found
    for found in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
        if [[ -n $found ]] && found=$(command -v "$found"); then
            export CHROMIUM=$found
            return
        fi
    done
    ../scripts/need.sh chromium=chromium || not_run "$1" "there is no chromium, and it cannot be installed here (CHROMIUM=path names one)"
    CHROMIUM=$(command -v chromium)
    export CHROMIUM
}

case ${1:-} in
packages)
    packages "CODE THAT NEEDS NODE'S PACKAGES"
    ;;
build)
    packages "THE BROWSER CLIENT IS NOT BUILT"
    node build.mjs
    ;;
test)
    what="THE TESTS OF THE BROWSER CLIENT"
    packages "$what"
    node_modules/.bin/tsc --noEmit
    node_modules/.bin/tsc -p tsconfig.pages.json # the pages' scripts are plain JavaScript, with types in comments
    node build.mjs --check
    node test.mjs test
    ;;
e2e)
    what="THE TESTS OF THE PAGES IN A BROWSER"
    packages "$what"
    browser "$what"
    node test.mjs e2e
    ;;
screenshots)
    packages "SCREENSHOTS"
    browser "SCREENSHOTS"
    SCREENSHOTS=$PWD/../.tmp/screenshots node test.mjs e2e --test-name-pattern=looks
    echo "screenshots are in .tmp/screenshots"
    ;;
*)
    echo "usage: web.sh packages | build | test | e2e | screenshots" >&2
    exit 2
    ;;
esac
