"""Texts to tokens, so that special tokens come from templates alone and plain text stays text."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import UserError
from scripts.lib.models.plain_text import PartlyPlain, plain_text

if TYPE_CHECKING:
    from transformers import BatchEncoding, PreTrainedTokenizerBase

# Some tokenizers have markers that they do not call special. Their other added tokens are ordinary pieces of
# text, which plain text may well hold: line breaks, runs of spaces, HTML tags, letters.
_PIPED = re.compile(r"<[|｜].*[|｜]>")
_BRACKETED = re.compile(r"<.+>|\[.+\]")


def token_ids(tokenizer: "PreTrainedTokenizerBase", text: PartlyPlain, **options: Any) -> list[int]:
    """Return the tokens of a text; its plain parts give none of the tokens that mark turns, beginnings and ends.

    None is added at the beginning or end of the text either, unless the tokenizer's own `options` ask for it.
    """
    options = {"add_special_tokens": False, **options}
    markers = _markers(tokenizer, str(tokenizer.chat_template))
    if markers.are_forged_in(text):
        return markers.tokenize_apart(text, options)
    return list(tokenizer(text.text, **options)["input_ids"])


def pair_encoding(tokenizer: "PreTrainedTokenizerBase", first: str, second: str, **options: Any) -> "BatchEncoding":
    """Return what a model reads of two plain texts, put together as its tokenizer does it with these `options`.

    Neither text gives a token that marks a beginning or an end, whatever it holds.
    """
    markers = _markers(tokenizer, str(tokenizer.chat_template))
    both = f"{first}\n{second}"
    forged = markers.are_forged_in(plain_text(both))
    return (markers.reader_apart_from(both) if forged else tokenizer)(first, second, **options)


def holds_markers(tokenizer: "PreTrainedTokenizerBase", text: str) -> bool:
    """Return whether a text, taken as plain, holds what reads like a token that marks a turn, a beginning or an end."""
    return _markers(tokenizer, str(tokenizer.chat_template)).are_forged_in(plain_text(text))


class _Markers:
    """The tokens by which a model tells who speaks and where a text begins or ends, as one tokenizer spells them."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", template: str) -> None:
        self._tokenizer = tokenizer
        named = set(tokenizer.all_special_tokens)
        self._numbers = {
            token.content: number
            for number, token in tokenizer.added_tokens_decoder.items()
            if token.special or token.content in named or _is_marker(token.content, template)
        }
        longest_first = sorted(self._numbers, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._reader = cache(self._renamed)

    def are_forged_in(self, text: PartlyPlain) -> bool:
        """Return whether the tokenizer would find a marker that is plain text, or partly so."""
        return any(text.has_plain(*match.span()) for match in self._pattern.finditer(text.text))

    def tokenize_apart(self, text: PartlyPlain, options: Mapping[str, Any]) -> list[int]:
        """Return the tokens of a text in which markers are forged.

        The markers of the template get names that do not occur in the text, and a tokenizer that knows them by
        these names reads all at once: what stands around them is read as ever, and forged ones are text.
        """
        series = self._series_for(text.text)
        renamed = "".join(self._with_names(text, series))
        return list(self._reader(series)(renamed, **options)["input_ids"])

    def reader_apart_from(self, text: str) -> "PreTrainedTokenizerBase":
        """Return the tokenizer with other names for its markers, so that it finds none in a text."""
        return self._reader(self._series_for(text))

    def _series_for(self, text: str) -> int:
        """Return a series of names of which none occurs in a text."""
        if not self._tokenizer.is_fast:
            raise UserError(
                f"{self._tokenizer.name_or_path}: its tokenizer, which has no tokenizer.json, cannot tell a special "
                f"token from a text that looks like one, but there is one in {text[:60]!r}…; remove such rows"
            )
        return next(number for number in count() if _name(number) not in text)

    def _with_names(self, text: PartlyPlain, series: int) -> Iterator[str]:
        """Yield the text piece by piece, with each marker that the template wrote under its other name."""
        done = 0
        for start, end in [*text.plain, (len(text.text), len(text.text))]:
            yield self._pattern.sub(lambda match: _name(series, self._numbers[match[0]]), text.text[done:start])
            yield text.text[start:end]
            done = end

    def _renamed(self, series: int) -> "PreTrainedTokenizerBase":
        """Return the tokenizer with other names, and the same numbers, for its markers."""
        from tokenizers import Tokenizer

        names = {content: _name(series, number) for content, number in self._numbers.items()}
        state = _with_other_names(json.loads(self._tokenizer.backend_tokenizer.to_str()), names)
        reader = copy.copy(self._tokenizer)
        reader._tokenizer = Tokenizer.from_str(json.dumps(state))
        assert all(reader.backend_tokenizer.token_to_id(names[each]) == self._numbers[each] for each in names)
        return reader


_markers = lru_cache(maxsize=8)(_Markers)


def _is_marker(token: str, template: str) -> bool:
    """Return whether an added token marks something by its looks, or as a tag of which the template has either end."""
    if _PIPED.fullmatch(token):
        return True
    return bool(_BRACKETED.fullmatch(token)) and token.replace("/", "") in template.replace("/", "")


def _name(series: int, number: int | None = None) -> str:
    """Return the other name of a token with this number in a series of names, or how all names of the series begin.

    Letters and digits pass every normalizer as they are.
    """
    return f"marker{series}x" if number is None else f"marker{series}x{number}x"


def _with_other_names(state: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the tokenizer.json of a tokenizer with other names for some tokens, wherever it has them.

    In the vocabulary, too: a model may find a token there that it is not given as an added one.
    """
    model = state["model"]
    vocabulary, unknown = model["vocab"], model.get("unk_token")
    if isinstance(vocabulary, dict):
        model["vocab"] = {names.get(token, token): number for token, number in vocabulary.items()}
    else:
        model["vocab"] = [[names.get(token, token), score] for token, score in vocabulary]
    if "merges" in model:
        model["merges"] = [pair for pair in model["merges"] if not names.keys() & {*pair, "".join(pair)}]
    if unknown is not None:
        model["unk_token"] = names.get(unknown, unknown)
    added = [{**token, "content": names.get(token["content"], token["content"])} for token in state["added_tokens"]]
    return {**state, "model": model, "added_tokens": added}
