"""Compare ways of raising a model over several seeds: held-out accuracy, differences, precision, rows.

    python -m scripts.report.compare --summaries results/*/summary.json \\
        --output comparison.json --table comparison.md --picture comparison.png

Models are named {arm}-{seed}: self-1, self-2, none-1 … Intervals are 95 % t intervals over the seeds of an arm;
differences between arms are paired by seed. The held-out tasks are the same for all models, so that an interval
says how sure an effect is on these tasks; the base model's own is the Wilson interval over tasks.
No p value is corrected for how many there are: one in twenty is below 0.05 by chance.
"""

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.rows.files import atomic_open, read_json, write_json

MEASURES = {"strict": "strictly right", "first_line": "right in the first line"}
STAGES = {"rule_filtered": "all rows", "score_filtered": "kept rows"}
FAIR_BASELINE = "base, chat format"
"""Most of what the first iteration changes is that the model stops; the chat format alone shows how much of it."""
SIGNIFICANT = 0.05


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    result = argparse.ArgumentParser(**cli.description(__doc__))
    add = result.add_argument
    add("--summaries", type=Path, nargs="+", required=True, help="…/{arm}-{seed}/summary.json, at least two seeds")
    add("--output", type=Path, required=True, help="JSON with every number of the tables")
    add("--table", type=Path, required=True, help="the tables in Markdown")
    add("--picture", type=Path, required=True, help="accuracy by iteration, a line per arm")
    return result


def main(args: argparse.Namespace) -> None:
    """Write the tables, their numbers and the picture."""
    summaries = {file: read_json(file) for file in args.summaries}
    accuracy = pd.DataFrame([row for file, summary in summaries.items() for row in _accuracies(file, summary)])
    rows = pd.DataFrame([row for file, summary in summaries.items() for row in _right_rows(file, summary)])
    if accuracy.empty:
        raise UserError(f"{args.summaries[0]}: no held-out accuracies; set held_out: for the models to be compared")
    made = pd.DataFrame([row for file, summary in summaries.items() for row in _made_rows(file, summary)])
    families = pd.DataFrame([row for file, summary in summaries.items() for row in _families(file, summary)])
    base = next(iter(summaries.values()))["held_out"][:2]
    numbers = {
        "base": base,
        "accuracy": over_seeds(accuracy, ["measure", "model", "arm"]),
        "gain": gains(accuracy, base),
        "step": steps(accuracy),
        "difference": differences(accuracy),
        "right": over_seeds(rows, ["stage", "model", "arm"]) if len(rows) else [],
        "made": over_seeds(made, ["stage", "model", "arm"]),
        "families": over_seeds(families, ["model", "arm"]) if len(families) else [],
    }
    with atomic_open(args.table) as stream:
        stream.write("\n".join(as_markdown(numbers)))
    draw(numbers, args.picture)
    write_json(args.output, numbers)
    cli.say_where(args.table, f"{len(summaries)} models compared")


def over_seeds(values: pd.DataFrame, by: list[str]) -> list[dict[str, Any]]:
    """Return mean and 95 % t interval of `value` for every group; the interval is null for a single seed."""
    return [
        {**{str(name): group[name].iloc[0] for name in by}, **_interval(group["value"])}
        for _, group in values.groupby(by, sort=False)
    ]


def gains(accuracy: pd.DataFrame, base: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return how much better every arm and iteration is than the base model in the chat format, by measure."""
    baseline = next(result for result in base if result["model"] == FAIR_BASELINE)
    found = []
    for (measure, model, arm), group in accuracy.groupby(["measure", "model", "arm"], sort=False):
        above = group["value"] - baseline[str(measure)]["accuracy"]
        found.append({"measure": measure, "model": model, "arm": arm, **_effect(above)})
    return found


def steps(accuracy: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what every iteration after the first adds to the one before, paired by seed, by measure and arm."""
    found = []
    for (measure, arm), group in accuracy.groupby(["measure", "arm"], sort=False):
        table = group.pivot(index="seed", columns="model", values="value")
        for before, model in pairwise(group["model"].unique()):
            added = (table[model] - table[before]).dropna()
            found.append({"measure": measure, "model": model, "arm": arm, **_effect(added)})
    return found


def differences(accuracy: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the differences between arms, paired by seed, with the p value of the paired t test."""
    found = []
    for (measure, model), group in accuracy.groupby(["measure", "model"], sort=False):
        table = group.pivot(index="seed", columns="arm", values="value")
        for first, second in combinations(group["arm"].unique(), 2):
            paired = (table[first] - table[second]).dropna()
            row = {"measure": measure, "model": model, "first": first, "second": second}
            found.append({**row, **_effect(paired)})
    return found


def as_markdown(numbers: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the tables: accuracy, gain, difference, precision."""
    arms = list(dict.fromkeys(row["arm"] for row in numbers["accuracy"]))
    for measure, title in MEASURES.items():
        yield from _header(f"held-out, {title}", arms)
        for result in numbers["base"]:
            low, high = result[measure]["interval"]
            cell = f"{result[measure]['accuracy']:.1%} ({low:.1%} to {high:.1%})"
            yield f"| {result['model']} |" + f" {cell} |" * len(arms)
        yield from _by_model([row for row in numbers["accuracy"] if row["measure"] == measure], arms, _share)
        yield ""
    for measure, title in MEASURES.items():
        yield from _header(f"above {FAIR_BASELINE}, {title}", arms)
        yield from _by_model([row for row in numbers["gain"] if row["measure"] == measure], arms, _change)
        yield ""
    for measure, title in MEASURES.items():
        added = [row for row in numbers["step"] if row["measure"] == measure]
        if added:
            yield from _header(f"added to the iteration before, {title}", arms)
            yield from _by_model(added, arms, _change)
            yield ""
    yield from ("| difference between arms | strictly right | right in the first line |", "|---|---|---|")
    pairs: dict[tuple[str, ...], dict[str, str]] = {}
    for row in numbers["difference"]:
        pairs.setdefault((row["model"], row["first"], row["second"]), {})[row["measure"]] = _change(row)
    for (model, first, second), cells in pairs.items():
        yield f"| {model}: {first} − {second} | {cells['strict']} | {cells['first_line']} |"
    yield ""
    for stage, title in STAGES.items():
        chosen = [row for row in numbers["right"] if row["stage"] == stage]
        if chosen:
            yield from _header(f"right answers among {title}", arms)
            yield from _by_model(chosen, arms, _share)
            yield ""
    yield from _header("rows", arms)
    named = [{**row, "model": f"{row['model']}: {row['stage']}"} for row in numbers["made"]]
    yield from _by_model(named, arms, _count)
    if numbers["families"]:
        last = numbers["accuracy"][-1]["model"]
        yield ""
        yield from _header(f"family, strictly right: {FAIR_BASELINE} → {last}", arms)
        yield from _by_model(numbers["families"], arms, _share_of_family(numbers["base"]))


def draw(numbers: dict[str, Any], path: Path) -> None:
    """Draw the strict and the first-line accuracy by iteration, a line with intervals for every arm."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4), sharey=True, layout="constrained")
    for (measure, title), axis in zip(MEASURES.items(), axes, strict=True):
        for result, line in zip(numbers["base"], (":", "--"), strict=True):
            axis.axhline(result[measure]["accuracy"], color="grey", linestyle=line, label=result["model"])
        arms = dict.fromkeys(row["arm"] for row in numbers["accuracy"])
        for place, arm in enumerate(arms):
            rows = [row for row in numbers["accuracy"] if row["arm"] == arm and row["measure"] == measure]
            places = [number + 0.06 * (place - len(arms) / 2) for number in range(len(rows))]
            halves = [row["half"] or 0 for row in rows]
            axis.errorbar(places, [row["mean"] for row in rows], halves, fmt="o-", capsize=3, label=arm)
            axis.set_xticks(range(len(rows)), [row["model"] for row in rows])
        axis.set(title=f"Held-out tasks {title}")
    axes[0].set_ylabel("share of tasks")
    axes[0].legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120, metadata={"Software": None})
    pyplot.close(figure)


def _accuracies(file: Path, summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    arm, seed = _arm_and_seed(file)
    for result in summary["held_out"]:
        if result["model"].startswith("iter"):
            for measure in MEASURES:
                value = result[measure]["accuracy"]
                yield {"arm": arm, "seed": seed, "model": result["model"], "measure": measure, "value": value}


def _right_rows(file: Path, summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    arm, seed = _arm_and_seed(file)
    for iteration, stages in summary["right"].items():
        for stage, grades in stages.items():
            value = grades["strict"]["accuracy"]
            yield {"arm": arm, "seed": seed, "model": f"iter{iteration}", "stage": stage, "value": value}


def _made_rows(file: Path, summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    arm, seed = _arm_and_seed(file)
    for iteration, stages in summary["rows"].items():
        for stage in ("prompts", *STAGES):
            yield {"arm": arm, "seed": seed, "model": f"iter{iteration}", "stage": stage, "value": stages[stage]}


def _families(file: Path, summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    arm, seed = _arm_and_seed(file)
    for family, value in summary["held_out"][-1]["families"].items():
        yield {"arm": arm, "seed": seed, "model": family, "value": value}


def _arm_and_seed(file: Path) -> tuple[str, str]:
    arm, _, seed = file.parent.name.rpartition("-")
    if not arm or not seed.isdigit():
        raise UserError(f"{file}: models to be compared are named {{arm}}-{{seed}}, such as self-1 and none-1")
    return arm, seed


def _interval(values: "pd.Series[float]") -> dict[str, Any]:
    from scipy.stats import t

    count, mean = len(values), float(values.mean())
    half = float(t.ppf(0.975, count - 1) * values.std() / math.sqrt(count)) if count > 1 else None
    return {"seeds": count, "mean": round(mean, 4), "half": None if half is None else round(half, 4)}


def _effect(values: "pd.Series[float]") -> dict[str, Any]:
    return {**_interval(values), "p": _p_value(values)}


def _p_value(values: "pd.Series[float]") -> float | None:
    """Return the p value of the t test against zero; null where values do not vary or there is one only."""
    from scipy.stats import ttest_1samp

    return round(float(ttest_1samp(values, 0).pvalue), 4) if values.nunique() > 1 else None


def _header(title: str, arms: Sequence[str]) -> Iterator[str]:
    yield f"| {title} | {' | '.join(arms)} |"
    yield "|---" * (len(arms) + 1) + "|"


def _by_model(
    rows: Sequence[dict[str, Any]], arms: Sequence[str], cell: Callable[[dict[str, Any]], str]
) -> Iterator[str]:
    found = {(row["model"], row["arm"]): cell(row) for row in rows}
    for model in dict.fromkeys(row["model"] for row in rows):
        yield f"| {model} | " + " | ".join(found.get((model, arm), "-") for arm in arms) + " |"


def _share(row: dict[str, Any]) -> str:
    return f"{row['mean']:.1%}" + ("" if row["half"] is None else f" ± {100 * row['half']:.1f}")


def _count(row: dict[str, Any]) -> str:
    return f"{row['mean']:.0f}" + ("" if row["half"] is None else f" ± {row['half']:.0f}")


def _share_of_family(base: Sequence[dict[str, Any]]) -> Callable[[dict[str, Any]], str]:
    before = next(result["families"] for result in base if result["model"] == FAIR_BASELINE)
    return lambda row: f"{before[row['model']]:.0%} → {row['mean']:.0%}"


def _change(row: dict[str, Any]) -> str:
    """Return a difference in points with its interval, and whether it is significant."""
    text = f"{100 * row['mean']:+.1f}" + ("" if row["half"] is None else f" ± {100 * row['half']:.1f}")
    if row["p"] is None:
        return text
    probability = f"p = {row['p']:.3f}" if row["p"] >= 0.001 else "p < 0.001"
    return f"{text} ({'significant' if row['p'] < SIGNIFICANT else 'not significant'}, {probability})"


if __name__ == "__main__":
    cli.run(main, parser())
