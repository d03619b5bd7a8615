"""How many tokens texts have, told by the tokenizers library alone: to import transformers takes 450 MB."""

from collections.abc import Callable, Sequence
from pathlib import Path

from scripts.lib.errors import UserError, first_line
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.plain_text import plain_text
from scripts.lib.models.small_files import TOKENIZER
from scripts.lib.models.tokens import token_ids

TokenCounter = Callable[[Sequence[str]], list[int]]


def token_counter(directory: Path) -> TokenCounter:
    """Return a function that tells how many tokens of a model folder's tokenizer each of some plain texts has.

    Special tokens in a text count as what they are spelt with. Raises UserError naming the folder if it holds no usable
    tokenizer.
    """
    if not (directory / TOKENIZER).is_file():
        tokenizer = load_tokenizer(directory)  # an older format, which transformers alone reads
        return lambda texts: [len(token_ids(tokenizer, plain_text(text))) for text in texts]
    from tokenizers import Tokenizer

    try:
        reader = Tokenizer.from_file(str(directory / TOKENIZER))
    except Exception as error:  # the tokenizers library knows no other exception
        raise UserError(f"{directory / TOKENIZER}: it cannot be read ({first_line(error)}); copy it again") from error
    reader.no_truncation()
    reader.no_padding()
    reader.encode_special_tokens = True
    return lambda texts: [len(text) for text in reader.encode_batch_fast(list(texts), add_special_tokens=False)]
