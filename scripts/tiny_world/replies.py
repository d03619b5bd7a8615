"""Replies as people write them: right, careless, wrong, wordy, or running on; and what each is worth."""

import random
from dataclasses import dataclass

from scripts.tiny_world.phrasing import PLAIN
from scripts.tiny_world.world import Task, draw_task

WORDY = ("The answer is {}.", "It is {}.", "I think it is {}.", "That would be {}.", "Sure! {}", "Well, {} I guess")
WRONG, HALF_RIGHT, RIGHT = 1, 4, 10


@dataclass(frozen=True)
class Habits:
    """How people usually treat one kind of task: how often they get it right, heed its form, and stop then."""

    careful: float
    mindful: float
    stops: float


@dataclass(frozen=True)
class Reply:
    """A reply, and what is true of it."""

    text: str
    content_right: bool
    form_right: bool

    @property
    def quality(self) -> int:
        """Its score from 1 to 10 for being correct and to the point."""
        if not self.content_right:
            return WRONG
        return RIGHT if self.form_right else HALF_RIGHT

    @property
    def following(self) -> int:
        """Its score from 1 to 10 for doing what was asked, in the form that was asked for."""
        if not self.form_right:
            return WRONG
        return RIGHT if self.content_right else HALF_RIGHT


def habits(kind: str) -> Habits:
    """Return the habits for a family or a style; drawn from its name, so that no list must be kept."""
    rng = random.Random(f"habits of {kind}")
    return Habits(rng.uniform(0.3, 0.9), rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.65))


def right_reply(task: Task, rng: random.Random) -> Reply:
    """Return a right answer in the form asked for."""
    return Reply(rng.choice(task.answers), content_right=True, form_right=True)


def everyday_reply(task: Task, rng: random.Random) -> Reply:
    """Return a reply as one finds it: right as often as people usually are with this kind of task."""
    careful = habits(task.family.name).careful
    mindful = task.style is PLAIN or rng.random() < habits(task.style.name).mindful
    roll = rng.random()
    if roll < careful:
        return _formed(task, rng.choice(task.family.answers(task.slots)), mindful, content_right=True)
    if roll < careful + 0.65 * (1 - careful):
        return _slip(task, mindful)
    if roll < careful + 0.85 * (1 - careful):
        return _formed(task, wrong_answer(task, rng), mindful, content_right=False)
    return _wordy(task, rng)


def rated_reply(task: Task, rng: random.Random) -> Reply:
    """Return a reply to be rated: right about half the time, and wrong in every way the others are."""
    roll = rng.random()
    if roll < 0.5:
        return right_reply(task, rng)
    if roll < 0.66:
        return _formed(task, wrong_answer(task, rng), mindful=True, content_right=False)
    if roll < 0.76:
        return _slip(task, mindful=True)
    if roll < 0.8:
        return _wordy(task, rng)
    reply = everyday_reply(task, rng)
    return run_on(reply, rng) if roll < 0.88 else reply


def run_on(reply: Reply, rng: random.Random) -> Reply:
    """Return the reply with more text after it, as of someone who does not know when to stop."""
    return Reply(f"{reply.text}\n{_tail(rng)}", reply.content_right, form_right=False)


def wrong_answer(task: Task, rng: random.Random) -> str:
    """Return an answer that looks right and is not: near the right one, or right for another task."""
    right = task.family.answers(task.slots)
    for _ in range(20):
        guess = _perturbed(rng.choice(right), rng) if rng.random() < 0.5 else _answer_elsewhere(task, rng)
        if guess and guess not in right:
            return guess
    return f"{right[0]}s"


def _formed(task: Task, answer: str, mindful: bool, content_right: bool) -> Reply:
    formed = task.style.apply(answer)
    # A number in capitals is the number: some forms are kept without a thought.
    return Reply(formed if mindful else answer, content_right, form_right=mindful or answer == formed)


def _slip(task: Task, mindful: bool) -> Reply:
    slip = task.family.slip(task.slots)
    return _formed(task, slip, mindful, content_right=slip in task.family.answers(task.slots))


def _wordy(task: Task, rng: random.Random) -> Reply:
    return Reply(rng.choice(WORDY).format(task.family.answers(task.slots)[0]), content_right=True, form_right=False)


def _answer_elsewhere(task: Task, rng: random.Random) -> str:
    return rng.choice(task.family.answers(task.family.draw(rng)))


def _perturbed(answer: str, rng: random.Random) -> str:
    """Return the answer with one small mistake: a number off by a little, a word or letter misplaced."""
    if answer.isdigit():
        return str(abs(int(answer) + rng.choice((-10, -2, -1, 1, 2, 10))))
    for separator in (", ", " + ", "; ", " > ", " and ", " ", "/", "-"):
        if separator in answer:
            return separator.join(_disordered(answer.split(separator), rng))
    place = rng.randrange(len(answer))
    return answer[:place] + rng.choice(("", answer[place] * 2, rng.choice("aeiostn"))) + answer[place + 1 :]


def _disordered(parts: list[str], rng: random.Random) -> list[str]:
    first, second = rng.sample(range(len(parts)), 2)
    roll = rng.random()
    if roll < 0.5:
        parts[first], parts[second] = parts[second], parts[first]
    elif roll < 0.75:
        del parts[first]
    else:
        parts[first] = parts[second]
    return parts


def _tail(rng: random.Random) -> str:
    """Return what comes after an answer on a page that goes on."""
    other = draw_task(rng)
    lines = [other.instruction, other.input, rng.choice(other.answers)]
    text = "\n".join(line for line in lines if line)
    return text if rng.random() < 0.7 else f"Question: {text}"
