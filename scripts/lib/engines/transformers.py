"""The transformers engine: padded batches on a CPU or one GPU, the same bytes whoever computes them."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import torch
import transformers
from transformers import GenerationConfig

from scripts.lib.engines.base import EngineSettings, Unit
from scripts.lib.engines.batches import Sized, batches
from scripts.lib.engines.choices import Path, deepest, probabilities, tokens_wanted
from scripts.lib.engines.drawing import RowEnds, SeededDraw
from scripts.lib.engines.requests import Request
from scripts.lib.engines.texts import Texts
from scripts.lib.errors import UserError
from scripts.lib.loading import load_model, set_cpu_threads
from scripts.lib.manifest import Manifest
from scripts.lib.records import Row

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MOST_LOGITS = 2**28
"""Logits of one perplexity batch, which needs them at every place: 1 GiB in float32."""


class TransformersEngine:
    """Computes whole batches; a batch's results depend on nothing but the batch."""

    name = "transformers"
    reproducible = True

    def __init__(self, manifest: Manifest, settings: EngineSettings) -> None:
        self._manifest = manifest
        self._settings = settings
        self._texts = Texts(manifest.directory)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"

    def identity(self) -> dict[str, str | int | bool]:
        """Return the versions, number format and device; threads count on a CPU."""
        device = self._device if self._device == "cuda" else f"cpu, {self._settings.cpu_threads} threads"
        versions = {"torch": torch.__version__, "transformers": transformers.__version__}
        return {"engine": self.name, "dtype": self._settings.dtype, "device": device, **versions}

    def plan(self, requests: Sequence[Request]) -> list[Unit]:
        """Return batches of similar length within the token budget, longest first."""
        most_with_logits = MOST_LOGITS // self._texts.vocabulary

        def budget(task: str) -> int:
            tokens = self._settings.batch_tokens
            return min(tokens, most_with_logits) if task == "perplexity" else tokens

        return batches((self._sized(request) for request in requests), budget)

    def run(self, units: Sequence[Unit]) -> Iterator[tuple[int, list[Row]]]:
        """Yield the results of each batch in turn."""
        compute: dict[str, Callable[[Unit], list[Row]]] = {
            "generate": self._generate,
            "score": self._score,
            "perplexity": self._perplexity,
        }
        set_cpu_threads(self._settings.cpu_threads)
        for place, unit in enumerate(units):
            try:
                with torch.inference_mode():
                    yield place, compute[unit[0].task](unit)
            except torch.OutOfMemoryError as error:
                raise UserError(
                    f"{self._manifest.directory}: a batch of {len(unit)} rows does not fit into the GPU's memory; "
                    f"use less than --batch-tokens {self._settings.batch_tokens}"
                ) from error

    @cached_property
    def _model(self) -> "PreTrainedModel":
        model = load_model(self._manifest.directory, self._settings.dtype).to(self._device).eval()
        # Sampling is said in each request; nothing may come in through the model's own defaults.
        model.generation_config = GenerationConfig(pad_token_id=0)
        return model

    def _sized(self, request: Request) -> Sized:
        if request.task == "perplexity":
            before, after = self._texts.measured_ids(request.prompt, request.continuation)
            return Sized(request, len(before), len(after))
        following = request.max_tokens if request.task == "generate" else 1
        return Sized(request, len(self._texts.prompt_ids(request.prompt)), following)

    def _generate(self, unit: Unit) -> list[Row]:
        prompts = [self._texts.prompt_ids(request.prompt) for request in unit]
        rooms = [
            min(request.max_tokens, self._texts.context - len(prompt))
            for request, prompt in zip(unit, prompts, strict=True)
        ]
        fitting = [place for place, room in enumerate(rooms) if room > 0]
        written = dict(zip(fitting, self._write([unit[i] for i in fitting], [prompts[i] for i in fitting], [rooms[i] for i in fitting]), strict=True))
        return [
            self._answer(request, len(prompts[place]), written.get(place, []))
            for place, request in enumerate(unit)
        ]
