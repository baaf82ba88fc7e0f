"""Everything from nothing: table, three seeds, export, evaluation, examples, manifest and card, in the order of dependence.

usage: reproduce.py [--wheel FILE] [--tract-difference X]
"""
import argparse
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
WEIGHTS = [HERE / "weights" / f"seed-{seed}.pt" for seed in range(3)]


def step(script, *arguments):
    print(f"== {script}", flush=True)
    subprocess.run([sys.executable, str(HERE / script), *map(str, arguments)], check=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--wheel")
    arguments.add_argument("--tract-difference")
    given = arguments.parse_args()
    step("data.py", *(["--wheel", given.wheel] if given.wheel else []))
    WEIGHTS[0].parent.mkdir(exist_ok=True)
    for seed, file in enumerate(WEIGHTS):
        step("train.py", "--seed", seed, "--out", file)
    step("export.py", WEIGHTS[0])
    step("evaluate.py", *WEIGHTS, *(["--tract-difference", given.tract_difference] if given.tract_difference else []))
    step("examples.py")
    step("manifest.py")
    step("card.py")


if __name__ == "__main__":
    main()
