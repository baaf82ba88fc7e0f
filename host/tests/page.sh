#!/usr/bin/env bash
# Installs what judges the page (axe-core and Lighthouse), once, under target/test-tools, and prints that folder.
# Needs node and npm, which plugins/examples/build --tools installs where they are missing.
set -euo pipefail
cd "$(dirname "$0")/page"
tools="$(cd ../../.. && pwd)/target/test-tools/page"

if ! cmp -s package-lock.json "$tools/installed"; then
  rm -rf "$tools"
  mkdir -p "$tools"
  cp package.json package-lock.json "$tools"
  # The browser is there already.
  (cd "$tools" && PUPPETEER_SKIP_DOWNLOAD=1 npm ci --omit=optional --no-audit --no-fund --loglevel=error >&2)
  cp package-lock.json "$tools/installed"
fi
echo "$tools"
