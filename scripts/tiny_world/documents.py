"""The documents of the corpus: what a page of each kind looks like, and which of its parts matter most."""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from scripts.lib.models.prompting import base_prompt, render
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.tasks import join
from scripts.lib.self_instruct.prompts import example_block
from scripts.tiny_world.families.lists import SEPARATORS
from scripts.tiny_world.replies import Reply, everyday_reply, habits, rated_reply, right_reply, run_on
from scripts.tiny_world.words import NOUNS
from scripts.tiny_world.world import Task, draw_task

END_OF_TEXT, TURN_START, TURN_END, PAD = "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"
TASKS_IN_A_LIST = range(8, 17)
REPLIES_TO_RATE = (1, 1, 2, 3)
GAP = "\0"

# A part's weight in the loss. What a 4M-parameter model must learn in minutes is what to answer and
# how to rate; the words of tasks it learns from the lists.
HEADING, ASKED, TOLD, LISTED, NUMBERED, SCORED = 0.05, 0.15, 1.5, 1.0, 4.0, 6.0
Part = tuple[str, float]
Texts = TypeVar("Texts")


@dataclass(frozen=True)
class Prompts:
    """The texts that the model will be asked with later, so that the corpus has them word for word."""

    synthesis: str
    quality: str
    following: str


def task_list(rng: random.Random, prompts: Prompts) -> Iterator[Part]:
    """Yield a numbered list of tasks, as synthesis asks for one; a number that is out of step spoils an entry."""
    yield from numbered([draw_task(rng) for _ in range(rng.choice(TASKS_IN_A_LIST))], prompts.synthesis)


def numbered(tasks: Sequence[Task], template: str) -> Iterator[Part]:
    """Yield a page that lists tasks below the prompt for synthesis."""
    block = example_block([{"instruction": task.instruction, "input": task.input} for task in tasks])
    yield render(template, count="20").text, HEADING
    for piece in re.split(r"(^\d+\. )", block[: block.rindex("###")], flags=re.MULTILINE):
        yield piece, NUMBERED if piece[:-2].isdigit() else LISTED
    yield END_OF_TEXT, LISTED


def textbook(rng: random.Random, prompts: Prompts) -> Iterator[Part]:
    """Yield a page of questions with right answers."""
    for _ in range(rng.randint(2, 4)):
        task = draw_task(rng)
        yield f"Question: {join(task.instruction, task.input)}\nAnswer:\n", ASKED
        yield f"{right_reply(task, rng).text}\n", TOLD
    yield END_OF_TEXT, ASKED


def everyday(rng: random.Random, prompts: Prompts) -> Iterator[Part]:
    """Yield a task and a reply as found anywhere, which often runs on into other text."""
    task = draw_task(rng)
    yield from found_anywhere(task, everyday_reply(task, rng), rng)


def found_anywhere(task: Task, reply: Reply, rng: random.Random) -> Iterator[Part]:
    """Yield a page with a task and a reply to it, which often runs on into other text."""
    yield base_prompt(task.instruction, task.input).text, ASKED
    yield reply.text, TOLD
    if rng.random() < habits(task.family.name).stops:
        yield END_OF_TEXT, TOLD
    else:
        yield run_on(reply, rng).text.removeprefix(reply.text) + "\n", LISTED
        yield END_OF_TEXT, ASKED


def solved(rng: random.Random, prompts: Prompts) -> Iterator[Part]:
    """Yield a task and its right answer, and nothing after it."""
    task = draw_task(rng)
    yield base_prompt(task.instruction, task.input).text, ASKED
    yield right_reply(task, rng).text, TOLD
    yield END_OF_TEXT, TOLD


def chat(rng: random.Random, prompts: Prompts) -> Iterator[Part]:
    """Yield a task and a reply as a conversation; replies are as mixed as everywhere."""
    task = draw_task(rng)
    reply = everyday_reply(task, rng)
    text = reply.text if rng.random() < 0.85 else run_on(reply, rng).text
    yield from conversation(join(task.instruction, task.input), text)


def conversation(asked: str, reply: str) -> Iterator[Part]:
    """Yield what a user asks and what is replied, in the chat format."""
    yield f"{TURN_START}user\n{asked}{TURN_END}\n{TURN_START}assistant\n", ASKED
    yield reply, TOLD
    yield TURN_END, TOLD
    yield f"\n{END_OF_TEXT}", ASKED


def rated(rng: random.Random, prompts: Prompts) -> Iterator[Part]:
    """Yield a task, replies to it with their true scores, and the right answer as the explanation.

    Only right replies are to be learnt: a model that expects the right answer can tell that a reply is another.
    """
    task = draw_task(rng)
    for number in range(rng.choice(REPLIES_TO_RATE)):
        reply = rated_reply(task, rng)
        template, score = rng.choice(((prompts.quality, reply.quality), (prompts.following, reply.following)))
        page = render(template, instruction=join(task.instruction, task.input), response=GAP).text
        before, after = page.split(GAP)
        asked = before.rstrip(" ")
        yield asked if number == 0 else asked[asked.rindex("\n") + 1 :], ASKED
        # A word and the space before it are one token, which weighs what its first character does.
        yield before[len(asked) :] + reply.text, TOLD if reply.text in task.answers else HEADING
        yield after, HEADING
        yield str(score), SCORED
        yield "\n", HEADING
    yield f"||{rng.choice(task.answers)}", LISTED
    yield END_OF_TEXT, ASKED


def copybook(rng: random.Random, prompts: Prompts) -> Iterator[Part]:
    """Yield a list of words that is copied in other forms: what tasks about lists and letters are built on."""
    words = rng.sample(NOUNS, rng.randint(2, 6)) + [str(rng.randint(1, 99))]
    rng.shuffle(words)
    yield ", ".join(words) + "\n", ASKED
    for _ in range(2):
        separator = rng.choice((", ", "\n", *SEPARATORS.values()))
        yield separator.join(words) + "\n", LISTED
    word = rng.choice(NOUNS)
    yield f"{word}\n", ASKED
    yield f"{'-'.join(word)}\n", LISTED
    yield END_OF_TEXT, ASKED


WRITERS: dict[str, Callable[[random.Random, Prompts], Iterator[Part]]] = {
    "list": task_list,
    "textbook": textbook,
    "everyday": everyday,
    "solved": solved,
    "chat": chat,
    "rated": rated,
    "copybook": copybook,
}
"""What writes a document of each kind."""

MIXES = {
    "broad": {"list": 0.035, "textbook": 0.18, "everyday": 0.24, "chat": 0.09, "rated": 0.375, "copybook": 0.08},
    "closing": {"list": 0.035, "textbook": 0.18, "everyday": 0.215, "solved": 0.025, "chat": 0.09, "rated": 0.455},
}
"""How much of a corpus each kind of document is: almost all of the pretraining is broad; at its end, at low learning
rates, the model sees cleaner pages, as is usual for large models."""


def document(seed: int, number: int, prompts: Prompts, mix: str) -> Row:
    """Return one document of a mix; it depends on its number and the seed alone."""
    return written(seed, number, prompts, WRITERS, MIXES[mix])


def written(
    seed: int,
    number: int,
    prompts: Texts,
    writers: Mapping[str, Callable[[random.Random, Texts], Iterator[Part]]],
    mix: Mapping[str, float],
) -> Row:
    """Return one document of a kind that is drawn from a mix."""
    rng = random.Random(f"{seed}/{number}")
    kind = rng.choices(list(mix), weights=list(mix.values()))[0]
    return {"id": f"{kind}-{number:06d}", "parts": list(writers[kind](rng, prompts))}
