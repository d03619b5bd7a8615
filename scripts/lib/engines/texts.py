"""Texts to tokens and back, the same for every engine: what a model sees, and what is left of what it says."""

from collections.abc import Sequence
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scripts.lib.loading import load_tokenizer
from scripts.lib.records import read_json

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FinishReason = Literal["stop", "length"]
# What precedes these last characters of a prompt has no say in how its continuation is tokenised,
# and to tokenise long prompts again for every choice would take longer than to score them.
TAIL = 64


class Texts:
    """The tokenizer of one model folder, with what ends a text there."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @cached_property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        """The tokenizer, loaded when it is first needed."""
        return load_tokenizer(self._directory)

    @cached_property
    def stop_ids(self) -> frozenset[int]:
        """Tokens that end a text: every special token, and whatever the generation config ends with."""
        path = self._directory / "generation_config.json"
        declared = read_json(path).get("eos_token_id") if path.is_file() else None
        listed = declared if isinstance(declared, list) else [declared]
        return frozenset([*self._special.values(), *(token for token in listed if token is not None)])

    @cached_property
    def context(self) -> int:
        """Most tokens of prompt and answer together that the model was made for."""
        return int(self._config.get("max_position_embeddings") or 2**31)

    @cached_property
    def vocabulary(self) -> int:
        """How many tokens the model chooses among."""
        return int(self._config["vocab_size"])

    @cached_property
    def _config(self) -> dict[str, Any]:
        config = read_json(self._directory / "config.json")
        return config.get("text_config", config)

    @cached_property
    def _special(self) -> dict[str, int]:
        """Special tokens by their text."""
        added = self.tokenizer.added_tokens_decoder.items()
        named = zip(self.tokenizer.all_special_tokens, self.tokenizer.all_special_ids, strict=True)
        return {**{token.content: number for number, token in added if token.special}, **dict(named)}

    def prompt_ids(self, prompt: str) -> list[int]:
        """Return a prompt's tokens, led by the tokenizer's beginning-of-text token if it has that habit.

        A prompt that starts with a special token already is what a chat template wrote: it is taken
        as it is, as in training, so that nothing stands there twice.
        """
        ids = self._ids(prompt)
        return ids if ids and ids[0] in self._special.values() else [*self._habit, *ids]

    def continuation_ids(self, prompt: str, continuation: str) -> list[int]:
        """Return the tokens that follow a prompt's tokens where a model writes this continuation.

        The prompt's tokens stay as they are, since that is what the model has read when it goes on.
        Where the two texts joined begin with just those tokens, the rest of the joined tokens is
        taken (some tokenizers write a first word otherwise than a next one); where the last token of
        the prompt would merge with the continuation, the continuation is tokenised by itself.
        """
        before, joined = self._ids(prompt[-TAIL:]), self._ids(prompt[-TAIL:] + continuation)
        return joined[len(before) :] if joined[: len(before)] == before else self._ids(continuation)

    def measured_ids(self, prompt: str, continuation: str) -> tuple[list[int], list[int]]:
        """Return the tokens of a prompt and of a continuation whose surprise is measured.

        An empty prompt becomes the beginning-of-text token, or else the end-of-text token, so that
        the first token of the continuation has something before it and counts too (as in lm-eval).
        """
        before = self.prompt_ids(prompt)
        if not before:
            first = self.tokenizer.bos_token_id
            before = [self.tokenizer.eos_token_id if first is None else first]
        return before, self.continuation_ids(prompt, continuation)

    def answer(self, ids: Sequence[int], stop: Sequence[str], is_ended: bool) -> tuple[str, FinishReason]:
        """Return the text of generated tokens, and why it ends; `is_ended`: the model ended it itself.

        It is cut before the first stop string and before the text of any special token: a model can
        spell one in ordinary tokens, and read again it would be the special token.
        """
        text = self.decode(ids)
        ends = [place for mark in (*stop, *self._special) if (place := text.find(mark)) >= 0]
        if ends:
            return text[: min(ends)], "stop"
        return text, "stop" if is_ended else "length"

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of tokens as it is, spaces included."""
        text = self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False)
        assert isinstance(text, str)
        return text

    def until_stop(self, ids: Sequence[int]) -> list[int]:
        """Return the tokens before the first one that ends a text."""
        return list(takewhile(lambda token: token not in self.stop_ids, ids))

    @cached_property
    def _habit(self) -> list[int]:
        first = self.tokenizer.bos_token_id
        written = self.tokenizer("").input_ids
        return [first] if first is not None and written[:1] == [first] else []

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False).input_ids)
