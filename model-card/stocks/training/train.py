"""Training: windows in, weights out, with the last day that may be seen as the only notion of time.

usage: train.py [--seed N] [--before 1997-01-01] --out FILE
"""
import argparse
import copy
import time

import torch

import data
import features
import model
import windows

STEPS, BATCH, RATE, DECAY, AVERAGE = 250, 256, 1e-3, 0.05, 0.99


def loss_of(quantiles, actual, unit):
    """Pinball loss in units of the volatility to be expected at each step, so that neither calm nor wild times rule."""
    levels = torch.tensor(features.LEVELS, dtype=torch.float32)
    error = (actual.unsqueeze(2) - quantiles) / unit.unsqueeze(2)
    return torch.maximum(levels * error, (levels - 1) * error).mean()


def fit(prices, before, seed, steps=STEPS, rate=RATE, decay=DECAY, **shape):
    """Trains on windows whose last target day comes before the day `before` (an index); returns the averaged weights' model."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    network = model.Forecaster(**shape)
    averaged = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    panel = windows.Panel(prices, before)
    network.train()
    for step in range(steps):
        drawn = panel.draw(BATCH, rng)
        past, scale = windows.tensors(drawn, windows.degrade(windows.whole(BATCH), rng))
        last, volatility, *_ = network.summary(past)
        actual = (drawn[:, features.CONTEXT:] / scale).float()
        loss = loss_of(network(past), actual, last * volatility * network.roots)
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
    arguments.add_argument("--before", default="1997-01-01")
    arguments.add_argument("--out", required=True)
    arguments = arguments.parse_args()
    torch.set_num_threads(1)
    started = time.time()
    network = fit(data.load(), data.day(arguments.before), arguments.seed)
    torch.save(network.state_dict(), arguments.out)
    print(f"seed {arguments.seed}: {sum(part.numel() for part in network.parameters())} parameters, {time.time() - started:.0f} s")


if __name__ == "__main__":
    main()
