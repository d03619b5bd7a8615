"""The vLLM engine: every request is a unit, and its row comes out as soon as it is finished.

vLLM composes its own batches as requests come and go, so that rows differ in their last digits, and
texts now and then, with what ran beside them. Only its batch-invariant mode (VLLM_BATCH_INVARIANT=1,
GPUs only) gives the same bytes however the work was split.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch

from scripts.lib.engines.base import EngineSettings, Unit
from scripts.lib.engines.choices import TokenPath, nodes, probabilities, tokens_wanted
from scripts.lib.engines.requests import Request
from scripts.lib.engines.texts import Texts
from scripts.lib.errors import UserError, first_line
from scripts.lib.models.loading import load_model, set_cpu_threads
from scripts.lib.models.manifest import Manifest
from scripts.lib.rows.jsonl import Row

# In this process, vLLM schedules the same way each time, and kill -9 leaves nothing behind.
os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
# To ask whether there is a GPU makes a process unfit to be forked for one: over several GPUs, workers begin anew.
os.environ.setdefault("VLLM_WORKER_MULTIPROC_METHOD", "spawn")

import vllm
from vllm import EngineArgs, LLMEngine, SamplingParams
from vllm.inputs import tokens_input
from vllm.sampling_params import RequestOutputKind

if TYPE_CHECKING:
    from vllm import RequestOutput

IN_FLIGHT = 2048
"""Requests given to vLLM at once: more than it runs side by side, few enough to hold."""

CPU_CACHE_BYTES = 2 * 2**30
"""Memory for keys and values on a CPU, where vLLM would otherwise take most of the machine."""

CPU_STEP_TOKENS = 4096
"""Tokens that vLLM reads in one step on a CPU, at least."""

NEVER = -100.0
"""Added to a logit, it leaves a token no probability; vLLM takes nothing lower."""

MOST_CHOICE_TOKENS = 128
"""Tokens whose probability vLLM gives for one place (its own limit)."""


@dataclass(frozen=True)
class Question:
    """What vLLM is asked at once about a request: tokens to go on from, so far into its choices, and how."""

    request: Request
    path: TokenPath
    ids: list[int]
    how: SamplingParams

    @property
    def longest(self) -> int:
        """Tokens that it may come to."""
        return len(self.ids) + self.how.max_tokens


class VllmEngine:
    """Streams requests through one vLLM engine in this process."""

    name = "vllm"

    def __init__(self, manifest: Manifest, settings: EngineSettings) -> None:
        self._manifest = manifest
        self._settings = settings
        self._texts = Texts(manifest.directory)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._running: tuple[int, LLMEngine] | None = None

    @property
    def reproducible(self) -> bool:
        """Whether vLLM runs in its batch-invariant mode."""
        return self._device == "cuda" and vllm.envs.VLLM_BATCH_INVARIANT

    def identity(self) -> dict[str, str | int | bool]:
        """Return the versions, number format, device and what else changes how floats are added."""
        return {
            "engine": self.name,
            "dtype": self._settings.dtype,
            "device": self._device,
            "gpus": max(1, self._settings.gpus),
            "eager": self._settings.eager,
            "batch_invariant": self.reproducible,
            "torch": torch.__version__,
            "vllm": vllm.__version__,
        }

    def plan(self, requests: Sequence[Request]) -> list[Unit]:
        """Return each request as a unit, neighbours by id together: they often begin alike.

        Raises UserError for n-gram penalties: vLLM has none, and what it lets be added to its sampler is tied to how it
        schedules.
        """
        for request in requests:
            if request.ngram_penalties:
                raise UserError(
                    f"request {request.id}: the vllm engine has no n-gram penalties; use the transformers engine "
                    "(engine.name: transformers, --engine transformers), or set the penalties to 0"
                )
            self._texts.check(request)
        return [(request,) for request in sorted(requests, key=lambda request: (request.task, request.id))]

    def run(self, units: Sequence[Unit]) -> Iterator[tuple[int, list[Row]]]:
        """Yield the row of each request as it finishes; tokens are held only for requests under way."""
        longest = 0
        for place, request in _requests(units):
            asked = self._questions(request)
            longest = max([longest, *(question.longest for question in asked)])
            if not asked:
                yield place, [self._row(request, {})]
        places = {request.id: place for place, request in _requests(units)}
        answers: dict[str, dict[TokenPath, RequestOutput]] = {}
        for question, answer, count in self._ask(units, longest):
            request = question.request
            found = answers.setdefault(request.id, {})
            found[question.path] = answer
            if len(found) == count:
                yield places[request.id], [self._row(request, answers.pop(request.id))]

    def _ask(self, units: Sequence[Unit], longest: int) -> Iterator[tuple[Question, "RequestOutput", int]]:
        """Yield vLLM's answer to each question as it comes, and how many questions its request has."""
        if not longest:
            return
        engine = self._engine_for(longest)
        asked = (self._questions(request) for _, request in _requests(units))
        waiting = ((question, len(questions)) for questions in asked for question in questions)
        under_way: dict[str, tuple[Question, int]] = {}
        while True:
            for question, count in islice(waiting, IN_FLIGHT - len(under_way)):
                name = f"{question.request.id} {question.path}"
                under_way[name] = question, count
                engine.add_request(name, tokens_input(question.ids), question.how)
            if not under_way:
                return
            for answer in engine.step():
                over = not answer.finished and self._texts.is_over(
                    under_way[answer.request_id][0].request, answer.outputs[0].token_ids
                )
                if over:
                    engine.abort_request([answer.request_id])
                if over or answer.finished:
                    question, count = under_way.pop(answer.request_id)
                    yield question, answer, count

    def _engine_for(self, longest: int) -> LLMEngine:
        """Return vLLM for texts of at most this many tokens: the one that is there, if it is for as many."""
        if self._running is None or self._running[0] < longest:
            self._running = None  # two at once would share, and one tear down, what vLLM keeps once per process
            self._running = longest, self._start(longest)
        return self._running[1]

    def _start(self, longest: int) -> LLMEngine:
        """Return vLLM with the model loaded, for texts of at most this many tokens."""
        if self._device == "cpu" and vllm.envs.VLLM_BATCH_INVARIANT:
            raise UserError("VLLM_BATCH_INVARIANT=1: this mode of vLLM needs a GPU; unset it, or use transformers")
        set_cpu_threads(self._settings.cpu_threads)
        # vLLM starts without weights that it does not find; whether they are finite, prepare_base has seen.
        load_model(self._manifest.directory, "bfloat16", device_map="meta")
        length = min(self._texts.context, longest)
        options = cpu_options(length) if self._device == "cpu" else {"enforce_eager": self._settings.eager}
        arguments = EngineArgs(
            model=str(self._manifest.directory),
            dtype=self._settings.dtype,
            tensor_parallel_size=max(1, self._settings.gpus),
            max_model_len=length,
            max_logprobs=MOST_CHOICE_TOKENS,
            # Sampling is said in each request; nothing may come in through the model's own defaults.
            generation_config="vllm",
            trust_remote_code=False,
            load_format="safetensors",
            disable_log_stats=True,
            seed=0,
            **options,
        )
        try:
            return LLMEngine.from_engine_args(arguments)
        except (ValueError, OSError, RuntimeError) as error:  # RuntimeError: memory, and whatever stops a worker
            raise UserError(f"{self._manifest.directory}: vllm cannot run this model ({first_line(error)})") from error

    def _questions(self, request: Request) -> list[Question]:
        """Return what to ask vLLM for a request; nothing if it exceeds the model's context, or nothing is scored."""
        if request.task == "perplexity":
            ids = self._texts.measured_ids(request)
            return [Question(request, (), ids, _sampling(prompt_logprobs=0))] if len(ids) > 1 else []
        if request.task == "loglikelihood":
            # vLLM reads a text only together with a token after it.
            rows = self._texts.followed(request, self._texts.context - 1)
            how = _sampling(prompt_logprobs=0)
            return [Question(request, (number,), ids, how) for number, (ids, _) in enumerate(rows)]
        prompt = self._texts.prompt_ids(request)
        if request.task == "score":
            paths = self._texts.choice_paths(request)
            asked = [
                Question(request, node, [*prompt, *node], _sampling(logprob_token_ids=tokens_wanted(paths, node)))
                for node in sorted(nodes(paths))
            ]
            return [question for question in asked if len(question.ids) < self._texts.context]
        room = self._texts.room(request, prompt)
        how = _sampling(
            max_tokens=room or 1,
            temperature=request.temperature,
            top_p=request.top_p,
            seed=request.seed,
            stop=list(request.stop),
            stop_token_ids=sorted(self._texts.stop_ids),
            logit_bias=dict.fromkeys(sorted(self._texts.never_written(request)), NEVER) or None,
            detokenize=bool(request.stop),
            # What is written is looked at after every token only where that can end it.
            output_kind=RequestOutputKind.CUMULATIVE if request.until else RequestOutputKind.FINAL_ONLY,
        )
        return [Question(request, (), prompt, how)] if room else []

    def _row(self, request: Request, answers: dict[TokenPath, "RequestOutput"]) -> Row:
        if request.task == "perplexity":
            return self._measured(request, answers)
        if request.task == "loglikelihood":
            return self._followed(request, answers)
        if request.task == "score":
            logprobs = {node: _next_logprobs(answer) for node, answer in answers.items()}
            return {"id": request.id, "probabilities": probabilities(self._texts.choice_paths(request), logprobs)}
        written = answers[()].outputs[0].token_ids if answers else []
        return self._texts.answer_row(request, self._texts.prompt_ids(request), written)

    def _measured(self, request: Request, answers: dict[TokenPath, "RequestOutput"]) -> Row:
        _, *scored = self._texts.measured_ids(request)
        given = answers[()].prompt_logprobs[1:] if answers else []
        total = sum(place[token].logprob for place, token in zip(given, scored, strict=True))
        return {"id": request.id, "nll": -total / len(scored) if scored else None, "tokens": len(scored)}

    def _followed(self, request: Request, answers: dict[TokenPath, "RequestOutput"]) -> Row:
        rows = self._texts.followed(request, self._texts.context - 1)
        found = []
        for number, (ids, places) in enumerate(rows):
            given = answers[(number,)].prompt_logprobs[-places:]
            found.append([place[token] for place, token in zip(given, ids[-places:], strict=True)])
        return {
            "id": request.id,
            "loglikelihoods": [sum(each.logprob for each in scored) for scored in found],
            "greedy": [all(each.rank == 1 for each in scored) for scored in found],
        }


def _requests(units: Sequence[Unit]) -> Iterator[tuple[int, Request]]:
    """Yield every request with the place of its unit."""
    return ((place, request) for place, unit in enumerate(units) for request in unit)


def cpu_options(length: int) -> dict[str, Any]:
    """Return what vLLM 0.32 needs on a CPU.

    Prompts are not read in pieces there: after a piece, vLLM winds the random generator of a seeded
    request back, which the CPU's generator cannot do ("CPU Generator does not use offset").
    """
    return {
        "enforce_eager": True,
        "kv_cache_memory_bytes": CPU_CACHE_BYTES,
        "enable_chunked_prefill": False,
        "max_num_batched_tokens": max(CPU_STEP_TOKENS, length),
    }


def _sampling(**options: Any) -> SamplingParams:
    """Return sampling parameters: one greedy token unless said otherwise, given when all is written."""
    defaults = {"max_tokens": 1, "temperature": 0.0, "detokenize": False, "output_kind": RequestOutputKind.FINAL_ONLY}
    return SamplingParams(**{**defaults, **options})


def _next_logprobs(answer: "RequestOutput") -> dict[int, float]:
    """Return the log-probabilities that vLLM gives for the token after a prompt."""
    return {token: value.logprob for token, value in answer.outputs[0].logprobs[0].items()}
