"""Training: windows in, weights out, with the last days that may be seen as the only notion of time.

usage: train.py [--seed N] [--until 2017-10-31] --out FILE
"""
import argparse
import copy
import time

import pandas as pd
import torch

import data
import features
import model
import windows

STEPS, BATCH, RATE, DECAY, AVERAGE = 450, 256, 2e-3, 0.02, 0.99
FIRST_ORIGIN = 14


def loss_of(quantiles, actual, scale):
    """Pinball loss in units over the root of the scale, so that neither large nor small categories rule."""
    levels = torch.tensor(features.LEVELS, dtype=torch.float32)
    error = actual.unsqueeze(2) / scale.unsqueeze(2) - quantiles
    pinball = torch.maximum(levels * error, (levels - 1) * error)
    return (pinball * scale.unsqueeze(2).sqrt()).mean()


def fit(panel, until, seed, steps=STEPS, augment=True, rate=RATE, **shape):
    """Trains on windows whose last target day is at most `until` (a day index); returns the averaged weights' model."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    network = model.Forecaster(**shape)
    averaged = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    categories = panel.units.shape[0]
    origins = until - features.HORIZON + 2
    network.train()
    for step in range(steps):
        origin = torch.randint(FIRST_ORIGIN, origins, (BATCH,), generator=rng)
        first, second = (panel.raw(torch.randint(0, categories, (BATCH,), generator=rng), origin) for _ in range(2))
        raw = windows.mix(first, second, torch.rand(BATCH, generator=rng) < windows.MIXED)
        if augment:
            raw = windows.degrade(raw, rng)
        past, future, static, actual, scale = windows.tensors(raw)
        loss = loss_of(network(past, future, static), actual, scale)
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
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--until", default="2017-10-31")
    arguments.add_argument("--out", required=True)
    arguments = arguments.parse_args()
    torch.set_num_threads(1)
    started = time.time()
    network = fit(windows.Panel(data.load()), data.DAYS.get_loc(pd.Timestamp(arguments.until)), arguments.seed)
    torch.save(network.state_dict(), arguments.out)
    print(f"seed {arguments.seed}: {sum(p.numel() for p in network.parameters())} parameters, {time.time() - started:.0f} s")


if __name__ == "__main__":
    main()
