"""The last weeks forecast once more, as requests of their own: how wide a series' own intervals had to be.

It knows the channels, and asks the network for medians and steps; what those are made of is none of its business.
"""
import torch
from torch import nn

import features

PAST = {name: i for i, name in enumerate(features.PRE["past"]["channels"])}
FUTURE = {name: i for i, name in enumerate(features.PRE["future"]["channels"])}
CONTEXT, HORIZON = features.CONTEXT, features.HORIZON
# Chosen on September and October; see README.md.
LOOKS, WORST, PRIOR, TRUST = 2, 3.0, 7.0, 0.75
# A look with less history than a request must have says nothing.
LEAST = features.PRE["min_history"]
# Days before the origin at which a look stands, the oldest first.
BACK = [HORIZON * look for look in range(LOOKS, 0, -1)]
# The channels of the future by their places in the past; that there are dates at all is said of the future alone.
assert next(iter(FUTURE)) == "dated"
KNOWN = [PAST[name] for name in FUTURE if name != "dated"]
EVENTS = [f"{side}:{event}" for side in ("before", "after") for event in ("feast", "holiday")]


def near_event(days, channels):
    """[…, days]: one within `event_window` days of a feast or a holiday."""
    felt = sum(days[..., channels[name]] for name in EVENTS)
    return (felt * (features.PRE["event_window"] + 1)).clamp(0, 1)


class Lookback(nn.Module):
    """A factor for all intervals of a request, from how its last `LOOKS` horizons would have been forecast."""

    def __init__(self):
        super().__init__()
        # The mean score of ordinary days; `calibrate.py` measures it.
        self.register_buffer("typical", torch.tensor(0.6))
        self.register_buffer("target", torch.eye(len(PAST))[PAST["target"]])
        self.register_buffer("before", torch.tensor([[float(day < CONTEXT - back) for back in BACK] for day in range(CONTEXT)]))

    def windows(self, past, future, static):
        """The earlier requests, the oldest first, and this one, in one batch [batch * (1 + LOOKS), …]; and their scales in units of this one's, [batch, 1 + LOOKS]."""
        # Days before the first are zeros in every channel.
        pasts = torch.stack([torch.cat([past[:, :back] * 0, past[:, :CONTEXT - back]], 1) for back in BACK] + [past], 1)
        month = pasts[:, :, -features.PRE["scale"]["over"]:]
        seen = month[..., PAST["observed"]]
        scales = (month[..., PAST["target"]] * seen).sum(2) / seen.sum(2).clamp(min=1)
        scales = torch.maximum(scales, features.PRE["scale"]["floor"] * torch.exp(-static))
        pasts = pasts * (self.target / scales[:, :, None, None] + (1 - self.target))
        # What is past now was future then.
        known = past[:, -LOOKS * HORIZON:, KNOWN].reshape(-1, LOOKS, HORIZON, len(KNOWN))
        dated = future[:, None, :, :1] + known[..., :1] * 0
        futures = torch.cat([torch.cat([dated, known], 3), future.unsqueeze(1)], 1)
        statics = static + torch.log(scales)
        return pasts.reshape(-1, CONTEXT, len(PAST)), futures.reshape(-1, HORIZON, len(FUTURE)), statics.reshape(-1, 1), scales

    def scores(self, median, steps, scales, past):
        """How far each day of the looks lay from the median, in half 80 % intervals, and whether it counts; both [batch, LOOKS, horizon]."""
        days = past[:, -LOOKS * HORIZON:].reshape(-1, LOOKS, HORIZON, len(PAST))
        usable = days[..., PAST["observed"]] * (1 - days[..., PAST["event:closed"]]) * (1 - near_event(days, PAST))
        enough = (past[:, :, PAST["observed"]] @ self.before - LEAST + 1).clamp(0, 1)
        off = days[..., PAST["target"]] / scales.unsqueeze(2) - median
        below, above = steps[..., 1] + steps[..., 2], steps[..., 4] + steps[..., 5]
        score = torch.relu(-off) / below + torch.relu(off) / above
        return score.clamp(max=WORST), usable * enough.unsqueeze(2)

    def factor(self, score, counts):
        """[batch, 1]: one where the looks were as far off as is typical, or where there are none."""
        total, days = (score * counts).sum((1, 2)), counts.sum((1, 2))
        mean = (total + PRIOR * self.typical) / (days + PRIOR)
        return torch.exp(TRUST * (torch.log(mean) - torch.log(self.typical))).unsqueeze(1)
