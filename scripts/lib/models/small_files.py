"""The small files of a model folder: readable, and agreed on one vocabulary. Nothing is loaded for this."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import UserError
from scripts.lib.models.chat_format import end_of_turn
from scripts.lib.models.files import GENERATION_CONFIG, TOKENIZER_CONFIG
from scripts.lib.models.loading import first_line
from scripts.lib.rows.files import read_object
from scripts.lib.rows.strict_json import decode

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedTokenizerBase

CONFIG, TOKENIZER = "config.json", "tokenizer.json"
OBJECTS = (CONFIG, GENERATION_CONFIG, TOKENIZER_CONFIG, TOKENIZER, "special_tokens_map.json", "added_tokens.json")


def check_small_files(directory: Path) -> None:
    """Raise UserError naming the file and key unless configurations and templates can be read.

    config.json must describe a model that transformers knows, and how many tokens that knows; generation_config.json
    may name only such as its ends.
    """
    for name in OBJECTS:
        read_object(directory / name)
    for template in sorted(directory.glob("*.jinja")):
        decode(template.read_bytes(), str(template))
    size = vocabulary_size(directory)
    generation = read_object(directory / GENERATION_CONFIG)
    for key in ("eos_token_id", "pad_token_id", "bos_token_id"):
        for number in _listed(generation.get(key)):
            if type(number) is not int or not 0 <= number < size:
                raise UserError(
                    f"{directory / GENERATION_CONFIG}: {key} holds {number!r}, which is no token of the model's "
                    f"vocabulary (whole numbers from 0 to {size - 1}); correct it, or take the key out"
                )


def text_config(directory: Path) -> "PreTrainedConfig":
    """Return what config.json says of a model's text part, what it leaves out by the architecture's defaults.

    Raises UserError unless it describes a model that transformers knows without the model's code.
    """
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(str(directory), local_files_only=True, trust_remote_code=False)
        return config.get_text_config()
    except Exception as error:  # each architecture checks its configuration in its own way
        raise UserError(
            f"{directory / CONFIG}: not a model that transformers knows ({first_line(error)}); "
            "models that bring their own code are not supported"
        ) from error


def vocabulary_size(directory: Path) -> int:
    """Return how many tokens a model chooses among; raises UserError unless its config.json says so."""
    size = getattr(text_config(directory), "vocab_size", None)
    if type(size) is not int or size < 1:
        raise UserError(
            f"{directory / CONFIG}: vocab_size must be the number of rows of the embedding, but is {size!r}; "
            "fetch or copy config.json again"
        )
    return size


def check_vocabulary(directory: Path, tokenizer: "PreTrainedTokenizerBase") -> None:
    """Raise UserError unless every token that a text can become has a row in the model's embedding.

    Special tokens that end or begin nothing may lack one: Gemma's tokenizer has one for images, which its text
    models do not know. Those that the tokenizer names must be in the vocabulary: transformers would add one that
    is not, under a number that the model was never trained on.
    """
    _check_named_tokens(directory, tokenizer)
    special = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    turn_end = end_of_turn(tokenizer, str(directory)).text
    unused = special - {tokenizer.eos_token, tokenizer.bos_token, tokenizer.pad_token, turn_end}
    size = vocabulary_size(directory)
    numbers = {token: number for token, number in tokenizer.get_vocab().items() if token not in unused}
    last = max(numbers, key=lambda token: numbers[token], default=None)
    if last is None or numbers[last] >= size:
        raise UserError(
            f"{directory}: the tokenizer does not belong to the model: its token {last!r} has the number "
            f"{numbers.get(last or '')}, but config.json gives the embedding {size} rows (vocab_size); give the "
            "tokenizer that the model was trained with, or enlarge the model with resize_token_embeddings"
        )


def _check_named_tokens(directory: Path, tokenizer: "PreTrainedTokenizerBase") -> None:
    if not (directory / TOKENIZER).is_file():
        return  # an older format, of which only the tokenizer itself knows the vocabulary
    from tokenizers import Tokenizer

    known = set(Tokenizer.from_file(str(directory / TOKENIZER)).get_vocab(with_added_tokens=True))
    declared = read_object(directory / TOKENIZER_CONFIG).get("added_tokens_decoder") or {}
    known.update(token["content"] for token in declared.values())
    known.update(read_object(directory / "added_tokens.json"))
    for role in ("eos_token", "pad_token", "bos_token"):
        token = getattr(tokenizer, role)
        if token is not None and token not in known:
            raise UserError(
                f"{directory / TOKENIZER_CONFIG}: {role} is {token!r}, which the vocabulary in {TOKENIZER} lacks; "
                "name a token that is in it"
            )


def _listed(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
