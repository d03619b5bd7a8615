"""Every text that a model is asked to continue is put together here."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError
from scripts.lib.models.chat_frames import chat_text, conversation_frames, conversation_text, framed, prompt_frame
from scripts.lib.models.plain_text import PartlyPlain, joined, plain_text
from scripts.lib.models.tokens import holds_markers
from scripts.lib.rows.strict_json import decode
from scripts.lib.rows.tasks import Join, join

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_SLOT = re.compile(r"\{\{(\w+)\}\}")


def base_prompt(instruction: str, task_input: str, by: Join = "newline") -> PartlyPlain:
    """Return the task as a base model is asked it: the text, a newline, and then the answer; all of it is plain."""
    return plain_text(join(instruction, task_input, by) + "\n")


def chat_prompt(
    tokenizer: "PreTrainedTokenizerBase", instruction: str, task_input: str, by: Join = "newline"
) -> PartlyPlain:
    """Return the task in the model's own chat template, up to where the assistant begins; the task is plain."""
    question = join(instruction, task_input, by)
    return framed(tokenizer, prompt_frame(tokenizer), question, chat_text(tokenizer, question))


def conversation_prompt(tokenizer: "PreTrainedTokenizerBase", turns: Sequence[str]) -> PartlyPlain:
    """Return what user and assistant said in turn in the chat template, up to where the assistant goes on.

    What is said is plain. Templates may rewrite earlier turns (such as leave thoughts out); that is taken, unless
    something that was said reads like a special token: then all of it is put into the frames as it is.
    """
    frames = conversation_frames(tokenizer, len(turns))
    if not any(holds_markers(tokenizer, turn) for turn in turns):
        return PartlyPlain(conversation_text(tokenizer, turns))
    said = [part for frame, turn in zip(frames, turns, strict=False) for part in (PartlyPlain(frame), plain_text(turn))]
    return joined([*said, PartlyPlain(frames[-1])])


def read_template(path: Path | str, *slots: str, optional: Collection[str] = ()) -> str:
    """Return a prompt template; raises UserError unless it holds each of the named {{slots}}, and no other but
    `optional` ones."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such prompt template; see config/prompts/")
    template = decode(path.read_bytes(), str(path))
    found, wanted = set(_SLOT.findall(template)), set(slots)
    if found - set(optional) != wanted:
        raise UserError(
            f"{path}: the template must have the slots {sorted(wanted)}, but has {sorted(found)}; "
            "write a slot as {{name}}"
        )
    return template


def render(template: str, **slots: str) -> PartlyPlain:
    """Return the template with its {{slots}} filled, in one pass: what fills a slot is plain and never filled again."""
    pieces = enumerate(_SLOT.split(template))
    return joined(plain_text(slots[piece]) if number % 2 else PartlyPlain(piece) for number, piece in pieces)
