"""Sum up a run: rows at each stage of each iteration, how many are right, and what every model can do.

    python -m scripts.report.summary --model tiny --recipe isheep --counts results/tiny/iter*/counts/*.json \\
        --training-logs results/tiny/iter*/adapter/training_log.jsonl \\
        --row-grades results/tiny/iter*/grades/*.json --held-out results/tiny/iter*/held_out_*.json \\
        --benchmarks results/tiny/iter*/evaluation/*.json --judged results/tiny/iter*/judged/*.json \\
        --merged results/tiny/iter3/merged/manifest.json \\
        --output summary.json --table summary.txt --picture summary.png

The recipe's table says which stages and formats there are and what they are called. Iteration, stage and format are
read from the paths: …/iter{n}/counts/{stage}.json, …/iter{n}/grades/{stage}.json, …/iter{n}/held_out_{format}.json,
…/iter{n}/evaluation/{benchmark}.json and …/iter{n}/judged/{way}.json; files that lie in another model's folder are
shared with it, which the summary says.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.lib import cli
from scripts.lib.config.options import add_options
from scripts.lib.config.recipe import Recipe
from scripts.lib.config.sections import Run
from scripts.lib.errors import UserError
from scripts.lib.rows.counts import read_counts
from scripts.lib.rows.files import atomic_open, write_json
from scripts.lib.run.claims import INPUT, MODEL, OUTPUT, PICTURE
from scripts.lib.training.log import read_log
from scripts.recipes import RECIPES
from scripts.report.benchmarks import KINDS, Benchmark, by_model, main_scores, read_benchmark, read_judged
from scripts.report.in_words import stop_in_words
from scripts.report.measured import known_measures, measured_model, scored_models
from scripts.report.summaries import HeldOut, read_grades
from scripts.report.summary_picture import Scored, draw
from scripts.report.summary_tables import ACCURACIES, held_out_tables, row_table, score_tables, shared_lines


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    add("--model", required=True, help="name of the model")
    add("--recipe", choices=sorted(RECIPES), required=True, help="how it was raised")
    add("--arm", help="the arm of a comparison that it stands for (default: its name)")
    add_options(parser, Run, "seed")
    add("--counts", type=INPUT, nargs="+", required=True, help="the counts of the stages")
    add("--training-logs", type=INPUT, nargs="*", default=[], help="the logs of the trainings, for their losses")
    add("--row-grades", type=INPUT, nargs="*", default=[], help="how many rows of a stage a program finds right")
    add("--held-out", type=INPUT, nargs="*", default=[], help="held-out accuracies")
    add("--benchmarks", type=INPUT, nargs="*", default=[], help="metrics of benchmarks")
    add("--judged", type=INPUT, nargs="*", default=[], help="what a judge says of answers")
    add("--merged", type=MODEL, required=True, help="manifest of the last model")
    add("--output", type=OUTPUT, required=True, help="JSON with every number of the table")
    add("--table", type=OUTPUT, required=True, help="the table as text")
    add("--picture", type=PICTURE, required=True, help="the table as a picture")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the table, its numbers and its picture."""
    recipe = RECIPES[args.recipe]
    files = held_out_files(args.held_out, recipe)
    held_out = [accuracies(file) for file in files]
    results = [HeldOut.model_validate(each) for each in held_out]
    measures = known_measures(zip(map(str, files), results, strict=True))
    named = [(measured_model(recipe, each.iteration, each.format), each) for each in results]
    scored = {
        "benchmarks": [read_benchmark(file, iteration_of(file)) for file in by_benchmark(args.benchmarks)],
        "judged": [read_judged(file, iteration_of(file)) for file in by_benchmark(args.judged)],
    }
    summary = {
        "model": args.model,
        "recipe": args.recipe,
        "arm": args.arm or args.model,
        "seed": args.seed,
        "iterations": iterations(args, recipe),
        "held_out": held_out,
        **{kind: [each.model_dump() for each in found] for kind, found in scored.items()},
    }
    tables = [row_table(summary["iterations"], recipe), *shared_lines(summary["iterations"]), ""]
    tables += [*held_out_tables(named, measures), *score_tables(scored, recipe), where(args.merged.parent)]
    with atomic_open(args.table) as stream:
        stream.write("\n".join(tables) + "\n")
    stages = [stage.title for stage in recipe.stages]
    draw(summary["iterations"], stages, named, panels(named, scored, recipe), args.picture)
    write_json(args.output, summary)
    for sentence in stop_in_words(results) if recipe.most_iterations is None else ():
        print(sentence)
    cli.say_where(args.table, "summary")


def iterations(args: argparse.Namespace, recipe: Recipe) -> list[dict[str, Any]]:
    """Return what happened in each iteration: rows and right rows by stage, mean scores, losses, what is shared."""
    counts, grades = by_iteration(args.counts), by_iteration(args.row_grades)
    logs = {iteration_of(file): file for file in args.training_logs}
    found = []
    for iteration, files in sorted(counts.items()):
        known = {stage.name: stage.title for stage in recipe.stages}
        if unknown := sorted(files.keys() - known.keys()):
            raise UserError(f"{files[unknown[0]]}: the recipe {recipe.name!r} has no stage {unknown[0]!r}")
        stages = [name for name in known if name in files]
        found.append(
            {
                "iteration": iteration,
                "label": recipe.label(iteration),
                "stages": [
                    {"name": name, "title": known[name], **stage_of(files[name], grades.get(iteration, {}).get(name))}
                    for name in stages
                ],
                "mean_scores": next((read_counts(files[n])["mean_scores"] for n in stages if has_scores(files[n])), {}),
                "loss": losses(logs[iteration]) if iteration in logs else {},
                "shared_with": {name: model for name in stages if (model := model_of(files[name])) != args.model},
            }
        )
    return found


def by_iteration(files: Sequence[Path]) -> dict[int, dict[str, Path]]:
    """Return files by iteration and stage, which are in their paths."""
    found: dict[int, dict[str, Path]] = {}
    for file in files:
        found.setdefault(iteration_of(file), {})[file.stem] = file
    return found


def stage_of(counts: Path, grades: Path | None) -> dict[str, Any]:
    """Return the rows that a stage kept and, where they were graded, how many are right."""
    rows = {"rows": read_counts(counts)["kept"]}
    return rows if grades is None else {**rows, "right": read_grades(grades)}


def has_scores(counts: Path) -> bool:
    """Return whether the counts of a stage hold mean scores."""
    return "mean_scores" in read_counts(counts)


def losses(log: Path) -> dict[str, float | None]:
    """Return the last training and validation loss of a training."""
    last = {key: value for row in read_log(log) for key, value in row.items()}
    return {"training": last.get("loss"), "validation": last.get("eval_loss")}


def held_out_files(files: Sequence[Path], recipe: Recipe) -> list[Path]:
    """Return the files in the order of what was measured: by iteration, then by format; raises UserError for others."""
    formats = list(recipe.formats)
    if unknown := [file for file in files if format_of(file) not in formats]:
        raise UserError(
            f"{unknown[0]}: the recipe {recipe.name!r} has no format {format_of(unknown[0])!r}; "
            f"its formats are {', '.join(formats)}"
        )
    return sorted(files, key=lambda file: (iteration_of(file), formats.index(format_of(file))))


def accuracies(file: Path) -> dict[str, Any]:
    """Return strict and first-line accuracy of a model, the strict one by family, and what else its grader measured."""
    result = read_grades(file)
    families = {family: value["strict"]["accuracy"] for family, value in result.get("families", {}).items()}
    measures = {measure: result[measure] for measure in ACCURACIES}
    about: dict[str, Any] = {"iteration": iteration_of(file), "format": format_of(file)}
    more: dict[str, Any] = {name: result[name] for name in ("strictly_right", "measures") if name in result}
    return {**about, **measures, "families": families, **more}


def by_benchmark(files: Sequence[Path]) -> list[Path]:
    """Return the files of scores in the order in which they are shown: benchmarks as named, iterations in order."""
    places = {name: place for place, name in enumerate(dict.fromkeys(file.stem for file in files))}
    return sorted(files, key=lambda file: (places[file.stem], iteration_of(file)))


def panels(
    held_out: Sequence[tuple[str, HeldOut]], scored: Mapping[str, Sequence[Benchmark]], recipe: Recipe
) -> dict[str, Scored]:
    """Return what is drawn beside accuracies, by title: further measures, and the main score of each benchmark."""
    found: dict[str, Scored] = {"Held-out measures": {name: result.measures for name, result in held_out}}
    for kind, own in scored.items():
        main = main_scores(own)
        models = by_model(own, scored_models(recipe, own))
        found[KINDS[kind].capitalize()] = {
            name: {title: scores[title] for title in main if title in scores} for name, scores in models.items()
        }
    return found


def format_of(file: Path) -> str:
    """Return the format in which a model was asked whose result a file holds."""
    return file.stem.removeprefix("held_out_")


def iteration_of(file: Path) -> int:
    """Return the iteration that a path names; raises UserError if it names none."""
    match = re.search(r"/iter(\d+)/", f"/{file.as_posix()}")
    if match is None:
        raise UserError(f"{file}: the path names no iteration; it should lie under …/{{model}}/iter<n>/")
    return int(match[1])


def model_of(file: Path) -> str:
    """Return the model in whose folder a file lies."""
    place = next(number for number, part in enumerate(file.parts) if re.fullmatch(r"iter\d+", part))
    return file.parts[place - 1] if place else ""


def where(merged: Path) -> str:
    """Return where the last model lies, and how to talk to it."""
    return f"The last model lies in {merged}; talk to it:  python -m scripts.chat --model {merged}"


if __name__ == "__main__":
    cli.run(main, parser())
