"""Every text that a model is asked to continue is put together here."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError
from scripts.lib.rows.tasks import join

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_SLOT = re.compile(r"\{\{(\w+)\}\}")


def base_prompt(instruction: str, task_input: str) -> str:
    """Return the task as a base model is asked it: the text, a newline, and then the answer."""
    return join(instruction, task_input) + "\n"


def chat_messages(instruction: str, task_input: str) -> list[dict[str, str]]:
    """Return the task as the one user turn of a conversation."""
    return [{"role": "user", "content": join(instruction, task_input)}]


def chat_prompt(tokenizer: "PreTrainedTokenizerBase", instruction: str, task_input: str) -> str:
    """Return the task in the model's own chat template, up to where the assistant begins."""
    text = tokenizer.apply_chat_template(
        chat_messages(instruction, task_input), tokenize=False, add_generation_prompt=True
    )
    assert isinstance(text, str)
    return text


def read_template(path: Path | str, *slots: str) -> str:
    """Return a prompt template; raises UserError unless it holds each of the named {{slots}} and no other."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such prompt template; see config/prompts/")
    template = path.read_text(encoding="utf-8")
    found, wanted = set(_SLOT.findall(template)), set(slots)
    if found != wanted:
        raise UserError(
            f"{path}: the template must have the slots {sorted(wanted)}, but has {sorted(found)}; "
            "write a slot as {{name}}"
        )
    return template


def render(template: str, **slots: str) -> str:
    """Return the template with its {{slots}} filled, in one pass: what fills a slot is never filled again."""
    return _SLOT.sub(lambda match: slots[match[1]], template)
