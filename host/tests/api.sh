#!/usr/bin/env bash
# Installs what judges the API's description and listens to its events, once, under target/test-tools/api, and prints that
# folder.
set -euo pipefail
cd "$(dirname "$0")"
wanted="$PWD/api.txt"
venv="$(cd ../.. && pwd)/target/test-tools/api"
if ! cmp -s "$wanted" "$venv/installed.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv" >&2
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" >&2
  cp "$wanted" "$venv/installed.txt"
fi
echo "$venv"
