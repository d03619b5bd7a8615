"""Every prompt of SELF-ALIGN, up to where the model goes on: for topics, questions, and replies.

What stands in a user's files is plain text: a special token in it would be letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.lib.models.plain_text import PartlyPlain, plain_text
from scripts.lib.models.prompting import render
from scripts.lib.rows.tasks import BETWEEN
from scripts.self_align.principles import SLOTS, Exemplar, Principle

TOPICS_SLOTS = ("question_type", "count")
QUESTIONS_SLOTS = ("hints",)
REPLYING_SLOTS = ("principles", "exemplars")
VERBOSE_SLOTS = ("instruction",)
"""What each template leaves open."""

ASSISTANT_SLOTS = SLOTS
"""What may stand in the last two as well."""

USER = "User: "
NEXT_TURN = "\n\nUser:"
"""What a model writes that goes on after its reply: the reply is over, so no text goes further."""


@dataclass(frozen=True)
class Assistant:
    """Who replies: the name, the month in which its knowledge ends, and the sentence that each thought begins with."""

    name: str
    cutoff: str
    introduction: str

    def named_in(self, text: str) -> str:
        """Return a text of a user's file with the name and the cutoff in it."""
        return text.replace("{{name}}", self.name).replace("{{cutoff}}", self.cutoff)

    @property
    def opening(self) -> str:
        """The sentence that each thought begins with."""
        return self.named_in(self.introduction)

    @property
    def thinks(self) -> str:
        """What stands before its thought."""
        return f"{self.name} (internal thoughts):"

    @property
    def says(self) -> str:
        """What stands before its reply."""
        return f"{self.name}:"


@dataclass(frozen=True)
class Question:
    """What topic-guided red-teaming asks for and gets: a question of a type about a topic."""

    question_type: str
    topic: str
    instruction: str = ""

    def hint(self, number: int) -> str:
        """Return the line that asks for it: "3. type: …, topic: …"."""
        return f"{number}. type: {self.question_type}, topic: {self.topic}"

    def solved(self, number: int) -> str:
        """Return the line that has it."""
        return f"{self.hint(number)}, instruction: {self.instruction}"


def topics_prompt(template: str, question_type: str, known: Sequence[str], count: int) -> PartlyPlain:
    """Return the prompt for topics of a type: the known ones as a numbered list, and the next number."""
    listed = "".join(f"{number}. {topic}\n" for number, topic in enumerate(known, start=1))
    return render(template, question_type=question_type, count=str(count)) + plain_text(f"{listed}{len(known) + 1}.")


def questions_prompt(template: str, examples: Sequence[Question], wanted: Sequence[Question]) -> PartlyPlain:
    """Return the prompt for questions: hints for all of them, the examples solved, and the first wanted one begun."""
    hints = "\n".join(question.hint(number) for number, question in enumerate((*examples, *wanted), start=1))
    solved = "".join(f"{question.solved(number)}\n" for number, question in enumerate(examples, start=1))
    return render(template, hints=hints) + plain_text(f"{solved}{wanted[0].hint(len(examples) + 1)}, instruction:")


def replying_prompt(
    template: str,
    principles: Sequence[Principle],
    exemplars: Sequence[Exemplar],
    assistant: Assistant,
    instruction: str,
    task_input: str,
) -> PartlyPlain:
    """Return the prompt for a reply under principles, from the rules of conduct to where the thought begins."""
    heading = render(
        assistant.named_in(template).rstrip() + "\n\n",
        principles=assistant.named_in("\n".join(f"{rule.reference}. {rule.text}" for rule in principles)),
        exemplars="\n\n".join(_worked(exemplar, principles, assistant) for exemplar in exemplars),
    )
    return heading + plain_text(f"{USER}{asked(instruction, task_input)}\n\n{assistant.thinks}")


def verbose_request(template: str, assistant: Assistant, instruction: str, task_input: str) -> str:
    """Return what the engraved model is asked, in its chat template, to have it reply at length."""
    return render(assistant.named_in(template), instruction=asked(instruction, task_input)).text


def asked(instruction: str, task_input: str) -> str:
    """Return a task as a user's turn: the input, if there is one, below a blank line."""
    return f"{instruction}{2 * BETWEEN['newline']}{task_input}" if task_input.strip() else instruction


def thought_of(exemplar: Exemplar, principles: Sequence[Principle], assistant: Assistant) -> str:
    """Return the thought of an exemplar: who thinks, what about the task, and which rules the reply follows."""
    rules = ", ".join(principles[number - 1].reference for number in exemplar.rules)
    return f"{assistant.opening} {assistant.named_in(exemplar.thought)} Rules: {rules}."


def _worked(exemplar: Exemplar, principles: Sequence[Principle], assistant: Assistant) -> str:
    turns = (
        f"{USER}{assistant.named_in(asked(exemplar.instruction, exemplar.input))}",
        f"{assistant.thinks} {thought_of(exemplar, principles, assistant)}",
        f"{assistant.says} {assistant.named_in(exemplar.output)}",
    )
    return "\n\n".join(turns)
