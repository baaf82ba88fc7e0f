"""The conformal adjustment: how much wider each step between two quantiles must be, so that intervals hold what they say.

Ordinary days: a fit up to 31 August forecasts September and October, which says how far off is typical for the looks back,
and its misses, after these, give factors for four volumes.
Holidays: each of four holidays is left out of a fit, which then forecasts the days around it as it will have to forecast an unseen one;
its misses, after the first factors, give one more factor for such days.
No day of the test window is looked at.
usage: calibrate.py WEIGHTS…   writes the factors into each of the files
"""
import argparse
import pathlib

import numpy as np
import torch

import checkpoint
import data
import features
import model
import train
import windows
from origins import UNTIL, day
from summary import BACK

HELD_OUT_FROM = "2017-08-31"
# Two fits, so that each leaves out one holiday of the spring and one of the summer.
HOLIDAYS = [("2017-04-16", "2017-09-04"), ("2017-05-29", "2017-07-04")]
MEDIAN = len(features.LEVELS) // 2
LEAST = 0.05


def around(holidays):
    reach = features.PRE["event_window"]
    return frozenset(day(holiday) + offset for holiday in holidays for offset in range(-reach, reach + 1))


def of_starts(panel, starts):
    """The tensors of every category on each of some days."""
    categories = torch.arange(panel.units.shape[0])
    for start in starts:
        yield start, windows.tensors(panel.raw(categories, torch.full_like(categories, start)))


def typical(network, panel, starts):
    """The mean score of the looks back."""
    with torch.no_grad():
        looks = [network.looked_back(*tensors[:3])[3:] for _, tensors in of_starts(panel, starts)]
    return sum((score * counts).sum() for score, counts in looks) / sum(counts.sum() for _, counts in looks)


def forecasts(network, panel, starts):
    """One row for each value: median and steps in units, what was sold, the weights of the volumes, whether an event is near, and the day."""
    found = []
    with torch.no_grad():
        for start, (past, future, static, actual, scale) in of_starts(panel, starts):
            windowed, median, steps = network.ordinary(past, future, static)
            volume = network.volume(static).unsqueeze(1).expand(-1, features.HORIZON, -1)
            near = windowed.near[:, -1, :, 0]
            target = torch.arange(start, start + features.HORIZON).expand_as(near)
            found.append([median[:, 0, :, 0] * scale, steps[:, 0] * scale.unsqueeze(2), actual, volume, near, target])
    return [torch.cat([part.flatten(0, 1) for part in parts]).numpy() for parts in zip(*found)]


def factors(median, steps, actual):
    """For each level the factor with which its step from the neighbour nearer to the median is exceeded as often as it should be."""
    found = np.ones(len(features.LEVELS))
    for direction, levels in ((-1, range(MEDIAN - 1, -1, -1)), (1, range(MEDIAN + 1, len(features.LEVELS)))):
        edge = median.astype(float)
        for level in levels:
            inside = features.LEVELS[level] if direction > 0 else 1 - features.LEVELS[level]
            found[level] = max(np.quantile(direction * (actual - edge) / steps[:, level], inside), LEAST)
            edge = edge + direction * found[level] * steps[:, level]
    return found


def ordinary(panel):
    """What is typical of a look back, and [volume, level]: from a fit that ends two months before the test window."""
    held = day(HELD_OUT_FROM)
    _, lessons = train.teach(panel, held)
    network = train.fit(panel, held, 0, lessons)
    # The first looks back that see nothing of the training window.
    first = held + 1 + BACK[0]
    network.lookback.typical.copy_(typical(network, panel, range(first, UNTIL + 2)))
    median, steps, actual, volume, near, _ = forecasts(network, panel, range(held + 1, UNTIL - features.HORIZON + 2))
    widening = np.stack([factors(median[kept], steps[kept], actual[kept]) for row in range(model.VOLUMES) for kept in [(volume.argmax(1) == row) & (near == 0)]])
    network.widening.copy_(torch.tensor(widening))
    return network.factors()


def near_events(panel, factors_of_ordinary):
    """[level]: from fits that have not seen the holiday that they forecast."""
    parts = []
    for holidays in HOLIDAYS:
        days = around(holidays)
        _, lessons = train.teach(panel, UNTIL, days)
        network = train.fit(panel, UNTIL, 0, lessons, days)
        network.load_state_dict(factors_of_ordinary, strict=False)
        starts = sorted(set(windows.learnable(UNTIL)) - set(windows.learnable(UNTIL, days)))
        *found, _, _, target = forecasts(network, panel, starts)
        kept = np.isin(target, list(days))
        parts.append([part[kept] for part in found])
    return factors(*(np.concatenate(part) for part in zip(*parts)))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("weights", nargs="+", type=pathlib.Path)
    files = arguments.parse_args().weights
    torch.set_num_threads(1)
    panel = windows.Panel(data.load())
    fitted = ordinary(panel)
    fitted["event_widening"] = torch.tensor(near_events(panel, fitted), dtype=torch.float32)
    for file in files:
        checkpoint.save(file, {**checkpoint.load(file), **fitted})
    for name, values in fitted.items():
        print(name, values.numpy().round(3).tolist())


if __name__ == "__main__":
    main()
