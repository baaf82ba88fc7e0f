"""The numpy twin of the two plugins: a request becomes the model's tensors, and its quantiles become a forecast.

It follows `plugin-config.yaml` and knows nothing of training, of the data set or of the model.
"""
import datetime
import os
import pathlib

import numpy as np
import yaml

CONFIG = yaml.safe_load(pathlib.Path(__file__).parents[1].joinpath("plugin-config.yaml").read_text())
PRE, POST = CONFIG["preprocess"], CONFIG["postprocess"]
CONTEXT, LEVELS = PRE["context"], np.array(POST["levels"])
# `longer.py` asks the same code how far it can look; what is served is what the configuration says.
HORIZON = int(os.environ.get("HORIZON", PRE["horizon"]))
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
DAY = datetime.timedelta(days=1)


def easter(year):
    """Gregorian Easter Sunday (Meeus, Jones, Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * i) // 451
    month, day = divmod(h + i - 7 * m + 114, 31)
    return datetime.date(year, month, day + 1)


def occurrence(rule, year):
    """The date on which a rule falls in a year, or None: MM-DD, YYYY-MM-DD, MM-Www#n, easter+n."""
    if rule.startswith("easter"):
        return easter(year) + int(rule[6:] or 0) * DAY
    if "#" in rule:
        month, (weekday, nth) = int(rule[:2]), (WEEKDAYS.index(rule[3:6]), int(rule[7:]))
        first = datetime.date(year, month, 1)
        days = [day for k in range(31) if (day := first + k * DAY).month == month and day.weekday() == weekday]
        return days[nth - 1 if nth > 0 else nth]
    if len(rule) == 10:
        return datetime.date.fromisoformat(rule) if int(rule[:4]) == year else None
    return datetime.date(year, int(rule[:2]), int(rule[3:]))


def event_offset(name, date, direction):
    """Days to the nearest occurrence of an event in a direction (+1 ahead, -1 ago), or None outside the window."""
    for distance in range(PRE["event_window"] + 1):
        day = date + direction * distance * DAY
        if any(occurrence(rule, day.year) == day for rule in PRE["events"][name]):
            return distance
    return None


_known_dates = {}


def date_channel(channel, date):
    """The value of a calendar or event channel on a date."""
    if (channel, date) not in _known_dates:
        kind, _, name = channel.partition(":")
        if kind == "event":
            value = float(event_offset(name, date, 1) == 0)
        elif kind in ("before", "after"):
            offset = event_offset(name, date, 1 if kind == "before" else -1)
            value = 0.0 if offset is None else 1 - offset / (PRE["event_window"] + 1)
        else:
            value = {"day_of_week": date.weekday(), "day_of_month": date.day, "month": date.month, "day_of_year": date.timetuple().tm_yday}[name]
        _known_dates[channel, date] = value
    return _known_dates[channel, date]


def scale_of(series):
    """The mean of the observed values of the last steps, but at least the floor."""
    recent = [value for value in series[-PRE["scale"]["over"]:] if value is not None]
    return max(float(np.mean(recent)) if recent else 0.0, PRE["scale"]["floor"])


def tensors(inputs):
    """One request's `inputs` object as the three tensors with a batch of one, and its scale."""
    series = inputs["series"]
    scale, start = scale_of(series), inputs.get("start")
    start = start and datetime.date.fromisoformat(start)
    known_past, known_future = inputs.get("past") or {}, inputs.get("future") or {}

    def value(channel, position, past):
        kind, _, name = channel.partition(":")
        if kind in ("covariate", "known"):
            known = known_past.get(name, []) if past else known_future.get(name, [])
            index = position if past else position - len(series)
            number = known[index] if index < len(known) else None
            return float(number is not None) if kind == "known" else (number or 0.0)
        if channel in ("target", "observed"):
            seen = series[position] is not None
            return float(seen) if channel == "observed" else (series[position] / scale if seen else 0.0)
        if channel == "dated":
            return float(bool(start))
        return date_channel(channel, start + position * DAY) if start else 0.0

    past = np.zeros((CONTEXT, len(PRE["past"]["channels"])), np.float32)
    first = len(series) - min(CONTEXT, len(series))
    for position in range(first, len(series)):
        row = CONTEXT - len(series) + position
        past[row] = [value(channel, position, True) for channel in PRE["past"]["channels"]]
    future = [[value(channel, len(series) + step, False) for channel in PRE["future"]["channels"]] for step in range(HORIZON)]
    static = [{"log_scale": np.log(scale), "dated": float(bool(start))}[channel] for channel in PRE["static"]["channels"]]
    return {"past": past[None], "future": np.array([future], np.float32), "static": np.array([static], np.float32)}, scale


def unscale(quantiles, scale):
    """Ordered quantiles in units, clamped: the levels that the postprocess plugin interpolates between."""
    return np.maximum(np.sort(np.asarray(quantiles, np.float64), axis=-1) * scale, POST["minimum"])


def mean_of(levels):
    """The integral of the piecewise linear quantile function with flat tails, for quantiles on the last axis."""
    widths = np.diff(LEVELS)
    inner = (levels[..., 1:] + levels[..., :-1]) / 2 @ widths
    return inner + levels[..., 0] * LEVELS[0] + levels[..., -1] * (1 - LEVELS[-1])


def output(inputs, quantiles, scale):
    """The answer of the postprocess plugin for one request and its [horizon, levels] quantiles."""
    levels = unscale(quantiles, scale)
    digits, asked = POST["round"], POST["quantiles"]
    answer = {"item": inputs["item"]} if "item" in inputs else {}
    start = inputs.get("start")
    first = start and datetime.date.fromisoformat(start) + len(inputs["series"]) * DAY
    answer["dates"] = [str(first + step * DAY) for step in range(HORIZON)] if start else None
    answer["mean"] = np.round(mean_of(levels), digits).tolist()
    answer["quantiles"] = {f"{q:g}": np.round([np.interp(q, LEVELS, row) for row in levels], digits).tolist() for q in asked}
    return answer
