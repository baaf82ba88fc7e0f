"""Serves the ConfigMap's manifest as the kubelet mounts it, and holds probes, edits, alerts and dashboard against that server.

Needs MODELHOST, the binary, and promtool on the PATH.
"""

import atexit
import json
import math
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

import yaml

REPOSITORY = Path("..").resolve()
# What the manifests say of the image, and where the same lies here.
IN_THE_IMAGE, HERE = "/home/user/app/model-card", str(REPOSITORY / "model-card")
TARGET = {"job": "modelhost", "instance": "a", "namespace": "n", "pod": "p"}
MODEL = "retail-demand"
# Metrics that are said only after something that does not happen here, with the labels of host/src/metrics.rs.
UNSEEN = f"""
modelhost_plugin_faults_total{{model="{MODEL}",plugin="window-series",reason="trap"}} 1
modelhost_shadow_requests_total{{model="{MODEL}",result="alike"}} 1
modelhost_shadow_difference_max{{model="{MODEL}"}} 0.5
modelhost_requests_total{{model="{MODEL}",route="predict",status="504"}} 1
modelhost_reloads_total{{model="",result="invalid"}} 1
"""
# Alerts that a lone healthy replica cannot show, because they are about something that is not there.
ABSENT = {"ModelhostAbsent"}


class Server:
    """A running modelhost, and its log."""

    def __init__(self, manifest, environment=None):
        command = [os.environ["MODELHOST"], "--log-format", "json", "serve", "--host", "127.0.0.1", "--port", "0"]
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.process = subprocess.Popen(
            [*command, str(manifest)],
            stderr=subprocess.PIPE,
            text=True,
            env={**inherited, **(environment or {})},
        )
        # Also where a check below fails.
        atexit.register(self.process.kill)
        self.log = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.url = "http://" + self.wait_for("listening")["address"]

    def read(self):
        for line in self.process.stderr:
            self.log.put(json.loads(line))

    def wait_for(self, text):
        seen = []
        while True:
            try:
                seen.append(self.log.get(timeout=60))
            except queue.Empty:
                sys.exit(f"no `{text}` in the log: {seen}")
            if text in seen[-1]["message"]:
                return seen[-1]

    def ask(self, path, body=None):
        request = urllib.request.Request(self.url + path, data=body and json.dumps(body).encode())
        if body:
            request.add_header("content-type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(timeout=60)
        assert code == 0, f"exit code {code}"


class Volume:
    """A ConfigMap as the kubelet mounts it: files are links through `..data`, which is renamed over."""

    def __init__(self, folder, data):
        self.root, self.version = folder, 0
        self.publish(data)
        for name in data:
            (self.root / name).symlink_to(f"..data/{name}")

    def publish(self, data):
        self.version += 1
        versioned = self.root / f"..{self.version}"
        versioned.mkdir(parents=True)
        for name, text in data.items():
            (versioned / name).write_text(text)
        (self.root / "..data_tmp").symlink_to(versioned.name)
        (self.root / "..data_tmp").rename(self.root / "..data")
        shutil.rmtree(self.root / f"..{self.version - 1}", ignore_errors=True)


def load(path):
    return yaml.safe_load(Path(path).read_text())


def paths_of_the_probes():
    containers = load("kubernetes/deployment.yaml")["spec"]["template"]["spec"]["containers"]
    containers += load("kserve/servingruntime.yaml")["spec"]["containers"]
    probes = ("startupProbe", "readinessProbe", "livenessProbe")
    return {it[probe]["httpGet"]["path"] for it in containers for probe in probes if probe in it}


def series(text):
    """`name{labels}` → value, of a text in the exposition format."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            found[name] = float(value)
    return found


def at_the_target(name):
    more = ",".join(f'{label}="{value}"' for label, value in TARGET.items())
    metric, _, labels = name.partition("{")
    return f"{metric}{{{more},{labels}" if labels else f"{metric}{{{more}}}"


def expressions():
    """What alerts and dashboard ask, as (who, expression) that gives something wherever there is anything to give."""
    found = []
    for group in load("prometheus/alerts.yaml")["groups"]:
        for rule in group["rules"]:
            if rule["alert"] in ABSENT:
                print(f"not asked of this server: {rule['alert']}")
                continue
            # Without the last comparison, which a healthy server does not bear out.
            found.append((rule["alert"], re.sub(r"\s(==|>|<)\s*[0-9.]+\s*$", "", rule["expr"])))
    dashboard = load("grafana/modelhost.json")
    places = {"$__rate_interval": "5m", "$job": ".*", "$namespace": ".*", "$model": ".*"}
    asked = [(it["title"], target["expr"]) for it in dashboard["panels"] for target in it["targets"]]
    asked += [(it["name"], it["expr"]) for it in dashboard["annotations"]["list"]]
    for title, expression in asked:
        for variable, value in places.items():
            expression = expression.replace(variable, value)
        found.append((f"panel `{title}`", expression))
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"]).groups()
            found.append((f"variable `{variable['name']}`", f"count by ({label}) ({metric}{{{label}!=\"\"}})"))
    for rule in load("prometheus/adapter.yaml")["rules"]["custom"]:
        query = rule["metricsQuery"].replace("<<.LabelMatchers>>", 'namespace="n"').replace("<<.GroupBy>>", "pod")
        found += [("adapter", rule["seriesQuery"]), ("adapter", query)]
    for metric in load("kubernetes/hpa-queue.yaml")["spec"]["metrics"]:
        found.append(("autoscaler", metric["pods"]["metric"]["name"]))
    return found


def promtool_answers(before, after, folder):
    """Has promtool evaluate every expression over two scrapes of the server; each has to give something."""
    before = {**before, "up": 1}
    after = {**after, **series(UNSEEN), "up": 1}
    values = {
        name: (f"{before[name]!r}+0x4" if name in before else "_x5") + f" {value!r}+0x9"
        for name, value in after.items()
    }
    asked = expressions()
    test = {
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": at_the_target(name), "values": it} for name, it in values.items()],
                "promql_expr_test": [
                    {"expr": f"count({expression}) > bool 0", "eval_time": "8m", "exp_samples": [{"labels": "{}", "value": 1}]}
                    for _, expression in asked
                ],
            }
        ],
    }
    file = folder / "expressions.json"
    file.write_text(json.dumps(test))
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    print(f"{len(asked)} expressions give something over {len(values)} series")


def the_manifest_is_the_demos(manifest):
    demo = load(REPOSITORY / "manifests/retail-demand.yaml")
    for field in ("preprocess", "postprocess", "task", "title"):
        assert manifest[field] == demo[field], f"the ConfigMap has another `{field}` than manifests/retail-demand.yaml"


def configmap(folder):
    data = load("kubernetes/configmap.yaml")["data"]
    (name, text), = data.items()
    manifest = yaml.safe_load(text)
    the_manifest_is_the_demos(manifest)
    assert IN_THE_IMAGE in text
    text = text.replace(IN_THE_IMAGE, HERE)
    volume = Volume(folder / "manifests", {name: text})
    server = Server(volume.root / name)
    server.wait_for("the model is live")
    for path in sorted(paths_of_the_probes()):
        status, answer = server.ask(path)
        assert status == 200, f"{path}: {status} {answer}"
        print(f"GET {path}: 200")
    request = manifest["examples"][0]["request"]
    # So that both scrapes have its series.
    assert server.ask("/predict", request)[0] == 200
    before = series(server.ask("/metrics")[1])
    for _ in range(20):
        assert server.ask("/predict", request)[0] == 200
    volume.publish({name: text.replace("title: Retail", "title: Edited retail")})
    server.wait_for("the model is live")
    assert "Edited retail" in server.ask(f"/models/{MODEL}")[1]
    print("an edit of the ConfigMap: served, without a restart")
    volume.publish({name: text.replace("file: model.onnx", "file: none.onnx")})
    server.wait_for("the new version is not served; the old one goes on")
    assert server.ask("/ready")[0] == 200 and server.ask("/predict", request)[0] == 200
    print("an edit that names a file that is not there: refused, the version before answers, /ready is 200")
    after = series(server.ask("/metrics")[1])
    changes = {result: after[f'modelhost_reloads_total{{model="{MODEL}",result="{result}"}}'] for result in ("ok", "failed")}
    assert changes["ok"] == 1 and changes["failed"] >= 1, changes
    server.stop()
    promtool_answers(before, after, folder)


def kserve(folder):
    """The manifest beside its model, as KServe lays both below /mnt/models."""
    models = folder / "models"
    models.mkdir()
    text = (REPOSITORY / "manifests/retail-demand.yaml").read_text().replace("path: ../model-card", "path: .")
    served = load("kserve/servingruntime.yaml")["spec"]["containers"][0]["args"][1]
    (models / Path(served).name).write_text(text)
    for file in ("model.onnx", "reference.npz"):
        shutil.copy(REPOSITORY / "model-card" / file, models)
    server = Server(models / Path(served).name)
    server.wait_for("the model is live")
    assert server.ask("/ready")[0] == 200
    print("a manifest beside its model: served")
    for protocol in load("kserve/servingruntime.yaml")["spec"]["protocolVersions"]:
        print(f"{protocol}: {PROTOCOLS[protocol](server)}")
    server.stop()


def version_1(server):
    series = {"series": list(range(40, 80)), "start": "2017-10-02"}
    assert json.loads(server.ask(f"/v1/models/{MODEL}")[1])["ready"] is True
    status, text = server.ask(f"/v1/models/{MODEL}:predict", {"instances": [series, series]})
    assert status == 200, text
    return f"{len(json.loads(text)['predictions'])} predictions"


def version_2(server):
    assert server.ask("/v2/health/ready")[0] == 200
    described = json.loads(server.ask(f"/v2/models/{MODEL}")[1])
    inputs = [
        {"name": tensor["name"], "datatype": tensor["datatype"], "shape": shape, "data": [1] * math.prod(shape)}
        for tensor in described["inputs"]
        for shape in [[1 if size == -1 else size for size in tensor["shape"]]]
    ]
    status, text = server.ask(f"/v2/models/{MODEL}/infer", {"inputs": inputs})
    assert status == 200, text
    return ", ".join(f"{tensor['name']} {tensor['shape']}" for tensor in json.loads(text)["outputs"])


PROTOCOLS = {"v1": version_1, "v2": version_2}

with tempfile.TemporaryDirectory() as name:
    configmap(Path(name))
    kserve(Path(name))
