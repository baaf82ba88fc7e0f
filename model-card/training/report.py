"""`evaluation.json`, to which each evaluating script adds its parts."""
import fcntl
import json
import os
import pathlib

FILE = pathlib.Path(__file__).parents[1] / "evaluation.json"


def read():
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def add(**parts):
    # Two scripts may evaluate at a time.
    folder = os.open(FILE.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        FILE.write_text(json.dumps({**read(), **parts}, indent=1, ensure_ascii=False) + "\n")
    finally:
        os.close(folder)
