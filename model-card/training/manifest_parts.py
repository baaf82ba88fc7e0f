"""The parts of a manifest that are written from what training leaves: the plugins' blocks and the examples.

It knows the forms of `plugin-config.yaml` and `examples.json`, and no model.
"""
import json


def plugins(card):
    """The two blocks of plugin-config.yaml, as they stand, under the plugins that read them."""
    text = (card / "plugin-config.yaml").read_text()
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


def examples(card, comment):
    yield f"# {comment}"
    yield "examples:"
    for example in json.loads((card / "examples.json").read_text()):
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
