#!/usr/bin/env bash
# Sees to it that commands are there, each by its Debian packages: need.sh make=make gcc="gcc libc6-dev"
# installs what is missing where it may (root, apt), and says what is missing elsewhere.
set -euo pipefail

missing=()
for want in "$@"; do
    command -v "${want%%=*}" >/dev/null || missing+=(${want#*=})
done
((${#missing[@]})) || exit 0
if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
    echo "missing: ${missing[*]}; install them and run again" >&2
    exit 1
fi
echo "+ apt-get install ${missing[*]}" >&2
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
