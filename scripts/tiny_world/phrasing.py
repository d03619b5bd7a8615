"""How a task of the tiny world is put into words: what comes before its core, what after it, and how it must look."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from scripts.tiny_world.words import PEOPLE

PLAIN_SHARE = 0.62
"""Share of tasks that ask for no particular form of the answer."""

OPENERS = (
    "please", "kindly", "now", "for this exercise,", "as a warm up,", "for my homework,", "to help me study,",
    "without explaining,", "in a single line,", "if possible,", "before the lesson ends,", "this time,",
    "for the next puzzle,", "to finish the quiz,", "when you are ready,", "as quickly as possible,",
)  # fmt: skip
QUESTION_OPENERS = (
    "quick question:", "tell me,", "just curious:", "for the quiz:", "a simple one:", "next question:",
    "please tell me:", "one more thing:", "help me remember:", "riddle of the day:", "to settle a bet:",
)  # fmt: skip
ACTIVITIES = (
    "is learning English", "is writing a quiz", "needs help with homework", "wants a short answer",
    "is preparing a lesson", "is solving a puzzle", "plays a word game", "is packing for a trip",
    "has a test tomorrow", "is teaching a small class", "is filling in a worksheet", "forgot this at school",
    "is talking to a tourist", "reads a book about language", "is on the phone with a friend",
    "is making flash cards", "is waiting for a reply", "would like to know this", "has a question for you",
    "is checking an exercise", "is practising before dinner", "cannot remember this today",
    "is sitting in the library", "is helping a neighbour", "started a new course", "is tidying some notes",
)  # fmt: skip
CLOSERS = (
    "Keep it short", "Give only the answer", "No explanation is needed", "Just the answer, please", "Be brief",
    "Reply in one line", "Answer directly", "Do not add anything else", "Skip the small talk", "Stay on topic",
    "A short reply is enough", "Think before you reply", "Be careful and exact", "Do not write a sentence",
)  # fmt: skip


@dataclass(frozen=True)
class Style:
    """A form that a task asks its answer to have."""

    name: str
    closers: tuple[str, ...]
    apply: Callable[[str], str]


PLAIN = Style("plain", (), str)
STYLES = (
    Style(
        "capitals",
        ("Use capital letters only", "Write the answer in capitals", "Answer in upper case", "Shout your answer"),
        str.upper,
    ),
    Style(
        "quotes",
        ("Put the answer in double quotes", "Wrap your reply in quotation marks", "Quote the answer"),
        lambda answer: f'"{answer}"',
    ),
    Style(
        "brackets",
        ("Put the answer in square brackets", "Place brackets around your answer", "Use square brackets"),
        lambda answer: f"[{answer}]",
    ),
    Style(
        "exclamation",
        ("End with an exclamation mark", "Add an exclamation mark at the end", "Sound excited by ending with a !"),
        lambda answer: f"{answer}!",
    ),
    Style(
        "label",
        ("Begin with the word Answer and a colon", "Write Answer: in front", "Start your reply with Answer:"),
        lambda answer: f"Answer: {answer}",
    ),
    Style(
        "stars",
        ("Put a star on both sides", "Surround the answer with stars", "Mark the answer with a star at each end"),
        lambda answer: f"*{answer}*",
    ),
    Style(
        "twice",
        ("Write the answer twice", "Say it two times", "Repeat your answer once more"),
        lambda answer: f"{answer} {answer}",
    ),
)


def draw_style(rng: random.Random) -> Style:
    """Draw what form the answer must have; mostly none."""
    return PLAIN if rng.random() < PLAIN_SHARE else rng.choice(STYLES)


def find_style(instruction: str) -> Style | None:
    """Return the form an instruction asks for (PLAIN if none); None if it asks for two different ones."""
    lowered = instruction.lower()
    asked = [style for style in STYLES if any(closer.lower() in lowered for closer in style.closers)]
    if len(asked) > 1:
        return None
    return asked[0] if asked else PLAIN


def wrap(core: str, style: Style, rng: random.Random) -> str:
    """Return a whole instruction around a core such as "write the plural of fox" or "what is …"."""
    question = core.split()[0] in ("what", "which", "where", "how", "who", "is")
    body = core
    roll = rng.random()
    if roll < 0.45:
        body = f"{rng.choice(QUESTION_OPENERS if question else OPENERS)} {core}"
    sentences = [_sentence(body, "?" if question else ".")]
    if roll > 0.4:
        sentences.insert(0, f"{rng.choice(PEOPLE)} {rng.choice(ACTIVITIES)}.")
    if style is not PLAIN:
        sentences.append(rng.choice(style.closers) + ".")
    elif rng.random() < 0.6:
        sentences.append(rng.choice(CLOSERS) + ".")
    return " ".join(sentences)


def _sentence(text: str, mark: str) -> str:
    return text[0].upper() + text[1:] + mark
