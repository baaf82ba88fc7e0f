"""Everything from nothing: table, three seeds, calibration, export, evaluation, examples, manifest, plots and card, in the order of dependence.

usage: reproduce.py [--wheel FILE] [--modelhost PROGRAM]   with the server's program, its engine is compared with onnxruntime too
"""
import argparse
import os
import pathlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import report

HERE = pathlib.Path(__file__).parent
WEIGHTS = [HERE / "weights" / f"seed-{seed}.npz" for seed in range(3)]


def step(script, *arguments, **environment):
    print(f"== {script} {environment or ''}", flush=True)
    started = time.time()
    subprocess.run([sys.executable, str(HERE / script), *map(str, arguments)], check=True, env={**os.environ, **environment})
    print(f"   {script} took {time.time() - started:.0f} s", flush=True)


def longer():
    for horizon in ("14", "28"):
        step("longer.py", HORIZON=horizon)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--wheel")
    arguments.add_argument("--modelhost")
    given = arguments.parse_args()
    step("data.py", *(["--wheel", given.wheel] if given.wheel else []))
    step("train.py", "--seeds", len(WEIGHTS), "--out", WEIGHTS[0].parent)
    step("calibrate.py", *WEIGHTS)
    step("export.py", WEIGHTS[0])
    report.FILE.unlink(missing_ok=True)
    # Each of these takes one core, and nothing from the other.
    with ThreadPoolExecutor(1) as other_core:
        longest = other_core.submit(longer)
        step("evaluate.py", *WEIGHTS)
        step("unseen.py", WEIGHTS[0])
        longest.result()
    step("quantize.py")
    step("examples.py")
    step("manifest.py")
    if given.modelhost:
        step("agreement.py", given.modelhost)
    step("plots.py")
    step("card.py")


if __name__ == "__main__":
    main()
