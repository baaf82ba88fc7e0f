"""The rivals: three rules of thumb with intervals from their own residuals, and tuned gradient boosting.

They see the same rows, origins and known inputs as the Transformer, and know nothing of it but the summaries it computes.
"""
import lightgbm
import numpy as np
import torch

import features
import windows
from summary import Summary

QUANTILES = [0.1, 0.5, 0.9]
HORIZON = features.HORIZON
RESIDUAL_ORIGINS = 182
# Chosen on September and October with fits up to 31 August; see README.md.
BOOSTING = dict(learning_rate=0.03, num_leaves=15, min_data_in_leaf=200, feature_fraction=0.4, bagging_fraction=0.7, bagging_freq=1, lambda_l2=5.0)
TREES = 300


def naive_lag_7(units, origin, until):
    return np.tile(units[:, origin - 7:origin], HORIZON // 7)


def mean_of_same_weekdays(units, origin, until, weeks):
    return np.tile(units[:, origin - 7 * weeks:origin].reshape(len(units), weeks, 7).mean(1), HORIZON // 7)


def last_4_same_weekdays(units, origin, until):
    return mean_of_same_weekdays(units, origin, until, weeks=4)


def level_times_weekday_profile(units, origin, until, days):
    """The mean of some days times the weekday's share of the whole store, as learned up to the day `until`."""
    store = units[:, :until + 1].sum(0)
    profile = np.array([store[weekday::7].mean() for weekday in range(7)]) / store.mean()
    steps = (origin + np.arange(HORIZON)) % 7
    return units[:, origin - days:origin].mean(1)[:, None] * profile[steps] / profile.mean()


def level_28_times_weekday_profile(units, origin, until):
    return level_times_weekday_profile(units, origin, until, days=28)


RULES = {rule.__name__: rule for rule in (naive_lag_7, last_4_same_weekdays, level_28_times_weekday_profile)}


def rule_forecasts(rule, units, origins, until):
    """[origin, series, step, quantile]; the interval adds quantiles of the rule's residuals on the last training days.

    A residual is divided by the root of the forecast (at least one), so that one set of quantiles serves every volume.
    """
    past = range(until - HORIZON + 2 - RESIDUAL_ORIGINS, until - HORIZON + 2)
    made = np.stack([rule(units, origin, until) for origin in past])
    actual = np.stack([units[:, origin:origin + HORIZON] for origin in past])
    offsets = np.quantile((actual - made) / np.sqrt(np.maximum(made, 1)), QUANTILES)
    point = np.stack([rule(units, origin, until) for origin in origins])
    return np.stack([np.maximum(point + offset * np.sqrt(np.maximum(point, 1)), 0) if level != 0.5 else point for level, offset in zip(QUANTILES, offsets)], -1)


def rows(panel, origins):
    """The Transformer's own summaries as a table: one row for each origin, series and step; with the level and the scale."""
    summary, count = Summary(), panel.units.shape[0]
    table, level, scales, actual = [], [], [], []
    for origin in origins:
        past, future, static, units, scale = windows.tensors(panel.raw(torch.arange(count), torch.full((count,), origin)))
        series, day, mean = (part[:, -1] for part in summary(past, future, static)[:3])
        step = torch.arange(float(HORIZON))[None, :, None].expand(count, -1, 1)
        table.append(torch.cat([day, series[:, None].expand(-1, HORIZON, -1), step], 2).reshape(-1, day.shape[2] + series.shape[1] + 1).numpy())
        level.append(mean.expand(-1, HORIZON).reshape(-1).numpy())
        scales.append(scale.expand(-1, HORIZON).reshape(-1).numpy())
        actual.append(units.reshape(-1).numpy())
    return tuple(np.concatenate(part) for part in (table, level, scales, actual))


def boosting(panel, learned, quantiles=QUANTILES, parameters=BOOSTING, trees=TREES):
    """One model for each quantile, fitted to the windows of every series of the panel that begin on the days `learned`."""
    table, level, scale, actual = rows(panel, learned)
    data = lightgbm.Dataset(table, actual / scale - level, weight=np.sqrt(scale), free_raw_data=False)
    settings = dict(objective="quantile", verbosity=-1, num_threads=1, seed=0, deterministic=True, **parameters)
    return [lightgbm.train({**settings, "alpha": quantile}, data, trees) for quantile in quantiles]


def boosting_forecasts(models, panel, origins):
    """[origin, series, step, quantile]"""
    table, level, scale, _ = rows(panel, origins)
    found = np.stack([(model.predict(table, num_threads=1) + level) * scale for model in models], -1)
    # Closure is a known input to this rival too.
    closed = np.stack([panel.dates["event:closed"][origin + features.CONTEXT:][:HORIZON].numpy() for origin in origins])
    made = np.maximum(np.sort(found, -1), 0).reshape(len(origins), -1, HORIZON, len(models))
    return made * (1 - closed)[:, None, :, None]
