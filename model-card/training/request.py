"""Requests to the served model, made from the table, and the answers that it must give.

It knows the request form and the exported file, and nothing of torch.
"""
import numpy as np

import data
import export
import features

CONTEXT, HORIZON = features.CONTEXT, features.HORIZON


def of(table, category, origin, length=CONTEXT):
    """The inputs for one category; `origin` is the index of the first day to forecast."""
    past, future = slice(origin - length, origin), slice(origin, origin + HORIZON)

    def whole(name, days):
        return [int(value) for value in table[name][category, days]]

    return {
        "series": whole("units", past), "start": str(data.DAYS[origin - length].date()), "frequency": "D",
        "item": str(table["categories"][category]),
        "past": {name: whole(name, past) for name in features.PRE["covariates"]},
        "future": {name: whole(name, future) for name in features.PRE["covariates"]},
    }


def answer(runtime, inputs):
    """The served model's output for one request."""
    tensors, scale = features.tensors(inputs)
    return features.output(inputs, export.run(runtime, tensors)[0], scale)


def levels(runtime, many):
    """The unscaled quantiles of many requests, [request, step, level]."""
    made = [features.tensors(inputs) for inputs in many]
    feeds = {name: np.concatenate([tensors[name] for tensors, _ in made]) for name in export.NAMES}
    scales = np.array([scale for _, scale in made])
    return features.unscale(export.run(runtime, feeds), scales[:, None, None])
