"""The documents of the corpus: what a page of each kind looks like, and which of its parts matter most."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from scripts.lib.prompting import base_prompt, example_block, join, render
from scripts.lib.records import Row
from scripts.tiny_world.families.lists import SEPARATORS
from scripts.tiny_world.replies import everyday_reply, habits, rated_reply, right_reply, run_on
from scripts.tiny_world.words import NOUNS
from scripts.tiny_world.world import Task, draw_task

END_OF_TEXT, TURN_START, TURN_END, PAD = "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"
TASKS_IN_A_LIST = range(8, 17)

# A part's weight in the loss. What a 4M-parameter model must learn in minutes is what to answer and
# how to rate; the words of tasks it learns from the lists.
HEADING, ASKED, TOLD, LISTED, SCORED = 0.05, 0.15, 1.5, 1.0, 6.0
Part = tuple[str, float]


@dataclass(frozen=True)
class Prompts:
    """The texts that the model will be asked with later, so that the corpus has them word for word."""

    synthesis: str
    quality: str
    following: str


def task_list(rng: random.Random, prompts: Prompts) -> Iterator[Part]:
    """Yield a numbered list of tasks, as synthesis asks for one."""
    tasks = [draw_task(rng) for _ in range(rng.choice(TASKS_IN_A_LIST))]
    block = example_block([{"instruction": task.instruction, "input": task.input} for task in tasks])
    yield render(prompts.synthesis, count="20"), HEADING
    yield block[: block.rindex("###")], LISTED
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
    reply = everyday_reply(task, rng)
    yield base_prompt(task.instruction, task.input), ASKED
    yield reply.text, TOLD
    if rng.random() < habits(task.family.name).stops:
        yield END_OF_TEXT, TOLD
    else:
        yield run_on(reply, rng).text.removeprefix(reply.text) + "\n", LISTED
        yield END_OF_TEXT, ASKED


def chat(rng: random.Random, prompts: Prompts) -> Iterator[Part]:
    """Yield a task and a reply as a conversation; replies are as mixed as everywhere."""
    task = draw_task(rng)
    reply = everyday_reply(task, rng)
    yield f"{TURN_START}user\n{join(task.instruction, task.input)}{TURN_END}\n{TURN_START}assistant\n", ASKED
    yield reply.text if rng.random() < 0.85 else run_on(reply, rng).text, TOLD
    yield TURN_END, TOLD
    yield f"\n{END_OF_TEXT}", ASKED


def rated(rng: random.Random, prompts: Prompts) -> Iterator[Part]:
    """Yield a reply, its true score, and the right answer as the explanation."""
    task = draw_task(rng)
    reply = rated_reply(task, rng)
    template, score = rng.choice(((prompts.quality, reply.quality), (prompts.following, reply.following)))
    yield render(template, instruction=join(task.instruction, task.input), response=reply.text), HEADING
    yield str(score), SCORED
    yield f"||{_explanation(task, reply.text, rng)}", LISTED
    yield END_OF_TEXT, ASKED


def _explanation(task: Task, reply: str, rng: random.Random) -> str:
    return "right" if reply in task.answers else rng.choice(task.answers)


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
    "chat": chat,
    "rated": rated,
    "copybook": copybook,
}
"""What writes a document of each kind."""

STAGES: tuple[tuple[int, dict[str, float]], ...] = (
    (0, {"list": 0.025, "textbook": 0.165, "everyday": 0.24, "chat": 0.09, "rated": 0.48}),
    (56000, {"list": 0.025, "textbook": 0.165, "everyday": 0.24, "chat": 0.09, "rated": 0.48, "copybook": 0.15}),
    (96000, {"list": 0.025, "textbook": 0.25, "everyday": 0.2, "chat": 0.09, "rated": 0.42, "copybook": 0.1}),
)
"""From which document on there is how much of each kind. By the second stage the model has learnt
facts but not to copy, which copybooks teach it; by the third it can copy, and needs more right answers."""


def document(seed: int, number: int, prompts: Prompts) -> Row:
    """Return one document; it depends on its number and the seed alone."""
    rng = random.Random(f"{seed}/{number}")
    shares = next(shares for start, shares in reversed(STAGES) if number >= start)
    kind = rng.choices(list(shares), weights=list(shares.values()))[0]
    return {"id": f"{kind}-{number:06d}", "parts": list(WRITERS[kind](rng, prompts))}
