"""The pretraining loop: Muon for the matrices, AdamW for the rest, one pass, resumable."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from tqdm import tqdm

from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.jsonl import Row
from scripts.tiny_world.packing import Encoded, padded

if TYPE_CHECKING:
    from scripts.tiny_world.model import TinyModel

MATRIX_RATE, OTHER_RATE = 0.012, 2e-3
WARMUP_STEPS = 50
DECAY_STEPS = 1800
"""The learning rates fall linearly to zero over the last steps; until then a longer corpus changes nothing."""
LOG_EVERY, SAVE_EVERY = 20, 100


def train(
    model: "TinyModel",
    documents: Sequence[Encoded],
    plan: Sequence[Sequence[int]],
    pad: int,
    made_from: str,
    threads: int,
    checkpoint: Path,
) -> list[Row]:
    """Train the model in place and return the log; goes on from the checkpoint if one lies there.

    `made_from` names what the run depends on beside its batches: code, start and seed.
    """
    torch.set_num_threads(threads)
    optimizers = _optimizers(model)
    log = _resume(checkpoint, made_from, plan, model, optimizers)
    first = log[-1]["step"] if log else 0
    started, recent = time.monotonic(), []
    tokens = log[-1]["tokens"] if log else 0
    bar = tqdm(range(first, len(plan)), initial=first, total=len(plan), desc="pretraining", mininterval=2)
    for step in bar:
        _set_rates(optimizers, step, len(plan))
        recent.append(_update(model, optimizers, [documents[number] for number in plan[step]], pad))
        tokens += sum(len(documents[number].ids) for number in plan[step])
        if (step + 1) % LOG_EVERY == 0 or step + 1 == len(plan):
            speed = (tokens - (log[-1]["tokens"] if log else 0)) / (time.monotonic() - started)
            log.append({"step": step + 1, "tokens": tokens, "loss": round(sum(recent) / len(recent), 4)})
            log[-1]["tokens_per_second"] = round(speed)
            bar.set_postfix(loss=log[-1]["loss"], tokens_per_second=log[-1]["tokens_per_second"])
            started, recent = time.monotonic(), []
            if (step + 1) % SAVE_EVERY < LOG_EVERY:
                _save(checkpoint, _run(made_from, plan, step + 1), model, optimizers, log)
    return log


def _update(
    model: "TinyModel", optimizers: Sequence[torch.optim.Optimizer], documents: Sequence[Encoded], pad: int
) -> float:
    """Make one step and return its loss: the weighted mean over tokens."""
    ids, weights = (torch.from_numpy(array) for array in padded(documents, pad))
    with torch.autocast("cpu", torch.bfloat16):
        # Padding is on the right and attention is causal, so that no mask is needed.
        logits = model(input_ids=ids, use_cache=False).logits
    losses = torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none"
    )
    flat = weights[:, 1:].flatten()
    loss = (losses * flat).sum() / flat.sum()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return float(loss.detach())


def _optimizers(model: "TinyModel") -> list[torch.optim.Optimizer]:
    named = list(model.named_parameters())
    matrices = [value for name, value in named if value.ndim == 2 and "embed" not in name]
    others = [value for name, value in named if value.ndim != 2 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=MATRIX_RATE, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(others, lr=OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def _set_rates(optimizers: Sequence[torch.optim.Optimizer], step: int, steps: int) -> None:
    share = min(1.0, (step + 1) / WARMUP_STEPS, (steps - step) / DECAY_STEPS)
    for optimizer, rate in zip(optimizers, (MATRIX_RATE, OTHER_RATE), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate * share


def _run(made_from: str, plan: Sequence[Sequence[int]], steps: int) -> str:
    """Return what a run of so many steps depends on: its start, batches, and how far into the decay it went."""
    decayed = max(0, steps - (len(plan) - DECAY_STEPS))
    return fingerprint(made_from, [list(batch) for batch in plan[:steps]], decayed)


def _save(
    path: Path, run: str, model: "TinyModel", optimizers: Sequence[torch.optim.Optimizer], log: list[Row]
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    states = [optimizer.state_dict() for optimizer in optimizers]
    torch.save({"run": run, "model": model.state_dict(), "optimizers": states, "log": log}, partial)
    partial.replace(path)


def _resume(
    path: Path,
    made_from: str,
    plan: Sequence[Sequence[int]],
    model: "TinyModel",
    optimizers: Sequence[torch.optim.Optimizer],
) -> list[Row]:
    """Load the checkpoint if there is one that this run would have made; return the log up to it."""
    state: dict[str, Any] = torch.load(path, weights_only=True) if path.is_file() else {"log": []}
    done = state["log"][-1]["step"] if state["log"] else 0
    # A step of the decay depends on where the end is: a checkpoint from within it fits no other length.
    if not done or state["run"] != _run(made_from, plan, done):
        return []
    model.load_state_dict(state["model"])
    for optimizer, content in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(content)
    return list(state["log"])
