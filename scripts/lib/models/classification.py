"""How probable each of several labels is for pairs of texts: a sequence classification model and its proof."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from scripts.lib.errors import UserError, first_line
from scripts.lib.models.determinism import compute_reproducibly
from scripts.lib.models.loading import load_classifier, load_tokenizer
from scripts.lib.models.small_files import CONFIG, text_config, vocabulary_size
from scripts.lib.models.tokens import pair_encoding
from scripts.lib.rows.grouping import padded_groups
from scripts.lib.run.gpu_memory import is_gpu_memory_short, needing_gpu_memory

if TYPE_CHECKING:
    import numpy
    import torch
    from transformers import BatchEncoding

LONGEST_PAIR = 512
"""Tokens of a pair that count, those between the texts included; encoders read no more."""

PROBES = (("Use at most three words.", "The answer has three words or fewer."), ("long " * 600, "words " * 600))


def label_places(directory: Path, labels: Sequence[str]) -> list[int]:
    """Return where a model's scores have each label, as its config.json says.

    Raises UserError unless these are its labels, in whatever order and case, and it has no others.
    """
    named = {place: str(label).strip().lower() for place, label in text_config(directory).id2label.items()}
    if sorted(named.values()) != sorted(labels):
        raise UserError(
            f"{directory / CONFIG}: id2label must name {', '.join(labels)}, in whatever order and case, and nothing "
            f"else, but names {', '.join(named.values())}; give a model that tells these labels, or correct id2label"
        )
    return [place for label in labels for place in named if named[place] == label]


class Classifier:
    """A loaded sequence classification model, on a GPU where there is one, that gives the same bytes each time."""

    def __init__(self, directory: Path, labels: Sequence[str], dtype: str) -> None:
        """Load the model of a folder; raises UserError as `label_places` and `load_classifier` do."""
        import torch

        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self._directory = directory
        self._places = label_places(directory, labels)
        self._tokenizer = load_tokenizer(directory)
        compute_reproducibly()
        with needing_gpu_memory(f"{directory}: the model in {dtype}", "compute on a CPU (CUDA_VISIBLE_DEVICES=)"):
            self._model = load_classifier(directory, dtype, device_map=self.device).eval()
        positions = getattr(self._model.config.get_text_config(), "max_position_embeddings", None) or LONGEST_PAIR
        self.longest = min(LONGEST_PAIR, positions, self._tokenizer.model_max_length)

    def encode(self, first: str, second: str) -> "BatchEncoding":
        """Return what the model reads of two texts: the longer one is cut so that `longest` tokens are not exceeded."""
        return pair_encoding(self._tokenizer, first, second, truncation="longest_first", max_length=self.longest)

    def probabilities(self, pairs: Sequence["BatchEncoding"], batch_tokens: int) -> "numpy.ndarray[Any, Any]":
        """Return the probabilities of the labels, float32 [pairs, labels], in the labels' own order.

        Pairs of like length are read together, at most `batch_tokens` tokens at once, padding included.
        """
        import numpy

        found = numpy.zeros((len(pairs), len(self._places)), dtype=numpy.float32)
        lengths = [len(pair["input_ids"]) for pair in pairs]
        # Longest first: what is too large for the memory fails at once.
        in_order = sorted(range(len(pairs)), key=lambda place: -lengths[place])
        with tqdm(total=len(pairs), desc="classifying", unit="pair", mininterval=0.5) as progress:
            for batch in padded_groups(in_order, lengths, batch_tokens):
                remedy = f"lower engine.batch_tokens (--batch-tokens, now {batch_tokens})"
                with needing_gpu_memory(f"{self._directory}: a batch of {len(batch)} pairs", remedy):
                    found[batch] = self._scores([pairs[place] for place in batch]).softmax(dim=-1).cpu().numpy()
                progress.update(len(batch))
        return found

    def _scores(self, batch: Sequence["BatchEncoding"]) -> "torch.Tensor":
        """Return the logits of the labels, float32 [pairs, labels]."""
        import torch

        padded = self._tokenizer.pad([dict(pair) for pair in batch], return_tensors="pt").to(self._model.device)
        with torch.inference_mode():
            logits: torch.Tensor = self._model(**padded).logits
        return logits.float()[:, self._places]


def prove_classifier(directory: Path, labels: Sequence[str]) -> None:
    """Raise UserError unless the model of a folder tells these labels apart, of short pairs and of the longest."""
    size, tokens = vocabulary_size(directory), load_tokenizer(directory).get_vocab()
    if max(tokens.values(), default=size) >= size:
        raise UserError(
            f"{directory}: the tokenizer does not belong to the model: it has tokens that the {size} rows of the "
            "embedding (vocab_size) lack; give the tokenizer that the model was trained with"
        )
    classifier = Classifier(directory, labels, "float32")
    try:
        found = classifier.probabilities([classifier.encode(*probe) for probe in PROBES], 4 * LONGEST_PAIR)
    except Exception as error:  # what a wrong configuration leads to is raised wherever the model's code meets it
        if isinstance(error, UserError | MemoryError) or is_gpu_memory_short(error):
            raise
        raise UserError(
            f"{directory}: the model cannot be run ({first_line(error)}); give weights, config.json and tokenizer "
            "that save_pretrained wrote together"
        ) from error
    if not (abs(found.sum(axis=1) - 1) < 1e-3).all():
        raise UserError(
            f"{directory}: the model gives no probabilities (NaN or infinite); its weights or its config.json are "
            "damaged: fetch or copy the model again"
        )
