"""Multiple choice: each prompt read once for its four choices, beside once for each choice, with the same engine."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import requests
from benchmarks.comparing import rates
from benchmarks.results import Fact, Report
from benchmarks.setup import Computing, Setup
from benchmarks.sides import Side, Task, Work, alternate
from scripts.lib.engines import open_engine
from scripts.lib.engines.requests import Request
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.jsonl import Row

CHOICES = 4
LETTERS = tuple(f" {letter}" for letter in "ABCD")
SHOWN = 5
"""Examples before a question whose choices are letters, as MMLU is asked."""
LONGEST_PROMPT, LONGEST_CHOICE = 900, 200
"""Tokens of a prompt, which leave room in a context of 1,024, and characters of a choice that is a sentence."""
LEAST_RATIO = 2.0


def measure(setup: Setup) -> Report:
    """Compare questions answered per second, and count the decisions that differ."""
    count = setup.size(60)
    kinds = {"letters": with_letters(setup.model, count), "sentences": with_sentences(setup.model, count)}
    report = Report()
    for engine in ("transformers", *(["vllm"] if find_spec("vllm") else [])):
        for kind, asked in kinds.items():
            what = f"{engine}, {kind}"
            passes = ([asked], [one_choice(asked, number) for number in range(CHOICES)])
            tasks = [Task(decided, (engine, setup.model, each, setup.how), [count]) for each in passes]
            sides = alternate(tasks[0], tasks[1], setup.rounds, setup.log)
            # vLLM reads a prompt for each choice either way, and choices as long as their prompt leave little to gain.
            bar = LEAST_RATIO if (engine, kind) == ("transformers", "letters") else None
            name = f"{what}: each prompt once (reference: once for each of four choices), questions"
            report.add(rates("choices", name, "questions", sides, bar=bar, size=f"questions, {what}"))
            report.facts.append(_differing(what, *sides))
    return report


def _differing(what: str, ours: Side, reference: Side) -> Fact:
    pairs = zip(*(side.largest[0].counted["decisions"] for side in (ours, reference)), strict=True)
    return Fact("choices", f"decisions that differ, {what}", sum(mine != theirs for mine, theirs in pairs), most=0)


def with_letters(model: Path, count: int) -> list[Request]:
    """Return questions after examples, whose choices stand in the prompt and are answered by their letters."""
    rows = requests.fitting_rows(model, 20 * count, LONGEST_PROMPT // 4)
    blocks = [f"{row['instruction']}\n{row['input']}\n{_listed(rows, place)}Answer:" for place, row in enumerate(rows)]
    prompts = (
        "\n\n".join([*(f"{block} A" for block in blocks[place : place + SHOWN]), blocks[place + SHOWN]])
        for place in range(0, len(blocks) - SHOWN, SHOWN + 1)
    )
    return _fitting(model, ((prompt, LETTERS) for prompt in prompts), count)


def _listed(rows: Sequence[Row], place: int) -> str:
    choices = zip(LETTERS, _sentences(rows, place), strict=True)
    return "".join(f"{letter.strip()}. {sentence}\n" for letter, sentence in choices)


def with_sentences(model: Path, count: int) -> list[Request]:
    """Return questions without examples, whose choices are sentences that follow the prompt."""
    rows = requests.fitting_rows(model, 4 * count, LONGEST_PROMPT)
    asked = (
        (f"{row['instruction']}\n{row['input']}\nAnswer:", tuple(f" {each}" for each in _sentences(rows, place)))
        for place, row in enumerate(rows)
    )
    return _fitting(model, asked, count)


def _sentences(rows: Sequence[Row], place: int) -> list[str]:
    """Return the beginnings of four outputs, the row's own first."""
    return [_sentence(rows[(place + step) % len(rows)]) for step in range(CHOICES)]


def _sentence(row: Row) -> str:
    return str(row["output"])[:LONGEST_CHOICE].partition("\n")[0] or "none"


def _fitting(model: Path, asked: Iterable[tuple[str, tuple[str, ...]]], count: int) -> list[Request]:
    """Return so many requests, of those whose prompts the model's context holds."""
    tokenizer = load_tokenizer(model)
    found = (
        Request(f"question-{number:04d}", "loglikelihood", prompt, continuations=choices)
        for number, (prompt, choices) in enumerate(asked)
        if len(tokenizer(prompt).input_ids) <= LONGEST_PROMPT
    )
    return list(islice(found, count))


def one_choice(asked: Sequence[Request], number: int) -> list[Request]:
    """Return the same requests, each about one of its choices alone."""
    return [replace(request, continuations=request.continuations[number : number + 1]) for request in asked]


def decided(name: str, model: Path, passes: Sequence[Sequence[Request]], how: Computing) -> Work:
    """Return the work of deciding questions with one of our engines, which is asked in one pass or several.

    What is asked in different passes is in different batches, and so no prompt is read for two of them.
    """
    engine = open_engine(name, load_manifest(model), how.engine(eager=how.device == "cpu"))
    list(engine.run(engine.plan(passes[0][:1])))

    def work(size: int) -> dict[str, Any]:
        found: dict[str, list[float]] = {}
        for asked in passes:
            for row in (row for _, unit in engine.run(engine.plan(asked)) for row in unit):
                found.setdefault(row["id"], []).extend(row["loglikelihoods"])
        decisions = [max(range(CHOICES), key=found[request.id].__getitem__) for request in passes[0]]
        return {"questions": len(decisions), "decisions": decisions}

    return work
