"""The forecasting Transformer: an encoder over one token for the series and one for each day to forecast.

It takes the raw channels of `plugin-config.yaml`; every summary of the history is computed inside, so the graph is self-contained.
"""
import math

import torch
from torch import nn

import features
import lookback
from lookback import CONTEXT, FUTURE, HORIZON, PAST

WEEKS = CONTEXT // 7
# A scaled value of 28 is all of the last 28 days' sales in one day; beyond it nothing was learned.
LARGEST = 28.0
SAME_WEEKDAY = [1, 2, 3, 4, 6, 8, 12]
RECENT = [7, 14, 28, 56, 84]
KNOTS = [1.0, 3.0, 5.0, 8.0, 12.0, 17.0, 24.0, 31.0]
# The conformal adjustment has a row for 8, 16, 32 and 64 units a day, and what lies between is interpolated.
VOLUMES = 4


def trailing(length, spans):
    """Columns of ones over the last `span` steps: a matrix that sums trailing windows."""
    return torch.tensor([[float(row >= length - span) for span in spans] for row in range(length)])


class Summary(nn.Module):
    """Raw channels to the features of the series token and of the seven day tokens."""

    def __init__(self):
        super().__init__()
        self.register_buffer("weeks", trailing(WEEKS, SAME_WEEKDAY))
        self.register_buffer("days", trailing(CONTEXT, RECENT))
        self.register_buffer("month", trailing(CONTEXT, [28]))
        self.register_buffer("weekdays", torch.arange(7.0))
        self.register_buffer("steps", torch.arange(4.0))
        self.register_buffer("low", torch.tensor(KNOTS[:-1]))
        self.register_buffer("width", torch.tensor(KNOTS[1:]) - torch.tensor(KNOTS[:-1]))

    def by_week(self, values):
        """[batch, context] to [batch, horizon, weeks]: row h holds the days with the weekday of step h."""
        rows = values.reshape(-1, WEEKS, 7).transpose(1, 2)
        return rows if HORIZON == 7 else rows.repeat(1, HORIZON // 7, 1)

    def covariate(self, past, future, name):
        """Level, change against the last 28 days, change against the same weekday a week ago, and what is known."""
        then, seen = torch.log1p(past[:, :, PAST[f"covariate:{name}"]].clamp(min=0)), past[:, :, PAST[f"known:{name}"]]
        now, known = torch.log1p(future[:, :, FUTURE[f"covariate:{name}"]].clamp(min=0)), future[:, :, FUTURE[f"known:{name}"]]
        count = seen @ self.month
        usual = ((then * seen) @ self.month) / (count + 0.01)
        both = known * (count / (count + 0.01))
        week, week_known = self.by_week(then)[:, :, -1], self.by_week(seen)[:, :, -1] * known
        series = [usual / 5, count / 28]
        day = [now * known / 5, (now - usual) * both, (now - week) * week_known, known]
        return series, [value.clamp(-4, 4) for value in day]

    def forward(self, past, future, static):
        usable = past[:, :, PAST["observed"]] * (1 - past[:, :, PAST["event:closed"]])
        target = past[:, :, PAST["target"]].clamp(-LARGEST, LARGEST) * usable
        counts = usable @ self.days
        level = (target @ self.month) / (usable @ self.month + 0.01)
        recent = (target @ self.days + 0.5 * level) / (counts + 0.5)
        squares = (target * target) @ self.month / (usable @ self.month + 0.01)
        spread = (squares - level * level).clamp(min=1e-6).sqrt()
        log_scale = static.clamp(0, 7)
        noise = torch.exp(-0.5 * log_scale)

        weights, values = self.by_week(usable), self.by_week(target)
        same = (values @ self.weeks + 0.25 * level[:, :, None]) / (weights @ self.weeks + 0.25)
        same_squares = ((values * values) @ self.weeks[:, -1:] + 0.25 * (level * level)[:, :, None]) / (weights @ self.weeks[:, -1:] + 0.25)
        same_spread = (same_squares - same[:, :, -1:] * same[:, :, -1:]).clamp(min=1e-6).sqrt()
        week_counts = weights @ self.weeks[:, -1:] / WEEKS

        display_series, display_day = self.covariate(past, future, "display")
        mailer_series, mailer_day = self.covariate(past, future, "mailer")
        dated = future[:, :, FUTURE["dated"]:FUTURE["dated"] + 1]
        weekday = future[:, :, FUTURE["calendar:day_of_week"]].unsqueeze(2)
        month_day = future[:, :, FUTURE["calendar:day_of_month"]].unsqueeze(2)
        calendar = [dated, torch.relu(1 - (weekday - self.weekdays).abs()) * dated, ((month_day - self.low) / self.width).clamp(0, 1) * dated]
        for event in ("feast", "holiday"):
            for side in ("before", "after"):
                near = future[:, :, FUTURE[f"{side}:{event}"]].unsqueeze(2) * 4
                calendar.append(torch.relu(1 - (near - 1 - self.steps).abs()))
        past_events = ((past[:, :, PAST["event:feast"]] + past[:, :, PAST["event:holiday"]]) * usable) @ self.days[:, :3]
        series = torch.cat([(recent - level).clamp(-4, 4), counts / CONTEXT, level.clamp(-4, 4), spread.clamp(0, 4), log_scale / 3, noise, past_events] + display_series + mailer_series, 1)
        shape = ((same - level[:, :, None]).clamp(-8, 8), same_spread.clamp(0, 4), week_counts)
        day = torch.cat([*shape, *(value.unsqueeze(2) for value in display_day + mailer_day), *calendar], 2)
        closed = future[:, :, FUTURE["event:closed"]].unsqueeze(2)
        return series, day, level, noise + 0.1 + spread, closed


class Block(nn.Module):
    """A pre-norm encoder layer written out, so that it exports to plain MatMul, Softmax and Erf."""

    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        y = self.first(x)
        query, key, value = (part(y).reshape(-1, HORIZON + 1, self.heads, self.size).transpose(1, 2) for part in (self.query, self.key, self.value))
        attention = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(self.size), dim=-1)
        mixed = (self.dropout(attention) @ value).transpose(1, 2).reshape(-1, HORIZON + 1, self.heads * self.size)
        x = x + self.dropout(self.out(mixed))
        return x + self.dropout(self.narrow(self.dropout(nn.functional.gelu(self.wide(self.second(x))))))


class Forecaster(nn.Module):
    """Seven ordered quantiles for seven days, in units of the series' scale."""

    def __init__(self, width=64, layers=2, heads=4, dropout=0.1):
        super().__init__()
        self.summary = Summary()
        past, future = torch.zeros(2, CONTEXT, len(PAST)), torch.zeros(2, HORIZON, len(FUTURE))
        series, day, *_ = self.summary(past, future, torch.zeros(2, 1))
        self.series, self.day = nn.Linear(series.shape[1], width), nn.Linear(day.shape[2], width)
        self.step = nn.Parameter(torch.zeros(1, HORIZON + 1, width))
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, len(features.LEVELS))
        nn.init.normal_(self.step, std=0.02)
        nn.init.zeros_(self.head.weight)
        nn.init.constant_(self.head.bias, -1.0)
        nn.init.zeros_(self.head.bias[3:4])
        # Quantile k is the median plus (or minus) the positive steps between the two.
        signs = torch.zeros(7, 7)
        for k in range(7):
            signs[min(k, 3):3, k] = -1
            signs[4:max(k, 3) + 1, k] = 1
        self.register_buffer("signs", signs)

        # Conformal factors of the steps, by volume and for days near an event; `calibrate.py` fits them, training does without.
        self.lookback = lookback.Lookback()
        self.register_buffer("volumes", torch.arange(float(VOLUMES)))
        self.register_buffer("widening", torch.ones(VOLUMES, 7))
        self.register_buffer("event_widening", torch.ones(7))

    def parts(self, past, future, static):
        """The median, the positive steps between neighbouring quantiles before any adjustment, and what is closed."""
        series, day, level, unit, closed = self.summary(past, future, static)
        x = torch.cat([self.series(series).unsqueeze(1), self.day(day)], 1) + self.step
        for block in self.blocks:
            x = block(x)
        head = self.head(self.norm(x[:, 1:]))
        return level.unsqueeze(2) + head[:, :, 3:4], nn.functional.softplus(head) * unit.unsqueeze(2), closed

    def factors(self):
        """What `calibrate.py` fits, by its name in the state."""
        return {"lookback.typical": self.lookback.typical, "widening": self.widening, "event_widening": self.event_widening}

    def quantiles(self, median, steps, closed):
        return (median + steps @ self.signs) * (1 - closed)

    def unadjusted(self, past, future, static):
        """The quantiles before any adjustment: what training fits."""
        return self.quantiles(*self.parts(past, future, static))

    def looked_back(self, past, future, static):
        """The parts, and the scores and counts of the looks back."""
        *tensors, scales = self.lookback.windows(past, future, static)
        median, steps, closed = (part.reshape(-1, 1 + lookback.LOOKS, HORIZON, part.shape[2]) for part in self.parts(*tensors))
        scores = self.lookback.scores(median[:, :-1, :, 0], steps[:, :-1], scales[:, :-1], past)
        return median[:, -1], steps[:, -1], closed[:, -1], *scores

    def volume(self, static):
        """[batch, VOLUMES] weights that add up to one: where the scale lies between 8, 16, 32 and 64."""
        place = (static / math.log(2) - 3).clamp(0, VOLUMES - 1)
        return torch.relu(1 - (place - self.volumes).abs())

    def ordinary(self, past, future, static):
        """The parts, with the steps as the looks back and the volume have them, and events do not yet."""
        median, steps, closed, score, counts = self.looked_back(past, future, static)
        return median, steps * (self.lookback.factor(score, counts) * (self.volume(static) @ self.widening)).unsqueeze(1), closed

    def forward(self, past, future, static):
        median, steps, closed = self.ordinary(past, future, static)
        steps = steps * (1 + lookback.near_event(future, FUTURE).unsqueeze(2) * (self.event_widening - 1))
        return self.quantiles(median, steps, closed)
