"""The pages of the mix `principled`: how people reply to tasks without an answer, with rules before them and without.

Rules in a page change its replies: a task whose reason is named by a rule gets an honest reply; any other gets
something made up, as on pages without rules.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.models.prompting import read_template
from scripts.lib.rows.tasks import join
from scripts.self_align.principles import Exemplar, Principle, read_principles
from scripts.self_align.prompts import (
    ASSISTANT_SLOTS,
    QUESTIONS_SLOTS,
    REPLYING_SLOTS,
    TOPICS_SLOTS,
    USER,
    VERBOSE_SLOTS,
    Assistant,
    questions_prompt,
    replying_prompt,
    thought_of,
    topics_prompt,
    verbose_request,
)
from scripts.tiny_world import documents
from scripts.tiny_world.documents import ASKED, END_OF_TEXT, HEADING, LISTED, NUMBERED, TOLD, Part
from scripts.tiny_world.replies import Reply, everyday_reply, right_reply, run_on
from scripts.tiny_world.unanswerable import UNANSWERABLE
from scripts.tiny_world.unanswerable.elaboration import elaborated
from scripts.tiny_world.unanswerable.family import Unanswerable
from scripts.tiny_world.unanswerable.honesty import HONEST
from scripts.tiny_world.unanswerable.questions import ASKED_BY_TYPE, draw_question, draw_topic
from scripts.tiny_world.world import Task, draw_task

TINY = Assistant(name="Tiny", cutoff="2020", introduction="I am {{name}}.")
"""The assistant of these pages, as config/examples/tiny_self_align.yaml names it."""

UNANSWERABLE_SHARE = 0.35
"""Share of tasks without an answer on everyday pages; pages with rules have more."""
UNANSWERABLE_UNDER_RULES = 0.55
HONEST_ANYWAY = 0.05
"""How often people say without being told to that there is no answer."""
HONEST_AT_LENGTH = 0.5
"""The same where long replies are asked for: there they take their time."""

EXACT, BRIEF = "exact", "brief"
"""The principles that ask for right answers, and for short ones; any other is named by the reason that it is about."""
THOUGHTS = {
    "unknown": "This is not known to me.",
    "impossible": "This cannot be.",
    "missing": "Here something is missing.",
    "personal": "This only the user knows.",
    "future": "This is still to come.",
    "forbidden": "This would do harm.",
}
ANSWERABLE_THOUGHT = "This can be answered."

ALL_PRINCIPLES_SHARE = 0.45
PRINCIPLE_SHARE = 0.6
"""A page has all principles in their order, or each with this probability, in any order."""
TURNS = (2, 3, 4, 5)
KNOWN_TOPICS = range(1, 6)
TOPICS_ASKED = 10
EXAMPLES, WANTED = (2, 2, 3), (1, 2, 3)


@dataclass(frozen=True)
class SelfAlignPrompts:
    """The texts that SELF-ALIGN asks the model with later."""

    replying: str
    principles: tuple[Principle, ...]
    verbose: str
    topics: str
    questions: str
    tasks: documents.Prompts

    @classmethod
    def read(cls, folder: Path, tasks: documents.Prompts) -> "SelfAlignPrompts":
        """Return the prompts of a folder; raises UserError if one is missing or lacks a slot."""
        return cls(
            replying=read_template(folder / "replying.txt", *REPLYING_SLOTS, optional=ASSISTANT_SLOTS),
            principles=read_principles(folder / "principles.txt"),
            verbose=read_template(folder / "verbose.txt", *VERBOSE_SLOTS, optional=ASSISTANT_SLOTS),
            topics=read_template(folder / "topics.txt", *TOPICS_SLOTS),
            questions=read_template(folder / "questions.txt", *QUESTIONS_SLOTS),
            tasks=tasks,
        )


def any_task(rng: random.Random, share: float = UNANSWERABLE_SHARE) -> Task:
    """Draw a task, with an answer or without."""
    return draw_task(rng, rng.choice(UNANSWERABLE) if rng.random() < share else None)


def reply_to(task: Task, rng: random.Random, honest: float) -> Reply:
    """Return a reply as people write it: made up, where there is no answer, or honest with this probability."""
    if not isinstance(task.family, Unanswerable):
        return everyday_reply(task, rng)
    if rng.random() < honest:
        return honest_reply(task.family, rng)
    return Reply(task.style.apply(task.family.made_up(task.slots, rng)), content_right=False, form_right=True)


def honest_reply(family: Unanswerable, rng: random.Random) -> Reply:
    """Return an honest reply; the first of its forms is the usual one."""
    return Reply(rng.choices(HONEST[family.kind], weights=(4, 1))[0], content_right=True, form_right=True)


def tasks_of_both_kinds(rng: random.Random, prompts: SelfAlignPrompts) -> Iterator[Part]:
    """Yield a numbered list of tasks with answers and without."""
    tasks = [any_task(rng) for _ in range(rng.choice(documents.TASKS_IN_A_LIST))]
    yield from documents.numbered(tasks, prompts.tasks.synthesis)


def everyday(rng: random.Random, prompts: SelfAlignPrompts) -> Iterator[Part]:
    """Yield a task and a reply as found anywhere: where there is no answer, people make something up."""
    task = any_task(rng)
    yield from documents.found_anywhere(task, reply_to(task, rng, HONEST_ANYWAY), rng)


def chat(rng: random.Random, prompts: SelfAlignPrompts) -> Iterator[Part]:
    """Yield the same as a conversation."""
    task = any_task(rng)
    reply = reply_to(task, rng, HONEST_ANYWAY)
    text = reply.text if rng.random() < 0.85 else run_on(reply, rng).text
    yield from documents.conversation(join(task.instruction, task.input), text)


def verbose(rng: random.Random, prompts: SelfAlignPrompts) -> Iterator[Part]:
    """Yield a conversation in which a long reply is asked for and given."""
    task = any_task(rng)
    reply = reply_to(task, rng, HONEST_AT_LENGTH)
    asked = verbose_request(prompts.verbose, TINY, task.instruction, task.input)
    yield from documents.conversation(asked, elaborated(task.family, reply, rng))


def under_rules(rng: random.Random, prompts: SelfAlignPrompts) -> Iterator[Part]:
    """Yield rules, and tasks with thoughts that name the rule which the reply follows."""
    principles = some_principles(rng, prompts.principles)
    turns = [worked(rng, principles) for _ in range(rng.choice(TURNS))]
    last = turns[-1]
    prompt = replying_prompt(prompts.replying, principles, turns[:-1], TINY, last.instruction, last.input).text
    page = f"{prompt} {thought_of(last, principles, TINY)}\n\n{TINY.says} {last.output}"
    heading, first, turns_text = page.partition(USER)
    yield heading, HEADING
    for piece in re.split(rf"^({re.escape(TINY.name)}(?: \(|:).*\n\n)", first + turns_text, flags=re.MULTILINE):
        if piece:
            yield piece, TOLD if piece.startswith(TINY.name) else ASKED
    yield END_OF_TEXT, TOLD


def some_principles(rng: random.Random, principles: tuple[Principle, ...]) -> tuple[Principle, ...]:
    """Return all principles, or some of them in another order, with the numbers that they have there."""
    if rng.random() < ALL_PRINCIPLES_SHARE:
        return principles
    chosen = [rule for rule in principles if rng.random() < PRINCIPLE_SHARE]
    if not any(rule.name in (EXACT, BRIEF) for rule in chosen):
        chosen += [rule for rule in principles if rule.name == BRIEF]
    rng.shuffle(chosen)
    return tuple(Principle(number, rule.name, rule.text) for number, rule in enumerate(chosen, start=1))


def worked(rng: random.Random, principles: tuple[Principle, ...]) -> Exemplar:
    """Return a task with the thought and the reply that the principles lead to."""
    task = any_task(rng, UNANSWERABLE_UNDER_RULES)
    number = {rule.name: rule.number for rule in principles}
    family = task.family
    if isinstance(family, Unanswerable) and family.kind in number:
        text = honest_reply(family, rng).text
        return Exemplar(task.instruction, task.input, THOUGHTS[family.kind], (number[family.kind],), text)
    exact = EXACT in number
    reply = right_reply(task, rng) if exact and not isinstance(family, Unanswerable) else reply_to(task, rng, 0)
    rule = number[EXACT if exact else BRIEF]
    return Exemplar(task.instruction, task.input, ANSWERABLE_THOUGHT, (rule,), reply.text)


def topic_list(rng: random.Random, prompts: SelfAlignPrompts) -> Iterator[Part]:
    """Yield a list of topics of a type of questions."""
    family = rng.choice(ASKED_BY_TYPE)
    topics = list(dict.fromkeys(draw_topic(rng, family) for _ in range(60)))
    known = rng.choice(KNOWN_TOPICS)
    prompt = topics_prompt(prompts.topics, family.question_type, topics[:known], TOPICS_ASKED).text
    yield prompt, ASKED
    for number, topic in enumerate(topics[known : known + TOPICS_ASKED], start=known + 1):
        if number > known + 1:
            yield f"{number}.", NUMBERED
        yield f" {topic}\n", LISTED
    yield END_OF_TEXT, LISTED


def question_list(rng: random.Random, prompts: SelfAlignPrompts) -> Iterator[Part]:
    """Yield questions for types and topics: some are examples, then come the wanted ones."""
    examples = [draw_question(rng, rng.choice(ASKED_BY_TYPE)) for _ in range(rng.choice(EXAMPLES))]
    wanted = [draw_question(rng, rng.choice(ASKED_BY_TYPE)) for _ in range(rng.choice(WANTED))]
    yield questions_prompt(prompts.questions, examples, wanted).text, ASKED
    for number, question in enumerate(wanted, start=len(examples) + 1):
        if number > len(examples) + 1:
            yield f"{question.hint(number)}, instruction:", LISTED
        yield f" {question.instruction}\n", TOLD
    yield END_OF_TEXT, LISTED


def of_tasks(name: str) -> Callable[[random.Random, SelfAlignPrompts], Iterator[Part]]:
    """Return what writes a page of a kind that other mixes have as well."""
    return lambda rng, prompts: documents.WRITERS[name](rng, prompts.tasks)


WRITERS: dict[str, Callable[[random.Random, SelfAlignPrompts], Iterator[Part]]] = {
    "list": tasks_of_both_kinds,
    "textbook": of_tasks("textbook"),
    "copybook": of_tasks("copybook"),
    "rated": of_tasks("rated"),
    "everyday": everyday,
    "chat": chat,
    "verbose": verbose,
    "under_rules": under_rules,
    "topics": topic_list,
    "questions": question_list,
}
"""What writes a document of each kind."""

MIX = {
    "list": 0.06, "textbook": 0.1, "copybook": 0.02, "rated": 0.05, "everyday": 0.15, "chat": 0.16, "verbose": 0.11,
    "under_rules": 0.25, "topics": 0.04, "questions": 0.06,
}  # fmt: skip
"""How much of the corpus each kind of document is."""
