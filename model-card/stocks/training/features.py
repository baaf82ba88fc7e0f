"""The numpy twin of the two plugins: a request becomes the model's tensor, and its quantiles become a forecast.

It follows `plugin-config.yaml` and knows nothing of training, of the data set or of the model.
"""
import pathlib

import numpy as np
import yaml

CONFIG = yaml.safe_load(pathlib.Path(__file__).parents[1].joinpath("plugin-config.yaml").read_text())
PRE, POST = CONFIG["preprocess"], CONFIG["postprocess"]
CONTEXT, HORIZON, LEVELS = PRE["context"], PRE["horizon"], np.array(POST["levels"])


def scale_of(series):
    """The mean of the observed values of the last steps, but at least the floor."""
    recent = [value for value in series[-PRE["scale"]["over"]:] if value is not None]
    return max(float(np.mean(recent)) if recent else 0.0, PRE["scale"]["floor"])


def tensors(inputs):
    """One request's `inputs` object as the tensor with a batch of one, and its scale."""
    series = inputs["series"]
    scale, seen = scale_of(series), series[-CONTEXT:]
    past = np.zeros((1, CONTEXT, 2), np.float32)
    past[0, CONTEXT - len(seen):] = [(0, 0) if value is None else (value / scale, 1) for value in seen]
    return {PRE["past"]["tensor"]: past}, scale


def unscale(quantiles, scale):
    """Ordered quantiles in prices, clamped: the levels that the postprocess plugin interpolates between."""
    return np.maximum(np.sort(np.asarray(quantiles, np.float64), axis=-1) * scale, POST["minimum"])


def mean_of(levels):
    """The integral of the piecewise linear quantile function with flat tails, for quantiles on the last axis."""
    inner = (levels[..., 1:] + levels[..., :-1]) / 2 @ np.diff(LEVELS)
    return inner + levels[..., 0] * LEVELS[0] + levels[..., -1] * (1 - LEVELS[-1])


def output(inputs, quantiles, scale):
    """The answer of the postprocess plugin for one request without a start and its [horizon, levels] quantiles."""
    levels, digits = unscale(quantiles, scale), POST["round"]
    answer = {"item": inputs["item"]} if "item" in inputs else {}
    answer["dates"] = None
    answer["mean"] = np.round(mean_of(levels), digits).tolist()
    answer["quantiles"] = {f"{q:g}": np.round([np.interp(q, LEVELS, row) for row in levels], digits).tolist() for q in POST["quantiles"]}
    return answer
