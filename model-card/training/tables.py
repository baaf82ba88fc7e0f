"""The card's tables and verdicts, each made of a part of `evaluation.json`."""

NAMES = {
    "transformer": "**this model**", "naive_lag_7": "naive, lag 7", "last_4_same_weekdays": "last 4 same weekdays",
    "last_2_same_weekdays": "last 2 same weekdays", "level_14_times_weekday_profile": "14-day level × weekday profile",
    "level_28_times_weekday_profile": "28-day level × weekday profile", "gradient_boosting": "gradient boosting (LightGBM, quantile)",
}
COLUMNS = {"wape": ("WAPE", ".3f"), "mae": ("MAE", ".2f"), "rmse": ("RMSE", ".2f"), "r2": ("R²", ".3f"), "pinball": ("mean pinball", ".3f"), "coverage_80": ("80 % coverage", ".2f")}
# What the issue of this model asked of each seed.
MOST_ABOVE_TREES, LEAST_BELOW_RULES = 0.03, 0.05


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def of_scores(metrics):
    rows = [[NAMES[name], *(format(row[key], form) if key in row else "" for key, (_, form) in COLUMNS.items())] for name, row in metrics.items()]
    return table(["model", *(title for title, _ in COLUMNS.values())], rows)


def of_seeds(seeds):
    rivals = list(seeds[0]["wape_against"])

    def row(seed):
        against, days = seed["wape_against"], seed["ordinary_days"]
        met = all(value <= MOST_ABOVE_TREES if name == "gradient_boosting" else value <= -LEAST_BELOW_RULES for name, value in against.items())
        return [f"`{seed['weights']}`", f"{seed['wape']:.4f}", *(f"{against[name]:+.1%}" for name in rivals), f"{days['coverage_80']:.3f}", f"{days['coverage_95']:.3f}", "yes" if met else "no"]

    head = ["weights", "WAPE", *(f"against {NAMES[name]}" for name in rivals), "80 % interval", "95 % interval", "goal met"]
    return table(head, [row(seed) for seed in seeds])


def of_poorer(report):
    rows = [["everything", report["metrics"]["transformer"]["wape"]], *report["wape_with_poorer_inputs"].items()]
    return table(["the request has", "WAPE"], [[name, f"{wape:.3f}"] for name, wape in rows])


def of_cover(calibration):
    before, after = calibration["unadjusted"], calibration["adjusted"]
    rows = [[label, *(f"{found[label][key]:.3f}" for key in ("coverage_80", "coverage_95") for found in (before, after))] for label in after]
    return table(["days", "80 %, before", "80 %, adjusted", "95 %, before", "95 %, adjusted"], rows)


def cells(part):
    return [str(part["series"]), f"{part['units_a_day']:.0f}", f"{part['coverage_80']:.3f}", f"{part['coverage_95']:.3f}"]


def of_departments(departments):
    by_size = sorted(departments.items(), key=lambda item: -item[1]["series"])
    head = ["department", "categories", "units a day", "80 % interval", "95 % interval", "80 %, by chance"]
    return table(head, [[name.lower(), *cells(part), " to ".join(f"{share:.2f}" for share in part["chance_80"])] for name, part in by_size])


def of_volumes(volumes):
    names = ["smallest quarter", "second", "third", "largest quarter"]
    return table(["categories by volume", "categories", "units a day", "80 % interval", "95 % interval"], [[name, *cells(part)] for name, part in zip(names, volumes)])


def departments_outside(departments, low=0.75, high=0.85):
    """Names the departments whose 80 % interval covers too little or too much, with how many categories they are made of."""
    found = [f"{name.lower()} ({part['coverage_80']:.3f}, {part['series']} {'category' if part['series'] == 1 else 'categories'})" for name, part in departments.items() if not low <= part["coverage_80"] <= high]
    if not found:
        return f"Every department lies between {low:.2f} and {high:.2f}."
    return f"Outside {low:.2f} to {high:.2f}: {', '.join(found)}."


def of_longer(report):
    names = list(report["longer_horizons"]["14"]["wape"])
    columns = {"7 days": {name: report["metrics"][name]["wape"] for name in names}, **{f"{days} days": part["wape"] for days, part in report["longer_horizons"].items()}}
    return table(["model", *columns], [[NAMES[name], *(f"{column[name]:.3f}" for column in columns.values())] for name in names])


def of_cold_start(report):
    ours = {"transformer": report["wape_with_poorer_inputs"]["14 days of history"]}
    return table(["given 14 days", "WAPE"], [[NAMES[name], f"{wape:.3f}"] for name, wape in {**ours, **report["wape_of_rules_with_14_days"]}.items()])


def agreement(difference):
    if difference is None:
        return "Whether tract and ONNX Runtime agree was not measured."
    return f"On the windows of `windows.json.gz`, tract and ONNX Runtime differ by at most {difference:.0e} in the output."


def interval(gap):
    low, high = gap["interval_95"]
    return f"{gap['wape']:+.4f} (95 % interval {low:+.4f} to {high:+.4f}, bootstrap over series)"


def verdict(gap):
    """Says who wins, and whether the difference is more than chance."""
    low, high = gap["interval_95"]
    text = f"the paired difference in WAPE, this model minus gradient boosting, is {interval(gap)}"
    if low > 0:
        return f"**Gradient boosting is more accurate**: {text}."
    if high < 0:
        return f"This model is more accurate than gradient boosting: {text}."
    return f"It cannot be told apart from gradient boosting: {text}."
