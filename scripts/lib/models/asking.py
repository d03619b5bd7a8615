"""How a model is asked: in plain text as a base model is, or in its chat template."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.plain_text import Ask, PartlyPlain
from scripts.lib.models.prompting import chat_prompt

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Format = Literal["base", "chat"]


def asker(format_name: Format, model: Path) -> Ask:
    """Return the function that turns the text of a filled template into the prompt that a model reads.

    base: the text as it is; chat: the text as the user's turn, all of it plain, up to where the assistant begins.
    `model` is its manifest; raises UserError if it has no usable tokenizer.
    """
    if format_name == "base":
        return lambda text: text
    return partial(_in_chat, load_tokenizer(load_manifest(model).directory))


def _in_chat(tokenizer: "PreTrainedTokenizerBase", text: PartlyPlain) -> PartlyPlain:
    return chat_prompt(tokenizer, text.text, "")
