"""What an engine is: it says how requests are put into units, and computes units."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from scripts.lib.engines.requests import Request
from scripts.lib.rows.jsonl import Row

Dtype = Literal["float32", "bfloat16"]
EngineName = Literal["auto", "transformers", "vllm"]

Unit = tuple[Request, ...]
"""Requests of one task that are computed together and stand in the journal together."""


@dataclass(frozen=True)
class EngineSettings:
    """How an engine computes, whatever the model."""

    dtype: Dtype = "bfloat16"
    """Number format of the weights: float32 or bfloat16."""
    cpu_threads: int = 2
    """Threads on a CPU; fixed, since the order in which floats are added depends on it."""
    batch_tokens: int = 16384
    """transformers: most tokens in one batch, prompts, answers and padding together."""
    gpus: int = 0
    """vllm: GPUs that one engine is spread over; 0: as many as it takes by itself, which is one."""
    eager: bool = False
    """vllm: no compilation and no CUDA graphs; starts sooner, runs slower."""


class Engine(Protocol):
    """Generates, scores and measures with one model. Making one is cheap: weights are loaded by `run`."""

    name: str

    @property
    def reproducible(self) -> bool:
        """Whether the same units give the same bytes on the same kind of machine, however they are spread."""
        ...

    def identity(self) -> dict[str, str | int | bool]:
        """Return what the results depend on beside model and requests: versions, number format, device."""
        ...

    def plan(self, requests: Sequence[Request]) -> list[Unit]:
        """Return all requests in units; the plan depends on the requests alone and not on their order."""
        ...

    def run(self, units: Sequence[Unit]) -> Iterator[tuple[int, list[Row]]]:
        """Yield each unit's place and its result rows (one per request, in order), as units finish.

        generate: {"id", "text", "finish_reason": "stop" | "length", "prompt_tokens", "output_tokens"};
        score: {"id", "probabilities": {choice: probability}}, whose missing mass is anything else;
        perplexity: {"id", "nll": mean over the scored tokens, in nats, "tokens": how many these are}; where they are
        none, the nll is None;
        loglikelihood: {"id", "loglikelihoods": one for each continuation, in nats, "greedy": for each, whether every
        token of it is the most probable one}.
        """
        ...
