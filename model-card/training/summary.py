"""The raw channels as features, inside the graph: those of the request, and of the requests that its last weeks would have been.

It knows the channels of `plugin-config.yaml`, and nothing of the network that reads the features.
In so small a graph the time goes between the operators, so what is alike is stacked, and summed by one product.
"""
from typing import NamedTuple

import torch
from torch import nn

import features

PAST = {name: i for i, name in enumerate(features.PRE["past"]["channels"])}
FUTURE = {name: i for i, name in enumerate(features.PRE["future"]["channels"])}
CONTEXT, HORIZON = features.CONTEXT, features.HORIZON
# How many of its last horizons a request forecasts once more.
LOOKS = 2
# The days by which each window ends before the request does, which is the last.
BACK = [HORIZON * look for look in range(LOOKS, -1, -1)]
WEEKS = CONTEXT // 7
# A scaled value of 28 is all of the last 28 days' sales in one day; beyond it nothing was learned.
LARGEST = 28.0
SAME_WEEKDAY = [1, 2, 3, 4, 6, 8, 12]
RECENT = [84, 56, 7, 14, 28]
KNOTS = [1.0, 3.0, 5.0, 8.0, 12.0, 17.0, 24.0, 31.0]
EVENTS = [f"{side}:{event}" for event in ("feast", "holiday") for side in ("before", "after")]
COVARIATES = features.PRE["covariates"]
# What is past now was future once: all but whether there are dates at all, which is said of the future alone.
KNOWN = list(FUTURE)[1:]
assert next(iter(FUTURE)) == "dated" and RECENT[-1] == features.PRE["scale"]["over"]


def beside(names, *wanted):
    """The slice of channels that stand side by side."""
    first = list(names).index(wanted[0])
    assert list(names)[first:first + len(wanted)] == list(wanted), wanted
    return slice(first, first + len(wanted))


def kinds(kind):
    return [f"{kind}:{name}" for name in COVARIATES]


def sums():
    """[days, windows * columns]: ones over the days that a column adds up.

    The columns of a window are the days of RECENT, for each step to forecast the days with its weekday, and these over the weeks of SAME_WEEKDAY.
    """
    age = torch.arange(CONTEXT - 1, -1, -1)
    columns = []
    for back in BACK:
        days = age - back
        alike = [(days >= 0) & ((days + step + 1) % 7 == 0) for step in range(HORIZON)]
        columns += [(days >= 0) & (days < span) for span in RECENT] + alike
        columns += [kept & (days < 7 * weeks) for kept in alike for weeks in SAME_WEEKDAY]
    return torch.stack(columns, 1).float()


def line(offset=0.0, **slopes):
    """A linear function of a day's channels: their slopes, and the offset last."""
    found = torch.zeros(len(FUTURE) + 1)
    for name, slope in slopes.items():
        found[FUTURE[name]] = slope
    found[-1] = offset
    return found


def lines():
    """[channels + 1, 2 * features]: a feature of a date is the lower of two lines, kept between zero and one; all first lines, then all second ones.

    A weekday is a hat of width one around its number, and zero where there is no date; so is each distance to an event.
    The place in the month is a ramp between two knots.
    """
    weekday, day, far = "calendar:day_of_week", "calendar:day_of_month", features.PRE["event_window"] + 1
    pairs = [2 * [line(dated=1)]]
    pairs += [[line(-k, **{"dated": 1, weekday: 1}), line(2 + k, **{"dated": -1, weekday: -1})] for k in range(7)]
    pairs += [2 * [line(-low / (high - low), **{day: 1 / (high - low)})] for low, high in zip(KNOTS, KNOTS[1:])]
    pairs += [[line(-step, **{event: far}), line(2 + step, **{event: -far})] for event in EVENTS for step in range(far)]
    return torch.stack([first for first, _ in pairs] + [second for _, second in pairs], 1)


class Windows(NamedTuple):
    """What is known of each window, [batch, windows, …], the request's last."""

    # Features of the series token and of the day tokens.
    series: torch.Tensor
    day: torch.Tensor
    # The 28-day level, and what the steps between quantiles are measured in.
    level: torch.Tensor
    unit: torch.Tensor
    # The scale in units of the request's, and how many days were observed.
    scale: torch.Tensor
    observed: torch.Tensor
    # Of the days to forecast: one within `event_window` days of a feast or a holiday, and one where the shop is open; [batch, windows, horizon, 1].
    near: torch.Tensor
    open: torch.Tensor


class Summary(nn.Module):
    """From the tensors of a request to its windows."""

    def __init__(self):
        super().__init__()
        *slopes, offset = lines()
        constants = {
            "sums": sums(), "dated": slopes[0], "slopes": torch.stack(slopes[1:]), "offset": offset,
            # Means lean on the level with the weight of half a day, and of a quarter for weekdays.
            "lean": torch.tensor([0.5] * len(RECENT) + [0.25] * HORIZON * (1 + len(SAME_WEEKDAY))),
        }
        for name, values in constants.items():
            self.register_buffer(name, values, persistent=False)
        self.features = len(offset) // 2

    def history(self, past):
        """Ten sums over the days of each column, [batch, 10, windows, columns]."""
        days = past.transpose(1, 2)
        target, observed, closed = (days[:, beside(PAST, name)] for name in ("target", "observed", "event:closed"))
        usable = observed * (1 - closed)
        sold = target.clamp(-LARGEST, LARGEST) * usable
        events = days[:, beside(PAST, "event:feast", "event:holiday")].sum(1, keepdim=True) * usable
        known = days[:, beside(PAST, *kinds("known"))]
        promoted = torch.log1p(torch.relu(days[:, beside(PAST, *kinds("covariate"))])) * known
        rows = torch.cat([usable, sold, sold * sold, events, observed, target * observed, promoted, known], 1)
        return (rows @ self.sums).reshape(-1, 6 + 2 * len(COVARIATES), len(BACK), self.sums.shape[1] // len(BACK))

    def dates(self, days, dated):
        found = days @ self.slopes + (dated * self.dated + self.offset)
        return torch.minimum(found[..., :self.features], found[..., self.features:]).clamp(0, 1)

    def promotions(self, days, total, count):
        """What is planned, its change against what is usual and against the week before, and whether it is known."""
        logs, known = torch.log1p(torch.relu(days[..., beside(KNOWN, *kinds("covariate"))])), days[..., beside(KNOWN, *kinds("known"))]
        week, week_known = logs[:, :-1, -7:], known[:, :-1, -7:]
        if HORIZON != 7:
            week, week_known = (part.repeat(1, 1, HORIZON // 7, 1) for part in (week, week_known))
        logs, known = logs[:, 1:], known[:, 1:]
        usual = total / (count + 0.01)
        change = [logs / 5, (logs - usual) * (known * (count / (count + 0.01))), (logs - week) * (known * week_known), known]
        return torch.cat([usual / 5, count / 28], 3), torch.cat(change, 3).clamp(-4, 4)

    def forward(self, past, future, static):
        history = self.history(past)
        month, steps, near = slice(len(RECENT) - 1, len(RECENT)), slice(len(RECENT), len(RECENT) + HORIZON), slice(0, len(RECENT))
        last = history[..., month]
        static = static.unsqueeze(1)
        scale = torch.maximum(last[:, 5] / last[:, 4].clamp(min=1), features.PRE["scale"]["floor"] * torch.exp(-static))
        log_scale = (static + torch.log(scale)).clamp(0, 7)
        noise = torch.exp(-0.5 * log_scale)

        counts, sold, squares = history[:, 0], history[:, 1] / scale, history[:, 2] / (scale * scale)
        level = sold[..., month] / (counts[..., month] + 0.01)
        weight = counts + self.lean
        means = (sold + level * self.lean) / weight
        spreads = ((squares + level * level * self.lean) / weight - means * means).clamp(min=1e-6).sqrt()
        spread, change = spreads[..., month], (means - level).clamp(-8, 8)
        same = change[..., steps.stop:].reshape(-1, len(BACK), HORIZON, len(SAME_WEEKDAY))
        each = torch.stack([spreads[..., steps].clamp(max=4), counts[..., steps] / WEEKS], 3)

        days = torch.cat([past[:, -(LOOKS + 1) * HORIZON:, beside(PAST, *KNOWN)], future[:, :, 1:]], 1).reshape(-1, LOOKS + 2, HORIZON, len(KNOWN))
        promoted = last[:, 6:].transpose(1, 2).reshape(-1, len(BACK), 1, 2 * len(COVARIATES))
        usual, planned = self.promotions(days, promoted[..., :len(COVARIATES)], promoted[..., len(COVARIATES):])
        days = days[:, 1:]
        felt = days[..., beside(KNOWN, *EVENTS)].sum(3, keepdim=True)
        series = [change[..., near], counts[..., near] / CONTEXT, level, spread, log_scale / 3, noise, history[:, 3, :, 2:len(RECENT)], usual.reshape(-1, len(BACK), 2 * len(COVARIATES))]
        return Windows(
            series=torch.cat(series, 2).clamp(-4, 4), day=torch.cat([same, each, planned, self.dates(days, future[:, :1, :1].unsqueeze(1))], 3),
            level=level, unit=noise + 0.1 + spread, scale=scale, observed=history[:, 4, :, :1],
            near=(felt * (features.PRE["event_window"] + 1)).clamp(0, 1), open=1 - days[..., beside(KNOWN, "event:closed")],
        )
