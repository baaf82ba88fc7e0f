"""Training: windows in, weights out, with the last days that may be seen as the only notion of time.

Gradient boosting is fitted first, on the same windows; the Transformer learns from what was sold, and leans on what the trees say.
usage: train.py [--seeds N] --out FOLDER   writes seed-0.npz and so on
"""
import argparse
import copy
import pathlib
import time

import torch

import baselines
import checkpoint
import data
import features
import model
import windows
from origins import UNTIL

STEPS, BATCH, RATE, DECAY, AVERAGE = 900, 256, 2e-3, 0.02, 0.99
TAUGHT = [0.1, 0.5, 0.9]
TRUST = 0.5


def pinball(quantiles, actual, scale):
    """Pinball loss in units over the root of the scale, so that neither large nor small categories rule."""
    levels = torch.tensor(features.LEVELS, dtype=torch.float32)
    error = actual.unsqueeze(2) / scale.unsqueeze(2) - quantiles
    return (torch.maximum(levels * error, (levels - 1) * error) * scale.unsqueeze(2).sqrt()).mean()


def distance(quantiles, lesson, scale, own):
    """How far the quantiles lie from the teacher's, in the same unit as the loss; a mixed series has no teacher."""
    levels = [features.LEVELS.tolist().index(level) for level in TAUGHT]
    apart = (quantiles[:, :, levels] - lesson / scale.unsqueeze(2)).abs() * scale.unsqueeze(2).sqrt()
    return (apart * own[:, None, None]).mean()


def teach(panel, until, left_out=frozenset()):
    """Boosted trees for the quantiles that are taught, and their forecasts [day, series, step, quantile] of all windows up to `until`.

    Longer windows overlap more, so that each second or fourth of them gives the trees as many rows as they have at seven days.
    """
    trees = baselines.boosting(panel, windows.learnable(until, left_out)[::features.HORIZON // 7], TAUGHT)
    made = baselines.boosting_forecasts(trees, panel, windows.learnable(until))
    return trees, torch.tensor(made, dtype=torch.float32)


def fit(panel, until, seed, lessons, left_out=frozenset(), steps=STEPS, augment=True, rate=RATE, **shape):
    """Trains on the learnable windows with the teacher's lessons; returns the averaged weights' model."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    network = model.Forecaster(**shape)
    averaged = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    categories = panel.units.shape[0]
    origins = torch.tensor(windows.learnable(until, left_out))
    network.train()
    for step in range(steps):
        origin = origins[torch.randint(0, len(origins), (BATCH,), generator=rng)]
        category, other = (torch.randint(0, categories, (BATCH,), generator=rng) for _ in range(2))
        mixed = torch.rand(BATCH, generator=rng) < windows.MIXED
        raw = windows.mix(panel.raw(category, origin), panel.raw(other, origin), mixed)
        if augment:
            raw = windows.degrade(raw, rng)
        past, future, static, actual, scale = windows.tensors(raw)
        quantiles = network.unadjusted(past, future, static)
        lesson = lessons[origin - windows.FIRST_ORIGIN, category]
        loss = pinball(quantiles, actual, scale) + TRUST * distance(quantiles, lesson, scale, (~mixed).float())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        keep = min(AVERAGE, (step + 1) / (step + 10))
        with torch.no_grad():
            for mine, theirs in zip(averaged.parameters(), network.parameters()):
                mine.lerp_(theirs, 1 - keep)
    return averaged.eval()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    arguments = arguments.parse_args()
    torch.set_num_threads(1)
    started = time.time()
    panel = windows.Panel(data.load())
    _, lessons = teach(panel, UNTIL)
    print(f"gradient boosting: {time.time() - started:.0f} s", flush=True)
    arguments.out.mkdir(exist_ok=True)
    for seed in range(arguments.seeds):
        started = time.time()
        network = fit(panel, UNTIL, seed, lessons)
        checkpoint.save(arguments.out / f"seed-{seed}.npz", network.state_dict())
        print(f"seed {seed}: {sum(part.numel() for part in network.parameters())} parameters, {time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
