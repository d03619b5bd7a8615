"""Expected scores from one token beside ratings written as free text up to the limit, and how good both are."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.metrics import roc_auc_score

from benchmarks import streaming
from benchmarks.comparing import rates, values
from benchmarks.results import Fact, Report
from benchmarks.setup import Setup
from benchmarks.sides import Run, Task, Work, alone, alternate
from scripts.lib.engines import open_engine
from scripts.lib.engines.base import EngineSettings
from scripts.lib.engines.requests import Request
from scripts.lib.manifest import load_manifest
from scripts.lib.prompting import read_template
from scripts.lib.rating import DECIDED, expected_score, parse_score
from scripts.lib.ratings import CRITERIA, SCORES, rating_key, rating_prompt, shared_beginning
from scripts.lib.records import seed_of
from scripts.tiny_world.replies import rated_reply
from scripts.tiny_world.world import draw_task

LIMIT = 256
"""Tokens of a free-text rating; published: 1,000, which the tiny model's context does not hold."""

TEMPLATES = Path("config/prompts/tiny/assessment")


@dataclass(frozen=True)
class Labelled:
    """An answer with the prompts that ask for its ratings, by criterion, how many first characters they share,
    and whether it is right."""

    prompts: Mapping[str, str]
    shared: int
    right: bool


def measure(setup: Setup) -> Report:
    """Compare generated tokens and time, and the AUC of both kinds of score on answers known to be right or wrong."""
    sizes = setup.sizes(8, 16, 48)
    answers = labelled_answers(max(sizes))
    arguments = (setup.model, answers, setup.threads)
    sides = alternate(Task(expected, arguments, sizes), Task(free_text, arguments, sizes), setup.rounds, setup.log)
    parsed = alone(Task(stopped_at_the_number, arguments, sizes[-1:]), setup.log).largest[0]
    ratings = f"{len(answers) * len(CRITERIA)} ratings"
    report = rates("assessment", "answers rated", "answers", sides, bar=5, size="answers rated")
    what = f"tokens generated for {ratings}"
    report.comparisons.append(
        values("assessment", what, "tokens", lambda run: run.counted["tokens"], sides, bar=50, less_is_better=True)
    )
    report.facts += _quality(answers, sides[0].largest[0], sides[1].largest[0])
    report.facts.append(
        Fact("assessment", f"tokens for {ratings} that are parsed, stopped at the number", parsed.counted["tokens"])
    )
    return report


def _quality(answers: Sequence[Labelled], ours: Run, reference: Run) -> list[Fact]:
    right = [answer.right for answer in answers]
    # A rating that cannot be parsed keeps its row from being selected, as the lowest score does.
    aucs = [roc_auc_score(right, [score or 0.0 for score in run.counted["scores"]]) for run in (ours, reference)]
    unread = reference.counted["scores"].count(None) / len(answers)
    return [
        Fact("assessment", f"AUC of the expected scores of {len(answers)} labelled answers", aucs[0], least=aucs[1]),
        Fact("assessment", "AUC of the parsed scores of the same answers", aucs[1]),
        Fact("assessment", "answers of which a free-text rating cannot be parsed", 100 * unread, "%"),
    ]


def labelled_answers(count: int) -> list[Labelled]:
    """Return answers to held-out tasks of the tiny world, about half of them right, in the rating prompts."""
    rng = random.Random(1)
    templates = {
        criterion: read_template(TEMPLATES / f"{criterion}.txt", "instruction", "response") for criterion in CRITERIA
    }
    found = []
    for _ in range(count):
        task = draw_task(rng, held_out=True)
        reply = rated_reply(task, rng)
        row = {"instruction": task.instruction, "input": task.input, "output": reply.text}
        prompts = {criterion: rating_prompt(template, row) for criterion, template in templates.items()}
        shared = shared_beginning(templates.values(), templates[CRITERIA[0]], row)
        found.append(Labelled(prompts, shared, reply.content_right and reply.form_right))
    return found


def expected(model: Path, answers: Sequence[Labelled], threads: int) -> Work:
    """Return the work of rating the first answers by the probabilities of the scores."""
    engine = open_engine("transformers", load_manifest(model), EngineSettings(cpu_threads=threads))

    def work(size: int) -> dict[str, Any]:
        asked = [
            Request(key, "score", prompt, choices=SCORES, shared=shared)
            for key, prompt, shared in _prompts(answers[:size])
        ]
        rows = {row["id"]: row for _, unit in engine.run(engine.plan(asked)) for row in unit}
        scores = [expected_score(rows[request.id]["probabilities"], 0.0) for request in asked]
        # One step of the model for each rating, in which it writes nothing.
        return {"answers": size, "scores": _means(scores), "tokens": len(asked)}

    work(1)
    return work


def stopped_at_the_number(model: Path, answers: Sequence[Labelled], threads: int) -> Work:
    """Return the work of rating the first answers by text that ends where the score is decided."""
    engine = open_engine("transformers", load_manifest(model), EngineSettings(cpu_threads=threads))

    def work(size: int) -> dict[str, Any]:
        asked = [
            Request(key, "generate", prompt, LIMIT, top_p=0.95, until=DECIDED, seed=seed_of(1, key))
            for key, prompt, _ in _prompts(answers[:size])
        ]
        return streaming.answer(engine, asked)

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
        prompts = [prompt for _, prompt, _ in _prompts(answers[:size])]
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


def _prompts(answers: Sequence[Labelled]) -> list[tuple[str, str, int]]:
    """Return the id of every rating, its prompt and what the prompt shares, both criteria of an answer in turn."""
    return [
        (rating_key(f"{place:04d}", criterion, 1), prompt, answer.shared)
        for place, answer in enumerate(answers)
        for criterion, prompt in answer.prompts.items()
    ]


def _means(scores: Sequence[float | None]) -> list[float | None]:
    """Return the mean over the criteria of each answer; None where one is missing."""
    pairs = [scores[start : start + len(CRITERIA)] for start in range(0, len(scores), len(CRITERIA))]
    return [None if None in pair else sum(score or 0 for score in pair) / len(pair) for pair in pairs]
