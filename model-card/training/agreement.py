"""How far the server's engine and onnxruntime are apart, on the windows of `windows.json.gz`.

usage: agreement.py MODELHOST   adds `max_abs_diff_tract_onnxruntime` to `evaluation.json`; MODELHOST is the server's program
"""
import argparse
import gzip
import json
import pathlib
import re
import subprocess
import tempfile

import numpy as np

import export
import features
import report
from manifest import MANIFEST

TOLERANCE = 1e-4


def reference(file):
    """The tensors of every window and what onnxruntime answers, as the server reads references."""
    windows = json.loads(gzip.decompress(report.FILE.with_name("windows.json.gz").read_bytes()))
    made = [features.tensors(window["request"]["inputs"])[0] for window in windows]
    feeds = {name: np.concatenate([tensors[name] for tensors in made]) for name in export.NAMES}
    np.savez(file, **feeds, **{features.POST["tensor"]: export.run(export.session(), feeds)})


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("modelhost")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "windows.npz"
        reference(file)
        command = [arguments.parse_args().modelhost, "check", MANIFEST, "--reference", file, "--tolerance", str(TOLERANCE)]
        said = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout
    found = re.search(r"(\d+) numbers of the reference agree to (\S+)", said)
    report.add(max_abs_diff_tract_onnxruntime=float(found[2]))
    print(found[0])


if __name__ == "__main__":
    main()
