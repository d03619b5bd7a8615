"""Chat templates of every family, in small, each with a tokenizer of its kind that has the family's special tokens."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from scripts.lib.models.chat_templates import template_file
from scripts.lib.models.manifest import write_manifest
from scripts.lib.rows.files import write_json
from tests.conftest import ROOT
from tests.tiny_model import byte_level_bpe, sentences

Backend = Callable[[Sequence[str]], Tokenizer]

BYTES = [f"<0x{number:02X}>" for number in range(256)]


def prefixed_bpe(special_tokens: Sequence[str]) -> Tokenizer:
    """Train a BPE as sentencepiece's were converted for Llama 2: every text between special tokens begins with ▁."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    return _trained(tokenizer, trainers.BpeTrainer, special_tokens)


def metaspace_bpe(special_tokens: Sequence[str]) -> Tokenizer:
    """Train a BPE as Mistral's later ones are: only the beginning of a text gets a ▁."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    return _trained(tokenizer, trainers.BpeTrainer, special_tokens)


def unigram(special_tokens: Sequence[str]) -> Tokenizer:
    """Train a unigram model, which finds special tokens in its vocabulary, too; no space is put before a text."""
    tokenizer = Tokenizer(models.Unigram(byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never", split=False)
    return _trained(tokenizer, trainers.UnigramTrainer, special_tokens, unk_token="<unk>")


def _trained(tokenizer: Tokenizer, trainer: type, special_tokens: Sequence[str], **options: object) -> Tokenizer:
    strip = [] if "unk_token" in options else [decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip]
    )
    first = ["<unk>", *special_tokens, *BYTES]
    made = trainer(vocab_size=700, special_tokens=first, show_progress=False, **options)
    tokenizer.train_from_iterator(sentences(), made)
    state = json.loads(tokenizer.to_str())
    # Bytes are in the vocabulary, for letters that are not; but the text "<0x0A>" is no line break.
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] not in BYTES]
    state["model"]["byte_fallback"] = True
    return Tokenizer.from_str(json.dumps(state))


@dataclass(frozen=True)
class Family:
    """A chat template with the tokens that it writes."""

    backend: Backend
    template: str
    special: tuple[str, ...]
    begin: str | None
    end: str
    not_special: tuple[str, ...] = ()
    """Tokens of the template that the tokenizer does not call special."""
    pieces: tuple[str, ...] = ()
    """Added tokens that are ordinary text."""
    eats_spaces: bool = False
    """Whether special tokens swallow the white space after them."""
    adds_begin: bool = False
    """Whether the tokenizer puts the beginning of text before a text by itself."""

    @property
    def markers(self) -> tuple[str, ...]:
        """The tokens that come from the template alone."""
        return *self.special, *self.not_special

    def tokenizer(self) -> PreTrainedTokenizerFast:
        """Build the tokenizer."""
        backend = self.backend(self.special)
        backend.add_special_tokens([AddedToken(text, special=True, rstrip=self.eats_spaces) for text in self.special])
        backend.add_tokens(
            [AddedToken(text, special=False, normalized=False) for text in (*self.not_special, *self.pieces)]
        )
        if self.adds_begin:
            number = backend.token_to_id(self.begin)
            backend.post_processor = processors.TemplateProcessing(
                single=f"{self.begin} $A", special_tokens=[(self.begin, number)]
            )
        return PreTrainedTokenizerFast(
            tokenizer_object=backend,
            bos_token=self.begin,
            eos_token=self.end,
            pad_token=self.end,
            chat_template=self.template,
        )

    def save(self, folder: Path) -> Path:
        """Write what a model's folder has beside its weights; return the manifest."""
        self.tokenizer().save_pretrained(folder)
        write_json(folder / "config.json", {"model_type": "llama", "max_position_embeddings": 4096, "vocab_size": 1000})
        return write_manifest(folder, "model", {"test": "a tokenizer"}).path


_EACH = "{% for m in messages %}"
_OVER = "{% endfor %}"
_ASKED = "{% if add_generation_prompt %}"

FAMILIES = {
    "chatml": Family(
        byte_level_bpe,
        f"{_EACH}{{{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}}}{_OVER}"
        f"{_ASKED}{{{{ '<|im_start|>assistant\\n' }}}}{{% endif %}}",
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        None,
        "<|endoftext|>",
    ),
    "chatml that thinks": Family(
        byte_level_bpe,
        f"{_EACH}{{% set said = m['content'] %}}{{% if m['role'] == 'assistant' %}}"
        "{% set said = '<think>\\n' + (said.split('</think>')[0] if '</think>' in said else '')"
        " + '\\n</think>\\n' + said.split('</think>')[-1] %}{% endif %}"
        f"{{{{ '<|im_start|>' + m['role'] + '\\n' + said + '<|im_end|>\\n' }}}}{_OVER}"
        f"{_ASKED}{{{{ '<|im_start|>assistant\\n' }}}}{{% endif %}}",
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        None,
        "<|endoftext|>",
        not_special=("<think>", "</think>", "<|tool_call|>"),
    ),
    "llama 3": Family(
        byte_level_bpe,
        "{{ bos_token }}" + _EACH + "{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\\n\\n'"
        " + m['content'] | trim + '<|eot_id|>' }}" + _OVER + _ASKED + "{{ '<|start_header_id|>assistant"
        "<|end_header_id|>\\n\\n' }}{% endif %}",
        ("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        "<|begin_of_text|>",
        "<|end_of_text|>",
        adds_begin=True,
    ),
    "llama 2": Family(
        prefixed_bpe,
        _EACH + "{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + m['content'].strip() + ' [/INST]' }}"
        "{% else %}{{ ' ' + m['content'].strip() + ' ' + eos_token }}{% endif %}" + _OVER,
        ("<s>", "</s>"),
        "<s>",
        "</s>",
        adds_begin=True,
    ),
    "mistral": Family(
        metaspace_bpe,
        "{{ bos_token }}" + _EACH + "{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + '[/INST]' }}"
        "{% else %}{{ ' ' + m['content'] + eos_token }}{% endif %}" + _OVER,
        ("<s>", "</s>", "[INST]", "[/INST]"),
        "<s>",
        "</s>",
        adds_begin=True,
    ),
    "gemma": Family(
        unigram,
        "{{ bos_token }}" + _EACH + "{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else m['role'])"
        " + '\\n' + m['content'] | trim + '<end_of_turn>\\n' }}" + _OVER + _ASKED + "{{ '<start_of_turn>model\\n' }}"
        "{% endif %}",
        ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"),
        "<bos>",
        "<eos>",
        pieces=("\n\n", "<b>"),
        adds_begin=True,
    ),
    "phi 3": Family(
        metaspace_bpe,
        _EACH + "{{ '<|' + m['role'] + '|>\\n' + m['content'] + '<|end|>\\n' }}" + _OVER + _ASKED
        + "{{ '<|assistant|>\\n' }}{% endif %}",
        ("<s>", "<|endoftext|>", "<|user|>", "<|assistant|>", "<|end|>"),
        "<s>",
        "<|endoftext|>",
        eats_spaces=True,
    ),
    "deepseek": Family(
        byte_level_bpe,
        "{{ bos_token }}" + _EACH + "{% if m['role'] == 'user' %}{{ '<｜User｜>' + m['content'] }}{% else %}"
        "{{ '<｜Assistant｜>' + m['content'].split('</think>')[-1] + eos_token }}{% endif %}" + _OVER + _ASKED
        + "{{ '<｜Assistant｜>' }}{% endif %}",
        ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
        "<｜begin▁of▁sentence｜>",
        "<｜end▁of▁sentence｜>",
        not_special=("<｜User｜>", "<｜Assistant｜>", "<think>", "</think>"),
        adds_begin=True,
    ),
}  # fmt: skip

_SHIPPED = {"chatml": "chatml", "llama3": "llama 3", "mistral": "mistral", "gemma": "gemma", "plain": "chatml"}
SHIPPED = {
    name: replace(FAMILIES[family], template=(ROOT / template_file(name)).read_text(encoding="utf-8"))
    for name, family in _SHIPPED.items()
}
"""The project's own templates, each with a tokenizer that it suits; `plain` suits any."""
