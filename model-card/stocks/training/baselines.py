"""The rivals: three rules for the price to come with intervals from history, and three for how far it will move.

They see the same days as the Transformer and know nothing of it. A forecast is log returns since the last price, [origin, index, step, level].
"""
import numpy as np

import features

LEVELS, HORIZON = features.LEVELS, features.HORIZON
STEPS = np.arange(1, HORIZON + 1)
YEAR = 250
RISKMETRICS = 0.94


def moves(logs, origins):
    """Log returns from the last known price to each step, [origin, index, step]; an origin is the first day to forecast."""
    return np.stack([logs[:, origin:origin + HORIZON] - logs[:, origin - 1:origin] for origin in origins])


def learned(logs, before):
    """The moves of every origin whose last step comes before the day `before`."""
    return moves(logs, range(features.CONTEXT, before - HORIZON + 1))


def with_residuals(point, point_then, moved_then):
    """The point with the quantiles of each index's own residuals of the training days around it; the median stays the point."""
    residuals = np.quantile(moved_then - point_then, LEVELS, axis=0)
    residuals[LEVELS == 0.5] = 0
    return point[..., None] + np.moveaxis(residuals, 0, -1)[None]


def random_walk(logs, origins, before):
    moved = learned(logs, before)
    return with_residuals(np.zeros((len(origins), *moved.shape[1:])), 0 * moved, moved)


def random_walk_with_drift(logs, origins, before):
    """The mean daily return of the training days goes on."""
    drift = (logs[:, before - 1] - logs[:, 0]) / (before - 1)
    point = drift[None, :, None] * STEPS
    moved = learned(logs, before)
    return with_residuals(point.repeat(len(origins), 0), point, moved)


def mean_of_last_5_days(logs, origins, before):
    def point(starts):
        means = np.stack([np.log(np.exp(logs[:, start - 5:start]).mean(1)) - logs[:, start - 1] for start in starts])
        return means[:, :, None].repeat(HORIZON, 2)

    moved = learned(logs, before)
    return with_residuals(point(origins), point(range(features.CONTEXT, before - HORIZON + 1)), moved)


def quantiles_of_last_250_days(logs, origins, before):
    """What the index did over 1 to 10 days within the last year, median included."""
    found = []
    for origin in origins:
        year = logs[:, max(origin - YEAR, 0):origin]
        found.append(np.stack([np.quantile(year[:, step:] - year[:, :-step], LEVELS, axis=1).T for step in STEPS], 1))
    return np.stack(found)


def standardised(spread, logs, origins, before):
    """Moves divided by the spread expected for them, [origin, index, step]: their training quantiles, centred, fit any volatility."""
    then = range(YEAR, before - HORIZON + 1)
    quantiles = np.quantile(moves(logs, then) / spread(then), LEVELS, axis=(0, 1))
    quantiles -= quantiles[LEVELS == 0.5]
    return spread(origins)[..., None] * quantiles.T


def random_walk_with_recent_volatility(logs, origins, before):
    """Volatility as RiskMetrics takes it: squared returns, each day weighing 0.94 of the next."""
    variance = filtered(logs, 0.0, 1 - RISKMETRICS, RISKMETRICS, before)
    return standardised(lambda starts: np.sqrt(np.stack([variance[:, start] for start in starts])[:, :, None] * STEPS), logs, origins, before)


def filtered(logs, pull, news, memory, before):
    """The variance expected for each day from the days before it; `pull` is the weight of the training days' variance."""
    returns = np.diff(logs, axis=1)
    usual = returns[:, :before - 1].var(1)
    variance = np.empty_like(logs)
    variance[:, :2] = usual[:, None]
    for today in range(2, logs.shape[1]):
        variance[:, today] = pull * usual + news * returns[:, today - 2] ** 2 + memory * variance[:, today - 1]
    return variance


def garch(logs, origins, before):
    """GARCH(1,1), one for all indices, by maximum likelihood on a grid; the usual variance is each index's own."""
    returns = np.diff(logs, axis=1)[:, YEAR:before - 1]

    def misfit(news, memory):
        variance = filtered(logs, 1 - news - memory, news, memory, before)[:, YEAR + 1:before]
        return (np.log(variance) + returns**2 / variance).mean()

    grid = [(news, total - news) for news in np.arange(0.02, 0.21, 0.01) for total in (0.9, 0.94, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995)]
    news, memory = min(grid, key=lambda pair: misfit(*pair))
    variance = filtered(logs, 1 - news - memory, news, memory, before)
    usual = np.diff(logs, axis=1)[:, :before - 1].var(1)[:, None]
    kept = (news + memory) ** (STEPS - 1)

    def spread(starts):
        return np.stack([np.sqrt(np.cumsum(usual + (variance[:, start:start + 1] - usual) * kept, 1)) for start in starts])

    return standardised(spread, logs, origins, before)


RULES = {rule.__name__: rule for rule in (random_walk, random_walk_with_drift, mean_of_last_5_days, quantiles_of_last_250_days, random_walk_with_recent_volatility, garch)}
