"""Writes the demo's manifest: the plugins' configuration as trained, and the examples with what must come out.

usage: manifest.py
"""
import json
import pathlib

CARD = pathlib.Path(__file__).parents[1]
MANIFEST = CARD.parent / "manifests" / "retail-demand.yaml"

HEAD = """\
# Written by model-card/training/manifest.py.
name: retail-demand
title: Retail demand forecast
description: Units of a grocery category for the next seven days, with intervals, from its history and the promotions that are planned.
task: time-series-forecasting
default: true
model:
  path: ../model-card
  file: model.onnx
  reference: reference.npz
"""


def plugins():
    """The two blocks of plugin-config.yaml, as they stand, under the plugins that read them."""
    text = (CARD / "plugin-config.yaml").read_text()
    names = {"preprocess": "window-series", "postprocess": "forecast-quantiles"}
    lines = []
    for line in text.splitlines():
        stage = line.rstrip(":")
        if stage in names:
            lines += [line, f"  plugin: {names[stage]}", "  config:"]
        elif line.startswith("#"):
            lines.append(line)
        else:
            lines.append("  " + line)
    return "\n".join(lines) + "\n"


INPUT = """\
# Over what window-series says of its input: the page counts in units.
input:
  properties:
    series: { title: Units sold, x-ui: { unit: units } }
"""


def flow(value):
    return json.dumps(value, ensure_ascii=False)


def block(mapping, indent):
    """`mapping` as YAML: inner mappings as blocks, lists and scalars on one line."""
    pad = " " * indent
    for key, value in mapping.items():
        if isinstance(value, dict):
            yield f"{pad}{flow(key) if key[0].isdigit() else key}:"
            yield from block(value, indent + 2)
        else:
            yield f"{pad}{flow(key) if key[0].isdigit() else key}: {flow(value)}"


def examples():
    yield "# Held-out weeks, good and bad, with what was really sold; `expect` is what the training code answers."
    yield "examples:"
    for example in json.loads((CARD / "examples.json").read_text()):
        yield f"  - name: {flow(example['name'])}"
        yield "    request:"
        yield from block(example["request"], 6)
        yield f"    actual: {flow(example['actual'])}"
        yield "    expect:"
        # Rounding to three digits goes to even here and away from zero in the plugin.
        yield "      tolerance: 0.002"
        yield "      value:"
        for output in example["expect"]["outputs"]:
            first, *rest = block(output, 10)
            yield "        - " + first.strip()
            yield from rest


def main():
    MANIFEST.write_text(HEAD + plugins() + INPUT + "\n".join(examples()) + "\n")


if __name__ == "__main__":
    main()
