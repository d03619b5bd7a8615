"""What a chat template writes around what is said, so that what is said can be told from it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError
from scripts.lib.models.plain_text import PartlyPlain, joined, plain_text
from scripts.lib.models.tokens import holds_markers

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# No template writes these by itself, trims them or finds anything in them.
_QUESTION, _ANSWER = "q9f3c71d2e8b0a645", "a5d80b4e17c26f39b"


@dataclass(frozen=True)
class Frame:
    """What stands before and after a message's content."""

    before: str
    after: str

    def around(self, content: str) -> PartlyPlain:
        """Return the content inside the frame, plain."""
        return joined((PartlyPlain(self.before), plain_text(content), PartlyPlain(self.after)))

    def has(self, text: str) -> bool:
        """Return whether a text is this frame around some content."""
        room = len(text) - len(self.before) - len(self.after)
        return room >= 0 and text.startswith(self.before) and text.endswith(self.after)


def prompt_frame(tokenizer: "PreTrainedTokenizerBase") -> Frame:
    """Return what the chat template writes before a user's question, and then up to where the assistant begins."""
    return _prompt_frame(tokenizer, str(tokenizer.chat_template))


def answer_frame(tokenizer: "PreTrainedTokenizerBase") -> Frame:
    """Return what the chat template writes between a prompt and its answer, and after the answer.

    Raises UserError if the template changes the prompt once an answer follows.
    """
    return _answer_frame(tokenizer, str(tokenizer.chat_template))


def chat_text(tokenizer: "PreTrainedTokenizerBase", question: str, answer: str | None = None) -> str:
    """Return a question in the chat template with its answer, or else up to where the assistant begins."""
    messages = [{"role": "user", "content": question}]
    if answer is not None:
        messages.append({"role": "assistant", "content": answer})
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=answer is None)
    assert isinstance(text, str)
    return text


def framed(tokenizer: "PreTrainedTokenizerBase", frame: Frame, content: str, written: str) -> PartlyPlain:
    """Return what the template wrote for a content, with the content plain.

    What it made of the content (some templates trim it) is taken as it is. Where the template wrote other
    things around it, because of what the content is, that is taken if nothing in the content looks like
    a special token; otherwise nobody can tell the two apart, and the content is put into the frame.
    """
    if frame.has(written):
        content = written[len(frame.before) : len(written) - len(frame.after)]
    elif not holds_markers(tokenizer, content):
        return PartlyPlain(written)
    return frame.around(content)


@lru_cache(maxsize=8)
def _prompt_frame(tokenizer: "PreTrainedTokenizerBase", template: str) -> Frame:
    return _frame(tokenizer, chat_text(tokenizer, _QUESTION), _QUESTION)


@lru_cache(maxsize=8)
def _answer_frame(tokenizer: "PreTrainedTokenizerBase", template: str) -> Frame:
    prompt, whole = chat_text(tokenizer, _QUESTION), chat_text(tokenizer, _QUESTION, _ANSWER)
    if not whole.startswith(prompt):
        raise UserError(
            f"{tokenizer.name_or_path}: the chat template writes the question differently once an answer follows "
            "it, so that the model would be trained on prompts that it never sees; give another with --chat-template"
        )
    return _frame(tokenizer, whole[len(prompt) :], _ANSWER)


def _frame(tokenizer: "PreTrainedTokenizerBase", text: str, content: str) -> Frame:
    if text.count(content) != 1:
        raise UserError(
            f"{tokenizer.name_or_path}: the chat template does not write what is said just once and as it is; "
            "give another with --chat-template"
        )
    before, _, after = text.partition(content)
    return Frame(before, after)
