"""Texts to tokens and back, the same for every engine: what a model sees, and what is left of its answer."""

import logging
import os
import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.engines.choices import TokenPath
from scripts.lib.engines.requests import Penalized, Request
from scripts.lib.errors import UserError
from scripts.lib.models.files import GENERATION_CONFIG
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.plain_text import PartlyPlain, plain_text
from scripts.lib.models.small_files import text_config, vocabulary_size
from scripts.lib.models.tokens import token_ids
from scripts.lib.rows.files import read_object
from scripts.lib.rows.jsonl import Row

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

log = logging.getLogger(__name__)

# What precedes these last characters of a prompt has no say in how its continuation is tokenised,
# and to tokenise long prompts again for every choice would take longer than to score them.
TAIL = 64
REMEMBERED = 1024
"""Texts whose tokens are kept, because the next requests are likely to share them."""
UNBOUNDED = 2**31
SPACES = "▁Ġ"
"""How a piece says that a space comes before it: in SentencePiece's vocabularies, and in byte-level ones."""
COMMON_TOKENS = 1024
"""Tokens that Dromedary's n-gram penalties leave alone, as the vocabulary counts them (generation.py of its code)."""


class Texts:
    """The tokenizer of one model folder, with what ends a text there."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._beginning = lru_cache(REMEMBERED)(self._beginning_ids)
        self._paths = lru_cache(REMEMBERED)(self._paths_after)
        self._following = lru_cache(REMEMBERED)(self._following_ids)
        self._first_tokens = lru_cache(REMEMBERED)(self._find_first_tokens)
        self._penalized = lru_cache(self._find_penalized)
        self._warned: set[str] = set()

    @cached_property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        """The tokenizer, loaded when it is first needed."""
        return load_tokenizer(self._directory)

    @cached_property
    def stop_ids(self) -> frozenset[int]:
        """Tokens that end a text: every special token, and whatever the generation config ends with."""
        declared = read_object(self._directory / GENERATION_CONFIG).get("eos_token_id")
        listed = declared if isinstance(declared, list) else [declared]
        return frozenset([*self._special.values(), *(token for token in listed if token is not None)])

    @cached_property
    def context(self) -> int:
        """Most tokens of prompt and answer together that the model was made for."""
        return getattr(text_config(self._directory), "max_position_embeddings", None) or UNBOUNDED

    @cached_property
    def vocabulary(self) -> int:
        """How many tokens the model chooses among."""
        return vocabulary_size(self._directory)

    def prompt_ids(self, request: Request) -> list[int]:
        """Return a request's prompt as tokens, led by the tokenizer's beginning-of-text token if it has that habit.

        A prompt that starts with a special token already is what a chat template wrote: it is taken
        as it is, as in training, so that nothing stands there twice. An empty prompt becomes the
        beginning-of-text token, or else the end-of-text token (as in lm-eval), since a model must
        read something before it says anything.
        """
        return self._beginning_ids(request.partly_plain)

    def _beginning_ids(self, text: PartlyPlain) -> list[int]:
        ids = self._ids(text)
        if ids and ids[0] in self._special.values() and not text.begins_plain:
            return ids
        first = self.tokenizer.bos_token_id
        return [*self._habit, *ids] or [self.tokenizer.eos_token_id if first is None else first]

    def shared(self, request: Request, prompt: list[int]) -> int:
        """Return how many first tokens of a request's prompt others begin with, too.

        One less than those that the shared text has by itself, since the last one may merge with what follows.
        """
        beginning = self._beginning(request.partly_plain.beginning(request.shared))[:-1] if request.shared else []
        return len(os.path.commonprefix([prompt, beginning]))

    def continuation_ids(self, prompt: PartlyPlain, continuation: str) -> list[int]:
        """Return the tokens that follow a prompt's tokens where a model writes this continuation, which is plain.

        The prompt's tokens stay as they are, since that is what the model has read when it goes on.
        Where the two texts joined begin with just those tokens, the rest of the joined tokens is
        taken (some tokenizers write a first word otherwise than a next one); where the last token of
        the prompt would merge with the continuation, the continuation is tokenised by itself.
        """
        tail, added = prompt.ending(TAIL), plain_text(continuation)
        before, joined = self._ids(tail), self._ids(tail + added)
        return joined[len(before) :] if joined[: len(before)] == before else self._ids(added)

    def followed(self, request: Request, most: int) -> list[tuple[list[int], int]]:
        """Return, for each continuation of a loglikelihood request, the prompt's tokens with its own, and how many
        these are.

        As in lm-eval: its tokens are those that both texts joined have beyond the prompt's, though the last one of the
        prompt may then be another; of more than `most` tokens, the first ones are cut off.
        """
        prompt, tail = self.prompt_ids(request), request.partly_plain.ending(TAIL)
        following = [self._following(tail, continuation) for continuation in request.continuations]
        if len(prompt) + max(map(len, following)) > most:
            self._warn(request, "its beginning is cut off")
        return [([*prompt, *ids][-most:], min(len(ids), most - 1)) for ids in following]

    def _following_ids(self, tail: PartlyPlain, continuation: str) -> list[int]:
        added = plain_text(continuation)
        return self._ids(tail + added)[len(self._ids(tail)) :] or self._ids(added)

    def measured_ids(self, request: Request) -> list[int]:
        """Return the tokens of a perplexity request, at least one, of which all but the first are scored.

        So does Hugging Face's own loss, by which I-SHEEP's published code measures: each token is predicted
        from those before it. The first one of the text is scored only after a beginning-of-text token, where
        the tokenizer writes one by itself. What exceeds the model's context is cut off, less one place: vLLM
        reads a text only together with a token after it.
        """
        ids = self.prompt_ids(request)
        if len(ids) > self.context - 1:
            self._warn(request, "only what fits is measured")
        return ids[: self.context - 1]

    def choice_paths(self, request: Request) -> dict[str, TokenPath]:
        """Return each choice of a score request as the tokens that follow the prompt's."""
        return self._paths(request.partly_plain.ending(TAIL), request.choices)

    def _paths_after(self, tail: PartlyPlain, choices: tuple[str, ...]) -> dict[str, TokenPath]:
        return {choice: tuple(self.continuation_ids(tail, choice)) for choice in choices}

    def room(self, request: Request, prompt: Sequence[int]) -> int:
        """Return how many tokens an answer may have: as many as asked for, or as the model's context leaves."""
        room = max(0, min(request.max_tokens, self.context - len(prompt)))
        if not room:
            self._warn(request, "its answer is empty, and marked as cut off")
        return room

    def answer_row(self, request: Request, prompt: Sequence[int], written: Sequence[int]) -> Row:
        """Return the result row of a generate request, from the tokens that the model wrote.

        The text is cut before the first stop string and before the text of any special token: a model
        can spell one in ordinary tokens, and read again it would be the special token.
        """
        kept = list(takewhile(lambda token: token not in self.stop_ids, written))
        text = self.decode(kept)
        ends = [place for mark in (*request.stop, *self._special) if (place := text.find(mark)) >= 0]
        ended = bool(ends) or len(kept) < len(written) or self.is_over(request, kept)
        return {
            "id": request.id,
            "text": text[: min(ends, default=None)],
            "finish_reason": "stop" if ended else "length",
            "prompt_tokens": len(prompt),
            "output_tokens": len(written),
        }

    def check(self, request: Request) -> None:
        """Raise UserError where a request forbids or penalizes what this tokenizer does not have."""
        self.never_written(request)
        self.penalized(request)

    def never_written(self, request: Request) -> frozenset[int]:
        """Return the tokens that a request's answer must not have: those with which its forbidden texts begin, and, if
        it never ends, all that end a text.

        A word after a space begins with another token than a word by itself in most vocabularies: both are forbidden.
        Raises UserError for a forbidden text that begins with nothing but a space.
        """
        never = self._first_tokens(request.forbidden) | (self.stop_ids if request.never_ends else frozenset())
        return frozenset(token for token in never if token < self.vocabulary)

    def _find_first_tokens(self, texts: tuple[str, ...]) -> frozenset[int]:
        found: set[int] = set()
        for text in texts:
            first = [self._ids(plain_text(spelt))[:1] for spelt in (text, f" {text}")]
            begins = {token for ids in first for token in ids if self.decode([token]).strip()}
            if not begins:
                raise UserError(f"the forbidden text {text!r} begins with a space and nothing else; give a word")
            found |= begins
        return frozenset(found)

    def penalized(self, request: Request) -> frozenset[int]:
        """Return the tokens that a request's n-gram penalties are for: `word_starts` are those that begin a word.

        To write the middle of a word or a full stop once more is no repetition. The published code takes
        `rare_word_starts`: it leaves out the first COMMON_TOKENS of the vocabulary, too, where the most frequent
        pieces stand. Raises UserError if no token is left.
        """
        return self._penalized(request.penalized) if request.ngram_penalties else frozenset()

    def _find_penalized(self, which: Penalized) -> frozenset[int]:
        common = COMMON_TOKENS if which == "rare_word_starts" else -1
        pieces = ((piece, token) for piece, token in self.tokenizer.get_vocab().items() if token > common)
        found = frozenset(token for piece, token in pieces if piece[0] in SPACES and piece[-1] not in SPACES)
        if not found:
            raise UserError(
                f"{self._directory}: its tokenizer has no {which} (penalized), so that n-gram penalties can change "
                f"nothing; {'take word_starts, or ' if common > 0 else ''}set them to 0"
            )
        return found

    def is_over(self, request: Request, written: Sequence[int]) -> bool:
        """Return whether the text written so far ends it: one of the request's stop strings was just written,
        or it begins with what it is asked `until`."""
        if request.stop:
            # A token is at least one byte, so that this many tokens hold every stop string just written.
            window = max(len(text.encode()) for text in request.stop) + 1
            tail = self.decode(written[-window:])
            if any(text in tail for text in request.stop):
                return True
        if not request.until:
            return False
        # The last character may be whole only after the next token.
        return bool(re.match(request.until, self.decode(written).rstrip("\N{REPLACEMENT CHARACTER}")))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of tokens as it is, spaces included."""
        text = self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False)
        assert isinstance(text, str)
        return text

    def _warn(self, request: Request, remedy: str) -> None:
        if request.id not in self._warned:
            log.warning("%s exceeds the model's context of %d tokens: %s", request.id, self.context, remedy)
            self._warned.add(request.id)

    def _ids(self, text: PartlyPlain) -> list[int]:
        return token_ids(self.tokenizer, text)

    @cached_property
    def _habit(self) -> list[int]:
        """The beginning-of-text token, if the tokenizer writes one before a text by itself."""
        first = self.tokenizer.bos_token_id
        return [first] if first is not None and self.tokenizer("").input_ids[:1] == [first] else []

    @cached_property
    def _special(self) -> dict[str, int]:
        """Special tokens by their text."""
        added = self.tokenizer.added_tokens_decoder.items()
        named = zip(self.tokenizer.all_special_tokens, self.tokenizer.all_special_ids, strict=True)
        return {**{token.content: number for number, token in added if token.special}, **dict(named)}
