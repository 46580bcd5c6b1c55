#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time each (default 10s).
# go test takes one target of one package at a time, so they are looked up first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

time=${1:-10s}
found=0
while IFS= read -r dir; do
    targets=$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$dir"/*_test.go 2>/dev/null || true)
    for target in $targets; do
        found=$((found + 1))
        echo "+ $target in ${dir#"$PWD"/} for $time"
        go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$dir"
    done
done < <(go list -f '{{.Dir}}' ./...)
echo "$found fuzz targets"
