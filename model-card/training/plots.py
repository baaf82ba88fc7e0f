"""The card's pictures, drawn from `evaluation.json` and `examples.json` into `../plots/`.

usage: plots.py
"""
import datetime
import io
import json

import matplotlib
import numpy as np
from PIL import Image

matplotlib.use("Agg")
from matplotlib import dates, pyplot

import features
import report

FOLDER = report.FILE.with_name("plots")
OURS, TREES, RULE, TRUTH = "#0b6e99", "#c05a00", "#8a8a8a", "#111111"
NAMES = {"transformer": ("this model", OURS), "gradient_boosting": ("gradient boosting", TREES), "level_28_times_weekday_profile": ("28-day level × weekday profile", RULE)}


def save(figure, name):
    """A picture of 32 colours: a third of the bytes, and nothing to be seen of it."""
    FOLDER.mkdir(exist_ok=True)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=90)
    pyplot.close(figure)
    Image.open(drawn).convert("RGB").quantize(32, Image.Quantize.MAXCOVERAGE).save(FOLDER / name, optimize=True)
    print(name, (FOLDER / name).stat().st_size, "bytes")


def days_of(first, count):
    return [datetime.date.fromisoformat(first) + datetime.timedelta(days=step) for step in range(count)]


def by_date(found):
    """WAPE of each day of the test window, with the days near a holiday shaded."""
    figure, axes = pyplot.subplots(figsize=(8.4, 3.4), layout="constrained")
    days = days_of(found["first"], len(found["near_holiday"]))
    for name, (label, colour) in NAMES.items():
        axes.plot(days, [np.nan if value is None else value for value in found["wape"][name]], label=label, color=colour, lw=1.4, zorder=3 if name == "transformer" else 2)
    for day, near in zip(days, found["near_holiday"]):
        if near:
            axes.axvspan(dates.date2num(day) - 0.5, dates.date2num(day) + 0.5, color="#f2e3c2", lw=0)
    axes.set(ylabel="WAPE", ylim=(0, None), xlim=(days[0], days[-1]))
    axes.xaxis.set_major_formatter(dates.DateFormatter("%-d %b"))
    axes.legend(frameon=False, loc="upper left")
    save(figure, "by-date.png")


def reliability(below):
    """The share of values below each quantile against the level it claims."""
    figure, axes = pyplot.subplots(figsize=(4.4, 4.2), layout="constrained")
    axes.plot([0, 1], [0, 1], color=RULE, lw=0.8)
    for (label, shares), colour in zip(below.items(), (OURS, TREES)):
        axes.plot(features.LEVELS, shares, "o-", label=label, color=colour, lw=1.4, ms=4)
    axes.set(xlabel="level of the quantile", ylabel="share of values at or below it", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.legend(frameon=False, loc="upper left")
    save(figure, "reliability.png")


def examples(shown):
    """The manifest's examples: four weeks before, the forecast with its 80 % interval, and what was sold."""
    columns = 3
    figure, every = pyplot.subplots(-(-len(shown) // columns), columns, figsize=(10.5, 2.7 * -(-len(shown) // columns)), layout="constrained")
    for axes in every.flat[len(shown):]:
        axes.axis("off")
    for axes, example in zip(every.flat, shown):
        output, series = example["expect"]["outputs"][0], example["request"]["inputs"]["series"][-28:]
        days = days_of(output["dates"][0], features.HORIZON)
        before = [days[0] - datetime.timedelta(days=len(series) - step) for step in range(len(series))]
        levels = output["quantiles"]
        axes.plot(before + days, series + example["actual"], color=TRUTH, lw=1)
        axes.fill_between(days, levels["0.1"], levels["0.9"], color=OURS, alpha=0.25, lw=0)
        axes.plot(days, levels["0.5"], color=OURS, lw=1.6)
        axes.set_title(example["name"].replace(" (", "\n("), fontsize=9)
        axes.set_ylim(0, None)
        axes.xaxis.set_major_locator(dates.WeekdayLocator(dates.MO, interval=2))
        axes.xaxis.set_major_formatter(dates.DateFormatter("%-d %b"))
        axes.tick_params(labelsize=8)
    save(figure, "examples.png")


def main():
    found = report.read()
    by_date(found["by_date"])
    reliability(found["calibration"]["below"])
    examples(json.loads(report.FILE.with_name("examples.json").read_text()))


if __name__ == "__main__":
    main()
