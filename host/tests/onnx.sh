#!/usr/bin/env bash
# Fetches ONNX's own test cases, once, to target/test-tools/onnx, and prints their folder.
set -euo pipefail
cd "$(dirname "$0")/onnx"
made="$(cd ../../.. && pwd)/target/test-tools/onnx"
cases=$made/onnx/backend/test/data

if ! sha256sum wheels.txt | cmp -s - "$made/made"; then
  rm -rf "$made"
  python3 -m venv "$made/venv" >&2
  "$made/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
    --implementation cp --python-version 311 --platform manylinux2014_x86_64 --requirement wheels.txt --dest "$made" >&2
  "$made/venv/bin/python" -m zipfile -e "$made"/onnx-*.whl "$made" >&2
  rm -r "$made"/onnx-*.whl "$made/venv"
  sha256sum wheels.txt >"$made/made"
fi
echo "$cases"
