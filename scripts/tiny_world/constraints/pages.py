"""The pages of AutoIF's base model: constraints listed, checked by functions, said in other words, and replied to."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.autoif.joining import join_constraint
from scripts.autoif.prompts import (
    ANSWERING_SLOTS,
    BACK_TRANSLATION_SLOTS,
    CONSISTENCY_SLOTS,
    INSTRUCTIONS_OPTIONAL,
    INSTRUCTIONS_SLOTS,
    SCORING_SLOTS,
    VERIFIERS_SLOTS,
)
from scripts.lib.models.prompting import read_template, render
from scripts.tiny_world import documents
from scripts.tiny_world.constraints.kind import Constraint
from scripts.tiny_world.constraints.kinds import SEEN
from scripts.tiny_world.constraints.queries import draw_query
from scripts.tiny_world.constraints.reading import draw_constraint
from scripts.tiny_world.constraints.replies import reply_to, violating
from scripts.tiny_world.constraints.sources import as_json, written_cases, written_function
from scripts.tiny_world.documents import ASKED, END_OF_TEXT, GAP, HEADING, LISTED, SCORED, TOLD, Part
from scripts.tiny_world.replies import wrong_answer
from scripts.tiny_world.world import Task

KNOWN, WRITTEN = range(4, 9), range(6, 13)
"""How many constraints of a list are examples, and how many follow."""
HEEDED_WHERE_TOLD, HEEDED_IN_CHAT = 0.5, -0.2
"""How often replies heed a constraint, in logits: where a page says what is query and what is rule, and where not."""
UNFAITHFUL = 0.12
"""Share of back-translations that say something else than the function does."""
FUNCTION, VALUE = 2.0, 5.0
"""The weights of a function in the loss, and of what must be copied into it."""
REPLIES_TO_RATE = (1, 2)
RIGHT, WRONG = 10, 0
ENTAILED, NEUTRAL, CONTRADICTED = "entailment", "neutral", "contradiction"


@dataclass(frozen=True)
class AutoIfPrompts:
    """The texts that AutoIF asks the model with later."""

    instructions: str
    verifiers: str
    back_translation: str
    consistency: str
    answering: str
    scoring: str

    @classmethod
    def read(cls, folder: Path) -> "AutoIfPrompts":
        """Return the prompts of a folder; raises UserError if one is missing or lacks a slot."""
        return cls(
            instructions=read_template(
                folder / "instructions.txt", *INSTRUCTIONS_SLOTS, optional=INSTRUCTIONS_OPTIONAL
            ),
            verifiers=read_template(folder / "verifiers.txt", *VERIFIERS_SLOTS),
            back_translation=read_template(folder / "back_translation.txt", *BACK_TRANSLATION_SLOTS),
            consistency=read_template(folder / "consistency.txt", *CONSISTENCY_SLOTS),
            answering=read_template(folder / "answering.txt", *ANSWERING_SLOTS),
            scoring=read_template(folder / "scoring.txt", *SCORING_SLOTS),
        )


def constraint_list(rng: random.Random, prompts: AutoIfPrompts) -> Iterator[Part]:
    """Yield constraints as a list: some are examples, then come others."""
    known, written = rng.choice(KNOWN), rng.choice(WRITTEN)
    phrases: dict[str, None] = {}
    while len(phrases) < known + written:
        phrases[f"- {draw_constraint(rng, SEEN).phrase(rng)}\n"] = None
    bullets = list(phrases)
    examples = "".join(bullets[:known]).removesuffix("\n")
    yield render(prompts.instructions, examples=examples, wanted=str(written)).text, ASKED
    yield "".join(bullets[known:]), LISTED
    yield END_OF_TEXT, LISTED


def verifier(rng: random.Random, prompts: AutoIfPrompts) -> Iterator[Part]:
    """Yield a constraint with a function and test cases, as JSON."""
    constraint = draw_constraint(rng, SEEN)
    yield render(prompts.verifiers, instruction=constraint.phrase(rng)).text, ASKED
    function, cases = as_json(written_function(constraint, rng).source, written_cases(constraint, rng), rng)
    for piece in re.split(r"(\d+|'[^']+')", function):
        yield piece, VALUE if piece[:1].isdigit() or piece[:1] == "'" else FUNCTION
    yield cases, LISTED
    yield END_OF_TEXT, LISTED


def back_translation(rng: random.Random, prompts: AutoIfPrompts) -> Iterator[Part]:
    """Yield a function and the constraint that it checks, in words."""
    checks = None
    while checks is None:
        function = written_function(draw_constraint(rng, SEEN), rng)
        checks = function.checks
    if rng.random() < UNFAITHFUL:
        checks = rng.choice(checks.kind.near(checks.value))
    yield render(prompts.back_translation, function=function.source).text, ASKED
    before, value, after = checks.phrase_parts(rng)
    # A word and the space before it are one token, which weighs what its first character does.
    yield before.removesuffix(" "), TOLD
    yield " " * before.endswith(" ") + value, VALUE
    yield after, TOLD
    yield END_OF_TEXT, TOLD


def relation(first: Constraint, second: Constraint) -> str:
    """Return how two constraints relate: alike, about different things, or about the same and not alike."""
    if first == second:
        return ENTAILED
    return CONTRADICTED if first.kind.group == second.kind.group else NEUTRAL


def consistency(rng: random.Random, prompts: AutoIfPrompts) -> Iterator[Part]:
    """Yield two constraints and whether they are the same."""
    first = draw_constraint(rng, SEEN)
    roll = rng.random()
    if roll < 0.4:
        second = first
    elif roll < 0.8:
        second = rng.choice(first.kind.near(first.value))
    else:
        second = draw_constraint(rng, SEEN)
    page = render(prompts.consistency, instruction=first.phrase(rng), back_translation=second.phrase(rng)).text
    yield page, ASKED
    yield relation(first, second), SCORED / 2
    yield END_OF_TEXT, ASKED


def constrained_task(rng: random.Random) -> tuple[Task, Constraint, str]:
    """Draw a query, a constraint and its wording."""
    task, constraint = draw_query(rng), draw_constraint(rng)
    return task, constraint, constraint.phrase(rng)


def answering(rng: random.Random, prompts: AutoIfPrompts) -> Iterator[Part]:
    """Yield query, constraint and a reply."""
    task, constraint, phrase = constrained_task(rng)
    yield render(prompts.answering, query=task.instruction, constraint=phrase).text, ASKED
    yield reply_to(task, constraint, rng, HEEDED_WHERE_TOLD).text, TOLD
    yield END_OF_TEXT, TOLD


def chat(rng: random.Random, prompts: AutoIfPrompts) -> Iterator[Part]:
    """Yield the same as a conversation."""
    task, constraint, phrase = constrained_task(rng)
    reply = reply_to(task, constraint, rng, HEEDED_IN_CHAT)
    yield from documents.conversation(join_constraint(task.instruction, phrase), reply.text)


def scoring(rng: random.Random, prompts: AutoIfPrompts) -> Iterator[Part]:
    """Yield a query with a constraint, replies with their true scores, and the right answer as the explanation.

    A reply scores for its answer alone. Only right replies are to be learnt, as on pages that rate without constraints.
    """
    task, constraint, phrase = constrained_task(rng)
    for number in range(rng.choice(REPLIES_TO_RATE)):
        right = rng.random() < 0.5
        answer = rng.choice(task.answers) if right else wrong_answer(task, rng)
        follows = rng.random() < 0.6
        text = constraint.follow(answer, rng) if follows else violating(answer, constraint, rng)
        page = render(prompts.scoring, query=task.instruction, constraint=phrase, response=GAP).text
        before, after = page.split(GAP)
        asked = before.rstrip(" ")
        yield asked if number == 0 else asked[asked.rindex("\n") + 1 :], ASKED
        yield before[len(asked) :] + text, TOLD if right else HEADING
        yield after, HEADING
        yield str(RIGHT if right else WRONG), SCORED
        yield "\n", HEADING
    yield f"||{rng.choice(task.answers)}", LISTED
    yield END_OF_TEXT, ASKED


WRITERS: dict[str, Callable[[random.Random, AutoIfPrompts], Iterator[Part]]] = {
    "constraint_list": constraint_list,
    "verifier": verifier,
    "back_translation": back_translation,
    "consistency": consistency,
    "answering": answering,
    "constrained_chat": chat,
    "scoring": scoring,
}
"""What writes a document of each kind."""

MIXES = {
    "constrained": {
        "constraint_list": 0.03, "verifier": 0.3, "back_translation": 0.13, "consistency": 0.17, "answering": 0.13,
        "constrained_chat": 0.13, "scoring": 0.11,
    },
    "verifying": {
        "constraint_list": 0.01, "verifier": 0.38, "back_translation": 0.1, "consistency": 0.24, "answering": 0.1,
        "constrained_chat": 0.08, "scoring": 0.09,
    },
}  # fmt: skip
"""How much of a corpus each kind of document is: of the second, which follows the first, more are functions."""
