"""`evaluation.json`, to which each evaluating script adds its parts."""
import json
import pathlib

FILE = pathlib.Path(__file__).parents[1] / "evaluation.json"


def read():
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def add(**parts):
    FILE.write_text(json.dumps({**read(), **parts}, indent=1, ensure_ascii=False) + "\n")
