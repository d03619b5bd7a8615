"""Expected scores from one token beside ratings written as free text up to the limit, and how good both are."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sklearn.metrics import roc_auc_score

from benchmarks import streaming
from benchmarks.comparing import rates, values
from benchmarks.results import Fact, Report
from benchmarks.setup import Setup
from benchmarks.sides import Task, Work, alone, alternate
from scripts.isheep.assessment import CRITERIA, read_templates, score_request
from scripts.lib.engines import open_engine
from scripts.lib.engines.base import EngineSettings
from scripts.lib.engines.requests import Request
from scripts.lib.engines.scores import DECIDED, expected_score, parse_score
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.hashing import seed_of
from scripts.tiny_world.replies import rated_reply
from scripts.tiny_world.world import draw_task

LIMIT = 256
"""Tokens of a free-text rating; published: 1,000, which the tiny model's context does not hold."""

FORCED = f"one step beside {LIMIT} tokens of free text"

LABELLED = 400
"""Answers by which the quality of scores is measured."""

TEMPLATES = Path("config/prompts/tiny/assessment")


@dataclass(frozen=True)
class Labelled:
    """An answer with the requests for its scores, one for each criterion, and whether it is right."""

    requests: Sequence[Request]
    right: bool


def measure(setup: Setup) -> Report:
    """Compare generated tokens and time, and the AUC of both kinds of score on answers known to be right or wrong."""
    sizes = setup.sizes(8, 16, 48)
    answers = labelled_answers(setup.size(LABELLED))
    arguments = (setup.model, answers, setup.threads)
    sides = alternate(Task(expected, arguments, sizes), Task(free_text, arguments, sizes), setup.rounds, setup.log)
    report = rates("assessment", f"{FORCED}: answers rated", "answers", sides, bar=5, size="answers rated")
    what = f"{FORCED}: tokens generated for {max(sizes) * len(CRITERIA)} ratings"
    report.comparisons.append(
        values("assessment", what, "tokens", lambda run: run.counted["tokens"], sides, bar=50, less_is_better=True)
    )
    report.facts += _quality(setup, arguments)
    return report


def _quality(setup: Setup, arguments: tuple[Path, Sequence[Labelled], int]) -> list[Fact]:
    """Return how well both kinds of score tell right answers from wrong ones.

    A parsed score is decided by the number that a text begins with, so that texts stopped there have the
    scores of texts written up to the limit, and many can be had.
    """
    answers = arguments[1]
    runs = [alone(Task(each, arguments, [len(answers)]), setup.log).largest[0] for each in (expected, stopped)]
    right = [answer.right for answer in answers]
    # A rating that cannot be parsed keeps its row from being selected, as the lowest score does.
    aucs = [roc_auc_score(right, [score or 0.0 for score in run.counted["scores"]]) for run in runs]
    unread = runs[1].counted["scores"].count(None) / len(answers)
    written = runs[1].counted["tokens"] / len(answers) / len(CRITERIA)
    return [
        Fact("assessment", f"AUC of the expected scores of {len(answers)} labelled answers", aucs[0], least=aucs[1]),
        Fact("assessment", "AUC of the parsed scores of the same answers", aucs[1]),
        Fact("assessment", "answers of which a parsed rating cannot be read", 100 * unread, "%"),
        Fact("assessment", "tokens of a parsed rating, which stops at the number", written),
    ]


def labelled_answers(count: int) -> list[Labelled]:
    """Return answers to held-out tasks of the tiny world, about half of them right, in the rating prompts."""
    rng = random.Random(1)
    templates = read_templates([TEMPLATES / f"{criterion}.txt" for criterion in CRITERIA])
    found = []
    for number in range(count):
        task = draw_task(rng, held_out=True)
        reply = rated_reply(task, rng)
        row = {"id": f"{number:04d}", "instruction": task.instruction, "input": task.input, "output": reply.text}
        asked = [score_request(templates, criterion, row) for criterion in CRITERIA]
        found.append(Labelled(asked, reply.content_right and reply.form_right))
    return found


def expected(model: Path, answers: Sequence[Labelled], threads: int) -> Work:
    """Return the work of rating the first answers by the probabilities of the scores."""
    engine = open_engine("transformers", load_manifest(model), EngineSettings(dtype="float32", cpu_threads=threads))

    def work(size: int) -> dict[str, Any]:
        asked = _requests(answers[:size])
        rows = {row["id"]: row for _, unit in engine.run(engine.plan(asked)) for row in unit}
        scores = [expected_score(rows[request.id]["probabilities"], 0.0) for request in asked]
        # One step of the model for each rating, in which it writes nothing.
        return {"answers": size, "scores": _means(scores), "tokens": len(asked)}

    work(1)
    return work


def stopped(model: Path, answers: Sequence[Labelled], threads: int) -> Work:
    """Return the work of rating the first answers by text that ends where the score is decided."""
    engine = open_engine("transformers", load_manifest(model), EngineSettings(dtype="float32", cpu_threads=threads))

    def work(size: int) -> dict[str, Any]:
        asked = [
            replace(each, task="generate", max_tokens=LIMIT, top_p=0.95, until=DECIDED, seed=seed_of(1, each.id))
            for each in _requests(answers[:size])
        ]
        rows = {row["id"]: row for _, unit in engine.run(engine.plan(asked)) for row in unit}
        scores = [parse_score(rows[request.id]["text"]) for request in asked]
        return {"scores": _means(scores), "tokens": sum(row["output_tokens"] for row in rows.values())}

    return work


def free_text(model: Path, answers: Sequence[Labelled], threads: int) -> Work:
    """Return the work of rating the first answers by free text, 32 at a time, as a model that does not stop.

    A base model that is asked for a number and an explanation goes on to the limit. The tiny model has
    learned to stop after the number, so it is kept from that here.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(threads)
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
    chosen = {"do_sample": True, "temperature": 1.0, "top_p": 0.95, "top_k": 0}

    def work(size: int) -> dict[str, Any]:
        torch.manual_seed(1)
        prompts = [request.prompt for request in _requests(answers[:size])]
        texts: list[str] = []
        for start in range(0, len(prompts), streaming.BATCH):
            batch = tokenizer(prompts[start : start + streaming.BATCH], return_tensors="pt", padding=True)
            limits = {"min_new_tokens": LIMIT, "max_new_tokens": LIMIT, "pad_token_id": tokenizer.pad_token_id}
            asked = {name: batch[name] for name in ("input_ids", "attention_mask")}
            with torch.inference_mode():
                ids = loaded.generate(**asked, **limits, **chosen)
            texts += tokenizer.batch_decode(ids[:, asked["input_ids"].shape[1] :], skip_special_tokens=True)
        return {"answers": size, "scores": _means([parse_score(text) for text in texts]), "tokens": LIMIT * len(texts)}

    work(1)
    return work


def _requests(answers: Sequence[Labelled]) -> list[Request]:
    """Return the requests for all scores, both criteria of an answer one after the other."""
    return [request for answer in answers for request in answer.requests]


def _means(scores: Sequence[float | None]) -> list[float | None]:
    """Return the mean over the criteria of each answer; None where one is missing."""
    pairs = [scores[start : start + len(CRITERIA)] for start in range(0, len(scores), len(CRITERIA))]
    return [None if None in pair else sum(score or 0 for score in pair) / len(pair) for pair in pairs]
