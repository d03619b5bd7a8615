"""The transformers engine: padded batches on a CPU or one GPU, the same bytes whoever computes them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import torch
import transformers
from torch.nn import functional as F
from transformers import GenerationConfig

from scripts.lib.engines.base import EngineSettings, Unit
from scripts.lib.engines.batches import plan_batches
from scripts.lib.engines.choices import TokenPath, deepest, probabilities, tokens_wanted
from scripts.lib.engines.decoding import RowEnds, SeededDraw
from scripts.lib.engines.generating import write
from scripts.lib.engines.prefill import PAD, last_logits, left_padded
from scripts.lib.engines.requests import Request
from scripts.lib.engines.restrictions import NeverWritten, NgramPenalties
from scripts.lib.engines.texts import Texts
from scripts.lib.models.determinism import compute_reproducibly
from scripts.lib.models.loading import load_model, set_cpu_threads
from scripts.lib.models.manifest import Manifest
from scripts.lib.rows.jsonl import Row
from scripts.lib.run.gpu_memory import needing_gpu_memory

if TYPE_CHECKING:
    from transformers import GenerationMixin, PreTrainedModel


SPREAD = "spread it over more GPUs (engine.name: vllm, with engine.gpus)"


@dataclass(frozen=True)
class Way:
    """A prompt's tokens with a path of `depth` tokens into its choices; the first `shared` begin other prompts, too."""

    request: Request
    ids: list[int]
    shared: int
    depth: int


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
        for request in requests:
            self._texts.check(request)
        return plan_batches(requests, self._texts, self._settings.batch_tokens)

    def run(self, units: Sequence[Unit]) -> Iterator[tuple[int, list[Row]]]:
        """Yield the results of each batch in turn."""
        set_cpu_threads(self._settings.cpu_threads)
        _ = self._model  # what fails while it loads is not a batch's fault
        for place, unit in enumerate(units):
            what = f"{self._manifest.directory}: a batch of {len(unit)} rows"
            remedy = f"lower engine.batch_tokens (--batch-tokens, now {self._settings.batch_tokens})"
            with needing_gpu_memory(what, remedy):
                rows = self._compute(unit)
            yield place, rows

    @torch.inference_mode()
    def _compute(self, unit: Unit) -> list[Row]:
        tasks = {
            "generate": self._generate,
            "score": self._score,
            "perplexity": self._perplexity,
            "loglikelihood": self._loglikelihood,
        }
        return tasks[unit[0].task](unit)

    @cached_property
    def _model(self) -> "PreTrainedModel":
        compute_reproducibly()
        dtype = self._settings.dtype
        remedy = SPREAD if dtype == "bfloat16" else f"compute in bfloat16 (engine.dtype), or {SPREAD}"
        with needing_gpu_memory(f"{self._manifest.directory}: the model in {dtype}", remedy):
            model = load_model(self._manifest.directory, dtype, device_map=self._device).eval()
        # Sampling is said in each request; nothing may come in through the model's own defaults.
        model.generation_config = GenerationConfig()
        return model

    def _generate(self, unit: Unit) -> list[Row]:
        prompts = {request.id: self._texts.prompt_ids(request) for request in unit}
        rooms = {request.id: self._texts.room(request, prompts[request.id]) for request in unit}
        fitting = [request for request in unit if rooms[request.id]]
        written = self._write(fitting, prompts, rooms) if fitting else {}
        return [self._texts.answer_row(request, prompts[request.id], written.get(request.id, [])) for request in unit]

    def _write(
        self, requests: Sequence[Request], prompts: dict[str, list[int]], rooms: dict[str, int]
    ) -> dict[str, list[int]]:
        """Return the tokens that the model writes for each request, by id."""
        most = [rooms[request.id] for request in requests]
        ids, mask = left_padded([prompts[request.id] for request in requests], self._device)
        draw = SeededDraw(
            seeds=[request.seed for request in requests],
            temperatures=[request.temperature for request in requests],
            top_ps=[request.top_p for request in requests],
            steps=max(most),
            width=ids.shape[1],
            device=self._device,
        )
        ends = RowEnds(self._texts.stop_ids, most, lambda row, tokens: self._texts.is_over(requests[row], tokens))
        restrictions = self._restrictions(requests, width=ids.shape[1])
        written = write(cast("GenerationMixin", self._model), ids, mask, restrictions, draw, ends)
        return {request.id: tokens for request, tokens in zip(requests, written, strict=True)}

    def _restrictions(self, requests: Sequence[Request], width: int) -> list[NeverWritten | NgramPenalties]:
        """Return what the requests may not write, or not once more: nothing for most."""
        found: list[NeverWritten | NgramPenalties] = []
        if any(request.forbidden or request.never_ends for request in requests):
            never = [self._texts.never_written(request) for request in requests]
            found.append(NeverWritten(never, self._texts.vocabulary, self._device))
        if any(request.ngram_penalties for request in requests):
            penalized = [self._texts.penalized(request) for request in requests]
            found.append(NgramPenalties([request.ngram_penalties for request in requests], penalized, width))
        return found

    def _score(self, unit: Unit) -> list[Row]:
        """Read each prompt with the deepest way into its choices: one forward passes every node."""
        paths = {request.id: self._texts.choice_paths(request) for request in unit}
        ways = [
            Way(request, [*prompt, *node], self._texts.shared(request, prompt), len(node))
            for request in unit
            for prompt in [self._texts.prompt_ids(request)]
            for node in deepest(paths[request.id])
        ]
        fitting = [way for way in ways if len(way.ids) < self._texts.context]
        logprobs: dict[str, dict[TokenPath, dict[int, float]]] = {request.id: {} for request in unit}
        for way, last in zip(fitting, self._last_logprobs(fitting), strict=True):
            for length in range(way.depth + 1):
                node = tuple(way.ids[len(way.ids) - way.depth :][:length])
                wanted = tokens_wanted(paths[way.request.id], node)
                values = last[length - way.depth - 1, wanted].tolist()
                logprobs[way.request.id][node] = dict(zip(wanted, values, strict=True))
        return [
            {"id": request.id, "probabilities": probabilities(paths[request.id], logprobs[request.id])}
            for request in unit
        ]

    def _last_logprobs(self, ways: Sequence[Way]) -> Iterator[torch.Tensor]:
        """Yield, for each way, the log-probabilities of the next token at its last places."""
        if not ways:
            return
        most = 1 + max(way.depth for way in ways)
        rows, shared = [way.ids for way in ways], [way.shared for way in ways]
        for row in last_logits(self._model, rows, shared, most, self._device):
            yield torch.log_softmax(row.double(), dim=-1)

    def _loglikelihood(self, unit: Unit) -> list[Row]:
        """Read each prompt once, and then each of its continuations but for the last token, which predicts nothing."""
        # The last of so many tokens is not read: the model's context holds the others.
        asked = [self._texts.followed(request, self._texts.context + 1) for request in unit]
        rows = [(ids[:-1], ids[-places:]) for each in asked for ids, places in each]
        shared = [len(read) - len(scored) for read, scored in rows]
        most = max(len(scored) for _, scored in rows)
        logits = last_logits(self._model, [read for read, _ in rows], shared, most, self._device)
        found = [_followed_by(scored, row) for (_, scored), row in zip(rows, logits, strict=True)]
        measured = []
        for request in unit:
            own, found = found[: len(request.continuations)], found[len(request.continuations) :]
            loglikelihoods, greedy = (list(values) for values in zip(*own, strict=True))
            measured.append({"id": request.id, "loglikelihoods": loglikelihoods, "greedy": greedy})
        return measured

    def _perplexity(self, unit: Unit) -> list[Row]:
        """Read every row once; padding stands on the right, where no token looks."""
        rows = [self._texts.measured_ids(request) for request in unit]
        width = max(len(row) for row in rows)
        ids = torch.tensor([[*row, *[PAD] * (width - len(row))] for row in rows], device=self._device)
        logits = self._model(ids, use_cache=False).logits
        measured = []
        for request, (_, *scored), scores in zip(unit, rows, logits, strict=True):
            predicted = scores[: len(scored)].float()
            nll = F.cross_entropy(predicted, ids.new_tensor(scored)).item() if scored else None
            measured.append({"id": request.id, "nll": nll, "tokens": len(scored)})
        return measured


def _followed_by(scored: Sequence[int], logits: torch.Tensor) -> tuple[float, bool]:
    """Return how probable tokens are by the last logits [places, vocabulary], and whether each is the most probable."""
    predicted, tokens = logits[-len(scored) :].double(), torch.tensor(scored, device=logits.device)
    chosen = predicted.log_softmax(dim=-1).gather(-1, tokens[:, None])
    return chosen.sum().item(), bool((predicted.argmax(dim=-1) == tokens).all())
