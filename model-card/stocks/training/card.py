"""The model card: `card.md` with its blanks filled from `evaluation.json` and `examples.json`, written to `../README.md`.

A blank is <<path.to.number>>, with an optional format after a bar; no number of the evaluation is typed by hand.
usage: card.py [--check]   --check only says whether the card is up to date
"""
import argparse
import functools
import json
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).parents[1]
NAMES = {
    "transformer": "**this model**", "random_walk": "random walk", "random_walk_with_drift": "random walk with drift",
    "mean_of_last_5_days": "mean of the last 5 days", "quantiles_of_last_250_days": "quantiles of the last 250 days",
    "random_walk_with_recent_volatility": "random walk with recent volatility", "garch": "random walk with GARCH(1,1)",
}
SHOWN = {"wape": ".3f", "mae": ".2f", "rmse": ".2f", "r2": ".3f", "pinball": ".3f", "coverage_80": ".2f", "coverage_95": ".2f"}


def rows(head, lines):
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *lines])


def score_table(scores):
    head = ["model", "WAPE", "MAE", "RMSE", "R²", "mean pinball", "80 % coverage", "95 % coverage"]
    return rows(head, [[NAMES[name], *(format(row[key], form) for key, form in SHOWN.items())] for name, row in scores.items()])


def judged(pair):
    """What a paired difference of losses says, and the numbers that say it."""
    low, high = pair["interval_95"]
    word = "lower" if high < 0 else "higher" if low > 0 else "cannot be told apart"
    return word, f"{pair['share']:+.1%} (95 % interval {low:+.1%} to {high:+.1%})"


def pairs_table(european, dow):
    def cells(pair):
        word, numbers = judged(pair)
        return f"{numbers}: {word}"

    return rows(["this model's pinball loss against", "four European indices", "Dow Jones"], [[NAMES[name], cells(pair), cells(dow["pinball"][name])] for name, pair in european["pinball"].items()])


def listed(names):
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def parts(report):
    dow = report["dow_jones"]
    return [("European indices", report["metrics"], report["paired"]), ("Dow Jones", dow["metrics"], dow["paired"])]


def median_verdict(report):
    """Whether the middle of the forecast beats the last price, and who does it better."""
    lines = []
    for where, part, pair in parts(report):
        word, numbers = judged(pair["mae_against_random_walk"])
        errors = {name: row["mae"] for name, row in part.items()}
        better = [NAMES[name] for name, error in errors.items() if error < errors["transformer"]]
        text = f"On the {where}, its mean absolute error against that of the last price is {numbers}: {word}."
        lines.append(f"{text} Lower still: {listed(better)}." if better else text)
    return "\n".join(lines)


def width_verdict(report):
    """Whom the quantiles beat, to whom they lose, and where nobody can tell."""
    lines = []
    for where, _, pair in parts(report):
        found = {"lower": [], "higher": [], "cannot be told apart": []}
        for name, difference in pair["pinball"].items():
            found[judged(difference)[0]].append(NAMES[name])
        said = {"lower": "lower than that of", "higher": "higher than that of", "cannot be told apart": "not to be told apart from that of"}
        lines.append(f"On the {where}, its pinball loss is " + "; it is ".join(f"{said[word]} {listed(names)}" for word, names in found.items() if names) + ".")
    return "\n".join(lines)


def calibration_table(report):
    head = ["", "80 % interval covers", "95 % interval covers", "mean width of the 80 % interval"]
    lines = [[f"European indices, day {step}", f"{row['coverage_80']:.2f}", f"{row['coverage_95']:.2f}", f"{row['width_80']:.1f} %"] for step, row in report["by_step"].items()]
    lines += [[name, f"{row['coverage_80']:.2f}", f"{row['coverage_95']:.2f}", f"{row['width_80']:.1f} %"] for name, row in report["by_index"].items()]
    dow = report["dow_jones"]["metrics"]["transformer"]
    return rows(head, [*lines, ["Dow Jones, 1997 to 2012", f"{dow['coverage_80']:.2f}", f"{dow['coverage_95']:.2f}", f"{dow['width_80']:.1f} %"]])


def poorer_table(report):
    found = {"everything": report["metrics"]["transformer"], **report["with_poorer_inputs"]}
    return rows(["the request has", "mean pinball", "80 % coverage"], [[name, f"{row['pinball']:.3f}", f"{row['coverage_80']:.2f}"] for name, row in found.items()])


def short(examples):
    """The first example with its last 30 days only, so that it fits on a page."""
    inputs = examples[0]["request"]["inputs"]
    return {**inputs, "series": inputs["series"][-30:]}


def fill(report, examples):
    blocks = {
        "table": score_table(report["metrics"]), "dow_table": score_table(report["dow_jones"]["metrics"]),
        "pairs": pairs_table(report["paired"], report["dow_jones"]["paired"]), "calibration": calibration_table(report),
        "poorer": poorer_table(report), "median_verdict": median_verdict(report), "width_verdict": width_verdict(report),
        "request": json.dumps({"inputs": short(examples)}), "series": json.dumps(short(examples)["series"]),
    }

    def blank(match):
        path, _, form = match[1].partition("|")
        if path in blocks:
            return blocks[path]
        return format(functools.reduce(lambda part, key: part[int(key) if isinstance(part, list) else key], path.split("."), report), form)

    return re.sub(r"<<(.+?)>>", blank, pathlib.Path(__file__).with_name("card.md").read_text())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--check", action="store_true")
    report, examples = (json.loads(FOLDER.joinpath(name).read_text()) for name in ("evaluation.json", "examples.json"))
    card = fill(report, examples)
    if arguments.parse_args().check:
        sys.exit(0 if FOLDER.joinpath("README.md").read_text() == card else "README.md is not what card.py writes; run training/card.py")
    FOLDER.joinpath("README.md").write_text(card)


if __name__ == "__main__":
    main()
