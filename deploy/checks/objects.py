"""Validates every object of kubernetes/ and kserve/, or those on stdin with `-`, and what they say of each other."""

import json
import sys
from pathlib import Path

import kubernetes_validate
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

# The oldest with a preStop that sleeps, and the newest that the validator knows.
VERSIONS = ["1.30", "1.37"]
FILES = sorted([*Path("kubernetes").glob("*.yaml"), *Path("kserve").glob("*.yaml")])
SCHEMAS = Path("schemas")


def our_schemas():
    texts = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    registry = Registry().with_resources(
        (name, Resource.from_contents(schema, default_specification=DRAFT202012))
        for name, schema in texts.items()
    )
    return {
        name.removesuffix(".json"): Draft202012Validator(schema, registry=registry)
        for name, schema in texts.items()
    }


def kubernetes(thing):
    for version in VERSIONS:
        kubernetes_validate.validate(thing, version, strict=True)
    return f"schema of Kubernetes {' and '.join(VERSIONS)}"


def validate(thing, ours):
    kind = thing["kind"]
    if kind not in ours:
        return kubernetes(thing)
    ours[kind].validate(thing)
    said = f"schemas/{kind}.json"
    spec = thing.get("spec", {})
    if "containers" in spec:
        pod = {key: spec[key] for key in ("containers", "volumes") if key in spec}
        kubernetes({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": pod})
        said += ", its containers and volumes by the schema of a Pod"
    return said


def the_pod_is_consistent(name, pod, data):
    volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
    grace = pod.get("terminationGracePeriodSeconds")
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        where = f"{name}, {container['name']}"
        mounts = container.get("volumeMounts", [])
        for mount in mounts:
            assert mount["name"] in volumes, f"{where}: no volume `{mount['name']}`"
            assert "subPath" not in mount, f"{where}: a subPath never sees an edit"
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"], where
        assert security["capabilities"] == {"drop": ["ALL"]}, where
        assert {"requests", "limits"} <= container["resources"].keys(), where
    main = pod["containers"][0]
    environment = {item["name"]: item.get("value") for item in main.get("env", [])}
    ports = {port.get("name", port["containerPort"]) for port in main["ports"]}
    numbers = [str(port["containerPort"]) for port in main["ports"]]
    assert environment["PORT"] in numbers, f"{name}: PORT is no containerPort"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        if probe in main:
            assert main[probe]["httpGet"]["port"] in ports, f"{name}: {probe} asks another port"
    if grace is not None:
        pause = main["lifecycle"]["preStop"]["sleep"]["seconds"]
        needed = pause + int(environment["MODELHOST_GRACE_S"])
        assert needed < grace, f"{name}: {grace} s to end in, {needed} s needed"
    # The manifest that is served is one of the ConfigMap that is mounted there.
    for mount in main["volumeMounts"]:
        source = volumes[mount["name"]].get("configMap")
        if source:
            served = Path(main["args"][1])
            assert str(served.parent) == mount["mountPath"], f"{name}: {served} is not mounted"
            assert served.name in data[source["name"]], f"{name}: no {served.name} in {source['name']}"


def the_whole_is_consistent(things):
    by_kind = {}
    for _, thing in things:
        by_kind.setdefault(thing["kind"], []).append(thing)
    data = {it["metadata"]["name"]: it["data"] for it in by_kind.get("ConfigMap", [])}
    for deployment in by_kind.get("Deployment", []):
        template = deployment["spec"]["template"]
        labels, name = template["metadata"]["labels"], deployment["metadata"]["name"]
        selectors = [deployment["spec"]["selector"]["matchLabels"]]
        selectors += [it["spec"]["selector"] for it in by_kind.get("Service", [])]
        selectors += [it["spec"]["selector"]["matchLabels"] for it in by_kind.get("PodDisruptionBudget", [])]
        selectors += [it["labelSelector"]["matchLabels"] for it in template["spec"]["topologySpreadConstraints"]]
        for selector in selectors:
            assert selector.items() <= labels.items(), f"{selector} does not select {labels}"
        for scaler in by_kind.get("HorizontalPodAutoscaler", []):
            assert scaler["spec"]["scaleTargetRef"]["name"] == name
        ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
        for service in by_kind.get("Service", []):
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
        security = template["spec"]["securityContext"]
        assert security["runAsNonRoot"] and security["runAsUser"] == 1000
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        the_pod_is_consistent(name, template["spec"], data)
    services = by_kind.get("Service", [])
    for monitor in by_kind.get("ServiceMonitor", []):
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        assert any(wanted <= it["metadata"]["labels"].items() for it in services)
        ports = {port["name"] for it in services for port in it["spec"]["ports"]}
        assert {it["port"] for it in monitor["spec"]["endpoints"]} <= ports
    runtimes = by_kind.get("ServingRuntime", [])
    for runtime in runtimes:
        the_pod_is_consistent(runtime["metadata"]["name"], runtime["spec"], data)
    for service in by_kind.get("InferenceService", []):
        named = service["spec"]["predictor"]["model"]["runtime"]
        assert named in {it["metadata"]["name"] for it in runtimes}, f"no runtime `{named}`"
    for path, kustomization in things:
        if kustomization["kind"] == "Kustomization":
            for file in kustomization["resources"]:
                assert (path.parent / file).is_file(), f"{path}: no {file}"


def main():
    if sys.argv[1:] == ["-"]:
        things = [(Path("-"), it) for it in yaml.safe_load_all(sys.stdin)]
    else:
        things = [(path, it) for path in FILES for it in yaml.safe_load_all(path.read_text())]
    assert things, "nothing to look at"
    ours = our_schemas()
    for path, thing in things:
        try:
            said = validate(thing, ours)
        except Exception as error:
            sys.exit(f"{path}: {error}")
        print(f"{path}: {thing['kind']}: {said}")
    the_whole_is_consistent(things)


main()
