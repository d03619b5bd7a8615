"""How to reply, as three files of the user say it: the prompt around all, the principles, and worked exemplars."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.models.prompting import read_template
from scripts.self_align.principles import Exemplar, Principle, read_exemplars, read_principles
from scripts.self_align.prompts import ASSISTANT_SLOTS, REPLYING_SLOTS, Assistant, replying_prompt

LEAST_PHRASE = 60
"""Characters of a sentence, at least, that no other text has by chance."""
LEAST_QUESTION = 40
"""Characters of a question that is asked word for word as an exemplar asks it (published: one question of 88)."""

_SENTENCES = re.compile(r"(?<=[.?!:])\s+|\n")
_SLOT = re.compile(r"\{\{\w+\}\}")


@dataclass(frozen=True)
class Conduct:
    """What stands in the prompt for a reply: template, principles, and exemplars that name them by number."""

    template: str
    principles: tuple[Principle, ...]
    exemplars: tuple[Exemplar, ...]

    def prompt(self, assistant: Assistant, instruction: str, task_input: str) -> PartlyPlain:
        """Return the prompt for a reply to a task."""
        return replying_prompt(self.template, self.principles, self.exemplars, assistant, instruction, task_input)

    def phrases(self, assistant: Assistant) -> tuple[str, ...]:
        """Return the long sentences of all three: in a reply, they are an echo."""
        texts = [self.template, *(principle.text for principle in self.principles)]
        texts += [text for each in self.exemplars for text in (each.instruction, each.input, each.output)]
        return long_sentences(*map(assistant.named_in, texts))

    def questions(self, assistant: Assistant) -> tuple[str, ...]:
        """Return what the exemplars' replies ask the user."""
        sentences = (
            sentence
            for exemplar in self.exemplars
            for sentence in _SENTENCES.split(assistant.named_in(exemplar.output))
        )
        return tuple(found for found in sentences if found.endswith("?") and len(found) >= LEAST_QUESTION)

    def words(self) -> tuple[str, ...]:
        """Return the words that tell a copy of an exemplar."""
        return tuple(word for exemplar in self.exemplars for word in exemplar.words)


def read_conduct(template: Path | str, principles: Path | str, exemplars: Path | str) -> Conduct:
    """Return what the three files say; raises UserError as `read_template`, `read_principles`, `read_exemplars` do."""
    text = read_template(template, *REPLYING_SLOTS, optional=ASSISTANT_SLOTS)
    rules = read_principles(Path(principles))
    return Conduct(text, rules, read_exemplars(Path(exemplars), rules))


def long_sentences(*texts: str) -> tuple[str, ...]:
    """Return the sentences of some texts that have LEAST_PHRASE characters, each once; with a slot in it, none is."""
    return tuple(dict.fromkeys(sentence for text in texts for sentence in _long(text)))


def _long(text: str) -> Iterator[str]:
    for sentence in _SENTENCES.split(text):
        words = " ".join(sentence.split())
        if len(words) >= LEAST_PHRASE and not _SLOT.search(words):
            yield words
