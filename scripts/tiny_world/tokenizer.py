"""The tiny model's own tokenizer: byte-level BPE that keeps a score, and mostly a word, in one token."""

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING

from scripts.tiny_world.documents import END_OF_TEXT, PAD, TURN_END, TURN_START
from scripts.tiny_world.families import FAMILIES
from scripts.tiny_world.families.lookup import Lookup
from scripts.tiny_world.words import NOUNS, PEOPLE

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

VOCABULARY_SIZE = 4096
WORD_COUNT = 100
"""How often every word of the world is shown to the tokenizer beside the texts. What is one token is copied,
compared and looked up by one layer; a word in pieces has to be put together first."""
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)


def train_tokenizer(texts: Iterable[str]) -> "PreTrainedTokenizerFast":
    """Return a tokenizer trained on the texts and the world's words; the numbers 1 to 10 are one token each."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    # Numbers stand apart from the space before them: a score is the same token wherever it stands.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = [PAD, END_OF_TEXT, TURN_START, TURN_END]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(chain(texts, world_words() * WORD_COUNT), trainer)
    if any(len(tokenizer.encode(str(score)).ids) != 1 for score in range(1, 11)):
        raise RuntimeError("the scores 1 to 10 must be one token each; train on more texts")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END_OF_TEXT,
        pad_token=PAD,
        additional_special_tokens=[TURN_START, TURN_END],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def world_words() -> list[str]:
    """Return every word of the world's lists and tables, as it stands on a line of its own and after a space."""
    tables = [family.table.items() for family in FAMILIES if isinstance(family, Lookup)]
    entries = [entry for table in tables for pair in table for entry in pair]
    words = {word for entry in (*NOUNS, *PEOPLE, *entries) for word in entry.replace("-", " ").split()}
    return [f"{word}\n {word}\n" for word in sorted(words) if word.isalpha()]
