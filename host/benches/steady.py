#!/usr/bin/env python3
"""steady.py PROGRAM [SECONDS]: the memory of a server under mixed load, and how repeated requests do with the cache on.

Serves the demand model with `cache: { ttl_s: 5 }` and asks it, from eight connections at once, for everything that it
has: predictions that differ and that repeat, rows, charts, tensors, forecasts by KServe's route, the page, documents,
metrics, and requests that are refused. Prints resident memory every ten seconds, and how far it strays after the
first minute. Needs Python's own library and nothing else.
"""

import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

program = sys.argv[1]
seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 600
repository = pathlib.Path(__file__).parents[2]
model = "retail-demand"


def served(folder):
    text = (repository / "manifests/retail-demand.yaml").read_text()
    text = text.replace("path: ../model-card", f"path: {repository / 'model-card'}")
    manifest = pathlib.Path(folder) / "m.yaml"
    manifest.write_text(text + "\ncache: { ttl_s: 5 }\n")
    command = [program, "--log-format", "json", "serve", "--host", "127.0.0.1", "--port", "0", str(manifest)]
    log = open(pathlib.Path(folder) / "log", "w+")
    process = subprocess.Popen(command, stderr=log)
    while True:
        time.sleep(0.1)
        lines = [json.loads(line) for line in pathlib.Path(log.name).read_text().splitlines() if line.endswith("}")]
        messages = {line["message"]: line for line in lines}
        if "listening" in messages and "the model is live" in messages:
            return process, messages["listening"]["address"]
        assert process.poll() is None, "the server ended"


def series(chance, length=60):
    return {"series": [chance.randint(0, 90) for _ in range(length)], "start": "2017-08-01"}


def mixed(chance):
    """Method, path, headers and body of one request, and the statuses that it may have."""
    as_json = {"content-type": "application/json"}
    kind = chance.randrange(12)
    if kind < 3:
        return "POST", "/predict", as_json, {"inputs": series(chance)}, (200,)
    if kind < 5:
        repeated = series(random.Random(chance.randrange(20)))
        return "POST", "/predict", as_json, {"inputs": repeated}, (200,)
    if kind == 5:
        lines = "\n".join(json.dumps(series(chance)) for _ in range(50))
        return "POST", "/predict", {"content-type": "application/x-ndjson"}, lines, (200,)
    if kind == 6:
        accept = chance.choice(["image/png", "image/svg+xml"])
        return "POST", "/predict", {**as_json, "accept": accept}, {"inputs": series(chance)}, (200,)
    if kind == 7:
        instances = [series(chance, chance.randint(14, 400)) for _ in range(8)]
        return "POST", f"/v1/models/{model}:predict", as_json, {"instances": instances}, (200,)
    if kind == 8:
        asked = {"type": "univariate_time_series", "name": "a", "frequency": "day", "series": series(chance)["series"]}
        return "POST", "/v1/timeseries/forecast", as_json, {"model": model, "inputs": [asked], "options": {"horizon": 7}}, (200,)
    if kind == 9:
        path = chance.choice(["/", "/openapi.json", "/docs", "/metrics", "/models", f"/models/{model}", f"/v2/models/{model}"])
        return "GET", path, {"accept-encoding": "gzip"}, None, (200,)
    if kind == 10:
        return "POST", "/predict", as_json, {"inputs": {"series": [1, "x"] * chance.randint(1, 50)}}, (422,)
    return "POST", "/predict", as_json, "[" * chance.randint(1, 500_000), (400,)


def ask(connection, request):
    method, path, headers, body, statuses = request
    body = json.dumps(body) if isinstance(body, dict) else body
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status in statuses, f"{method} {path}: {answer.status}"


def client(address, seed, end, counts):
    chance = random.Random(seed)
    connection = http.client.HTTPConnection(address, timeout=60)
    while time.time() < end:
        ask(connection, mixed(chance))
        counts[seed] += 1


def resident(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def repeated(address, count=20_000):
    """Milliseconds of one request again and again, answered from the cache."""
    connection = http.client.HTTPConnection(address, timeout=60)
    body = json.dumps({"inputs": series(random.Random(7))})
    took = []
    for _ in range(count):
        begun = time.perf_counter()
        connection.request("POST", "/predict", body, {"content-type": "application/json"})
        connection.getresponse().read()
        took.append((time.perf_counter() - begun) * 1e3)
    took.sort()
    return took[count // 2], took[count * 99 // 100]


with tempfile.TemporaryDirectory() as folder:
    process, address = served(folder)
    try:
        p50, p99 = repeated(address)
        print(f"repeated requests, one client, answered from the cache: p50 {p50:.3f} ms, p99 {p99:.3f} ms", flush=True)
        begun, counts, samples = time.time(), [0] * 8, []
        threads = [threading.Thread(target=client, args=(address, seed, begun + seconds, counts)) for seed in range(8)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            time.sleep(10)
            samples.append(resident(process))
            print(f"{time.time() - begun:6.0f} s  {samples[-1]:7.1f} MiB  {sum(counts)} answers", flush=True)
        settled = samples[6:] or samples
        third = max(1, len(settled) // 3)
        first, last = (sum(part) / len(part) for part in (settled[:third], settled[-third:]))
        print(f"after the first minute {min(settled):.1f} to {max(settled):.1f} MiB; mean of the last third {last / first:.3f} of that of the first")
    finally:
        process.terminate()
        process.wait()
