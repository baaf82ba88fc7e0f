#!/usr/bin/env bash
# Fetches ONNX's own test cases, once, to target/test-tools, and prints their folder.
# `onnx.sh newer` makes those of a newer package instead, which has them only as code.
set -euo pipefail
cd "$(dirname "$0")/onnx"
tools="$(cd ../../.. && pwd)/target/test-tools"

# Whether $1, a record beside what was made, says that it was made of the files that follow.
is_of() {
  sha256sum "${@:2}" | cmp -s - "$1"
}

fetch() {
  local made=$tools/onnx
  if ! is_of "$made/made" wheels.txt; then
    rm -rf "$made"
    python3 -m venv "$made/venv" >&2
    "$made/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
      --implementation cp --python-version 311 --platform manylinux2014_x86_64 --requirement wheels.txt --dest "$made" >&2
    "$made/venv/bin/python" -m zipfile -e "$made"/onnx-*.whl "$made" >&2
    rm -r "$made"/onnx-*.whl "$made/venv"
    sha256sum wheels.txt >"$made/made"
  fi
  echo "$made/onnx/backend/test/data"
}

make_newer() {
  local made=$tools/onnx-newer
  if ! is_of "$made/made" newer.txt newer.py; then
    rm -rf "$made"
    python3 -m venv "$made/venv" >&2
    "$made/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
      --requirement newer.txt >&2
    "$made/venv/bin/python" -W ignore newer.py "$made/cases" >&2
    rm -r "$made/venv"
    sha256sum newer.txt newer.py >"$made/made"
  fi
  echo "$made/cases"
}

case ${1-} in
  newer) make_newer ;;
  *) fetch ;;
esac
