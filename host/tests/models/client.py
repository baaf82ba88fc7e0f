#!/usr/bin/env python3
"""client.py URL: what `huggingface_hub.InferenceClient` makes of the answers of URL.

Reads a JSON list of {"task": method, "arguments": {…}} and prints a list, one entry a call: {"answer": …} or
{"error": …}.
An `image` among the arguments is a file's path.
Must not know what the right answers are.
"""

import json
import sys

from huggingface_hub import InferenceClient


def plain(value):
    """Arrays as lists; the client's own classes are mappings already."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def call(client, task, arguments):
    try:
        return {"answer": getattr(client, task)(**arguments)}
    # Whatever goes wrong is an answer to the test that asked.
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    client = InferenceClient(model=sys.argv[1], provider="hf-inference", timeout=60)
    print(json.dumps([call(client, **one) for one in json.load(sys.stdin)], default=plain))


main()
