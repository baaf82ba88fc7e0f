#!/usr/bin/env bash
# Installs the hub server that the tests talk to, once, under target/test-tools/olah, and prints its program's path.
set -euo pipefail
cd "$(dirname "$0")"
wanted="$PWD/olah.txt"
venv="$(cd ../.. && pwd)/target/test-tools/olah"
if ! cmp -s "$wanted" "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" >&2
    cp "$wanted" "$venv/installed.txt"
fi
echo "$venv/bin/olah-cli"
