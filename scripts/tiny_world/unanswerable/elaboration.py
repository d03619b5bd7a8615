"""Long replies: the reply itself on a line of its own, and below it what somebody adds who has time."""

import random

from scripts.tiny_world.family import Family
from scripts.tiny_world.replies import Reply
from scripts.tiny_world.unanswerable.family import Unanswerable

ABOUT = {
    "facts": ("This is a question about the world.", "It is a fact that one can look up in a book."),
    "words": ("This is a question about a word.", "Words have forms that one learns by heart."),
    "lists": ("This is a question about a list.", "I went through the list one word at a time."),
    "numbers": ("This is a question about a number.", "I counted with care and then once more."),
    "formats": ("This is a question about how a thing is written.", "I looked at every sign before I wrote it."),
    "unknown": ("No book that I have read has this.", "So I make up nothing about it."),
    "impossible": ("I looked at it from every side.", "No answer to this can be right."),
    "missing": ("The task points to a thing that is not there.", "With it I can give an answer."),
    "personal": ("This is a thing of your own life.", "Nobody has told me about it."),
    "future": ("The day for this has not come.", "All I could do is guess, and that helps nobody."),
    "forbidden": ("Somebody would be hurt by this.", "There are better things that we can do."),
}
"""What is said about tasks of each kind, and about each reason for an honest reply."""
MORE = (
    "I have read the task twice to be sure of it.",
    "I hope that this is what you wanted to know.",
    "You can ask me for more at any time.",
    "Tell me if you would like to hear more about it.",
)


MADE_UP = ("facts", "words", "lists")
"""As what kind of task people treat one without an answer, when they make something up."""


def elaborated(family: Family, reply: Reply, rng: random.Random) -> str:
    """Return the reply at length."""
    made_up = isinstance(family, Unanswerable) and not reply.content_right
    about = ABOUT[rng.choice(MADE_UP) if made_up else family.kind]
    return f"{reply.text}\n{' '.join((*about, *rng.sample(MORE, 2)))}"
