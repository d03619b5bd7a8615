"""What a chat template writes around what is said, so that what is said can be told from it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle
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

    def content_of(self, text: str) -> str | None:
        """Return what stands in this frame in a text, or None if it is not in this frame."""
        end = len(text) - len(self.after)
        framed = len(self.before) <= end and text.startswith(self.before) and text.endswith(self.after)
        return text[len(self.before) : end] if framed else None


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


def conversation(
    tokenizer: "PreTrainedTokenizerBase", messages: Sequence[Mapping[str, str]], *, goes_on: bool = False
) -> PartlyPlain:
    """Return messages in the chat template, their contents plain, up to where the assistant begins.

    With `goes_on`, the last message is the assistant's own, which it goes on with. Where the template rewrites a
    content, what it wrote is taken if no content looks like a special token, as in `framed`.
    """

    def written(contents: Sequence[str]) -> str:
        said = [{**message, "content": content} for message, content in zip(messages, contents, strict=True)]
        ending = {"continue_final_message": True} if goes_on else {"add_generation_prompt": True}
        text = tokenizer.apply_chat_template(said, tokenize=False, **ending)
        assert isinstance(text, str)
        return text

    contents = [message["content"] for message in messages]
    text = written(contents)
    marks = [f"{_QUESTION}{number}m" for number in range(len(messages))]
    frames = re.split("|".join(marks), written(marks))
    if len(frames) != len(messages) + 1:
        raise UserError(
            f"{tokenizer.name_or_path}: the chat template does not write each message just once and as it is; "
            "ask in plain text, or give another with --chat-template"
        )
    for each in (contents, [content.strip() for content in contents]):
        parts = [part for pair in zip(map(PartlyPlain, frames), map(plain_text, each), strict=False) for part in pair]
        found = joined([*parts, PartlyPlain(frames[-1])])
        if found.text == text:
            return found
    return found if any(holds_markers(tokenizer, content) for content in contents) else PartlyPlain(text)


def conversation_text(tokenizer: "PreTrainedTokenizerBase", turns: Sequence[str]) -> str:
    """Return what user and assistant say in turn, in the chat template, up to where the assistant goes on."""
    speakers = cycle(("user", "assistant"))
    messages = [{"role": speaker, "content": turn} for speaker, turn in zip(speakers, turns, strict=False)]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert isinstance(text, str)
    return text


def conversation_frames(tokenizer: "PreTrainedTokenizerBase", turns: int) -> tuple[str, ...]:
    """Return what the chat template writes before, between and after so many turns of user and assistant.

    Raises UserError if it does not write each of them once and in order.
    """
    return _conversation_frames(tokenizer, str(tokenizer.chat_template), turns)


def framed(tokenizer: "PreTrainedTokenizerBase", frame: Frame, content: str, written: str) -> PartlyPlain:
    """Return what the template wrote for a content, with the content plain; some templates trim it.

    Where the template rewrote the content, or wrote other things around it because of it (as some do where
    it holds </think>), that is taken if nothing in the content looks like a special token; otherwise nobody
    can tell what is whose, and the content is put into the frame as it is.
    """
    found = frame.content_of(written)
    if found is not None and found.strip() == content.strip():
        return frame.around(found)
    return frame.around(content) if holds_markers(tokenizer, content) else PartlyPlain(written)


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


@lru_cache(maxsize=8)
def _conversation_frames(tokenizer: "PreTrainedTokenizerBase", template: str, turns: int) -> tuple[str, ...]:
    said = [f"{_QUESTION}t{number}t" for number in range(turns)]
    rest, frames = conversation_text(tokenizer, said), []
    for each in said:
        before, found, rest = rest.partition(each)
        if not found:
            break
        frames.append(before)
    if len(frames) < turns or any(each in rest for each in said):
        raise UserError(
            f"{tokenizer.name_or_path}: the chat template does not write every turn of a conversation just once and as "
            "it is; give another with --chat-template"
        )
    return (*frames, rest)


def _frame(tokenizer: "PreTrainedTokenizerBase", text: str, content: str) -> Frame:
    if text.count(content) != 1:
        raise UserError(
            f"{tokenizer.name_or_path}: the chat template does not write what is said just once and as it is; "
            "give another with --chat-template"
        )
    before, _, after = text.partition(content)
    return Frame(before, after)
