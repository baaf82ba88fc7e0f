"""Scores of forecasts [origin, series, step, …] over the (origin, step) pairs that are kept.

It knows no model and no data.
"""
import numpy as np

import baselines


def kept_of(kept, *arrays):
    """Each array as [pair, series, …], with the kept pairs only."""
    return [np.swapaxes(array, 1, 2)[kept].astype(float) for array in arrays]


def wape(actual, median, kept):
    actual, median = kept_of(kept, actual, median)
    return round(float(np.abs(actual - median).sum() / actual.sum()), 4)


def scores(actual, made, kept):
    """Pooled scores of the median, and of the 0.1, 0.5 and 0.9 quantiles, which are the last axis."""
    actual, made = kept_of(kept, actual, made)
    low, median, high = (made[..., k] for k in range(3))
    error = actual - median
    pinball = np.mean([np.maximum(q * (actual - made[..., k]), (q - 1) * (actual - made[..., k])).mean() for k, q in enumerate(baselines.QUANTILES)])
    found = {
        "wape": np.abs(error).sum() / actual.sum(), "mae": np.abs(error).mean(), "rmse": np.sqrt((error**2).mean()),
        "r2": 1 - (error**2).sum() / ((actual - actual.mean()) ** 2).sum(), "pinball": pinball,
        "coverage_80": ((actual >= low) & (actual <= high)).mean(), "bias": -error.sum() / actual.sum(),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def inside(actual, levels, kept, share=80):
    """[pair, series]: whether the 80 % or the 95 % interval covers it; the last axis holds all seven levels."""
    actual, levels = kept_of(kept, actual, levels)
    k = {80: 1, 95: 0}[share]
    return (actual >= levels[..., k]) & (actual <= levels[..., -1 - k])


def coverage(actual, levels, kept):
    """What the 80 % and the 95 % interval cover."""
    return {f"coverage_{share}": round(float(inside(actual, levels, kept, share).mean()), 4) for share in (80, 95)}


def chance(actual, levels, kept, targets, rounds=2000, block=7):
    """Between which shares the coverage of the 80 % interval lies in 95 of 100 draws of whole weeks of the days that were forecast."""
    seen, place = np.unique(targets[kept], return_inverse=True)
    hits, counts = np.bincount(place, inside(actual, levels, kept).mean(1)), np.bincount(place)
    starts = np.random.default_rng(0).integers(0, len(seen), (rounds, -(-len(seen) // block)))
    drawn = ((starts[:, :, None] + np.arange(block)) % len(seen)).reshape(rounds, -1)
    return np.quantile(hits[drawn].sum(1) / counts[drawn].sum(1), [0.025, 0.975]).round(3).tolist()


def below(actual, levels, kept):
    """The share of values at or below each level."""
    actual, levels = kept_of(kept, actual, levels)
    return (actual[..., None] <= levels).mean(tuple(range(actual.ndim))).round(4).tolist()


def gap(actual, ours, theirs, kept, rounds=2000):
    """The difference of two WAPEs, ours minus theirs, with a 95 % interval from resampled series."""
    actual, ours, theirs = kept_of(kept, actual, ours, theirs)
    a, b, units = np.abs(actual - ours).sum(0), np.abs(actual - theirs).sum(0), actual.sum(0)
    drawn = np.random.default_rng(0).integers(0, len(units), (rounds, len(units)))
    gaps = (a[drawn].sum(1) - b[drawn].sum(1)) / units[drawn].sum(1)
    return {"wape": round(float((a.sum() - b.sum()) / units.sum()), 4), "interval_95": np.quantile(gaps, [0.025, 0.975]).round(4).tolist()}
