"""The last weeks forecast once more, as requests of their own: how wide a series' own intervals had to be.

It takes medians and steps; what those are made of is none of its business.
"""
import torch
from torch import nn

import features
from summary import BACK, HORIZON, LOOKS, PAST, beside

# Chosen on September and October; see README.md.
WORST, PRIOR, TRUST = 3.0, 7.0, 0.75
# A look with less history than a request must have says nothing.
LEAST = features.PRE["min_history"]


class Lookback(nn.Module):
    """A factor for all intervals of a request, from how its last `LOOKS` horizons would have been forecast."""

    def __init__(self):
        super().__init__()
        # The mean score of ordinary days; `calibrate.py` measures it.
        self.register_buffer("typical", torch.tensor(0.6))
        # The steps below and above the median that make the 80 % interval.
        self.register_buffer("sides", torch.tensor([[0, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 0]]).float().T, persistent=False)
        self.register_buffer("signs", torch.tensor([-1.0, 1.0]), persistent=False)

    def scores(self, median, steps, windows, past):
        """How far each day of the looks lay from the median, in half 80 % intervals, and whether it counts; both [batch, LOOKS, horizon, 1].

        Median and steps are those of all windows; the days that the last of them forecasts are not yet known.
        """
        *looks, enough = (part[:, :-1] for part in (median, steps, windows.scale, windows.near, windows.open, windows.observed))
        median, steps, scale, near, open_ = looks
        sold = past[:, -BACK[0]:, beside(PAST, "target", "observed")].reshape(-1, LOOKS, HORIZON, 2)
        off = sold[..., :1] / scale.unsqueeze(3) - median
        score = (torch.relu(off * self.signs) / (steps @ self.sides)).sum(3, keepdim=True)
        return score.clamp(max=WORST), sold[..., 1:] * open_ * (1 - near) * (enough.unsqueeze(3) - LEAST + 1).clamp(0, 1)

    def factor(self, score, counts):
        """[batch, 1, 1, 1]: one where the looks were as far off as is typical, or where there are none."""
        total, days = (score * counts).sum((1, 2), keepdim=True), counts.sum((1, 2), keepdim=True)
        off = (total + PRIOR * self.typical) / ((days + PRIOR) * self.typical)
        return torch.exp(TRUST * torch.log(off))
