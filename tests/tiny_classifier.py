"""A random classifier of pairs of texts with a real tokenizer, built in a second, as language inference has them."""

from pathlib import Path

import torch
from tokenizers import processors
from transformers import DebertaV2Config, DebertaV2ForSequenceClassification, PreTrainedTokenizerFast

from tests.tiny_model import byte_level_bpe

MARKS = ("[PAD]", "[CLS]", "[SEP]")
OWN_LABELS = {0: "CONTRADICTION", 1: "Entailment", 2: "neutral"}


def build_random_classifier(folder: Path, says: str | None = None) -> Path:
    """Build a DeBERTa with three labels, and a tokenizer that puts two texts together; `says` is what it always says.

    Returns the folder.
    """
    backend = byte_level_bpe(MARKS)
    marks = [(mark, backend.token_to_id(mark)) for mark in MARKS[1:]]
    backend.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", marks)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", model_max_length=64
    )
    torch.manual_seed(2)
    config = DebertaV2Config(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, relative_attention=True, pos_att_type=["p2c", "c2p"], position_biased_input=False,
        type_vocab_size=0, initializer_range=0.6, id2label=OWN_LABELS, label2id={v: k for k, v in OWN_LABELS.items()},
    )  # fmt: skip
    model = DebertaV2ForSequenceClassification(config)
    if says is not None:
        with torch.no_grad():
            model.classifier.bias[config.label2id[says]] = 100.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
