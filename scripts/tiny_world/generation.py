"""Plain batched generation and scoring for the measurements of the tiny world."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SCORES = tuple(str(score) for score in range(1, 11))


class Writer:
    """A model in memory that continues prompts and weighs scores, in batches on the CPU."""

    def __init__(self, directory: Path, threads: int, seed: int, batch: int = 64) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        torch.set_num_threads(threads)
        torch.manual_seed(seed)
        self.batch = batch
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(directory, padding_side="left")
        self.model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.bfloat16)

    def write(
        self, prompts: Sequence[str], max_tokens: int, temperature: float, top_p: float
    ) -> list[tuple[str, bool]]:
        """Return the continuation of each prompt, and whether the model ended it by itself."""
        chosen = {"do_sample": True, "temperature": temperature, "top_p": top_p, "top_k": 0}
        written = []
        for inputs in self._batches(prompts, "answers"):
            output = self.model.generate(
                **inputs, max_new_tokens=max_tokens, **(chosen if temperature else {"do_sample": False})
            )
            for ids in output[:, inputs["input_ids"].shape[1] :].tolist():
                stopped = any(stop in ids for stop in self.model.generation_config.eos_token_id)
                written.append((self.tokenizer.decode(ids, skip_special_tokens=True), stopped))
        return written

    def expected_scores(self, prompts: Sequence[str]) -> list[float]:
        """Return the mean score after each prompt, over the probabilities of 1 to 10."""
        import torch

        ids = [self.tokenizer.encode(score)[0] for score in SCORES]
        values = torch.arange(1, len(SCORES) + 1, dtype=torch.float32)
        scores: list[float] = []
        for inputs in self._batches(prompts, "ratings"):
            with torch.no_grad():
                logits = self.model(**inputs, use_cache=False).logits[:, -1, ids].float()
            scores += (logits.softmax(-1) @ values).tolist()
        return scores

    def _batches(self, prompts: Sequence[str], name: str) -> Iterator[dict[str, "Tensor"]]:
        for start in tqdm(range(0, len(prompts), self.batch), desc=name, mininterval=1):
            chunk = list(prompts[start : start + self.batch])
            encoded = self.tokenizer(chunk, return_tensors="pt", padding=True, add_special_tokens=False)
            yield {"input_ids": encoded["input_ids"], "attention_mask": encoded["attention_mask"]}
