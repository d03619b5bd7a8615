"""What happens beside a running training: a progress bar, a stop where it diverges, the mark of a whole checkpoint.

Imported only once a training starts, since its classes need transformers.
"""

import math
import time
from pathlib import Path
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from scripts.lib.errors import UserError
from scripts.lib.training.checkpoints import mark_whole


class Progress(TrainerCallback):
    """One quiet progress bar, and the rate of tokens in every log entry."""

    def __init__(self) -> None:
        self._bar: tqdm | None = None
        self._step_began = 0.0
        self._tokens = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Open the bar where a resumed training goes on."""
        if state.is_world_process_zero:
            self._bar = tqdm(desc="training", total=state.max_steps, initial=state.global_step, mininterval=0.5)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock: evaluations and checkpoints between steps are not part of the rate."""
        self._step_began = time.monotonic()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float],
        **kwargs: Any,
    ) -> None:
        """Add the rate to the entry just written, and move the bar."""
        if "loss" not in logs:
            return
        seconds, tokens = time.monotonic() - self._step_began, logs["num_tokens"] - self._tokens
        self._tokens = logs["num_tokens"]
        state.log_history[-1]["tokens_per_second"] = round(tokens / seconds, 1)
        if self._bar is not None:
            self._bar.update(state.global_step - self._bar.n)
            self._bar.set_postfix(loss=f"{logs['loss']:.3f}", refresh=False)

    def close(self) -> None:
        """End the line of the bar, so that what is said next has one of its own."""
        if self._bar is not None:
            self._bar.close()


class StopWhereNotFinite(TrainerCallback):
    """Stops a training whose loss or gradient is no number any more: before it is saved, and in every process."""

    def __init__(self, chapter: str) -> None:
        self._chapter = chapter

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float],
        **kwargs: Any,
    ) -> None:
        """Raise UserError naming the update; what is logged is the same in all processes, so that all stop."""
        for name in ("loss", "grad_norm", "eval_loss"):
            value = logs.get(name)
            if value is not None and not math.isfinite(value):
                raise UserError(
                    f"update {state.global_step} of {state.max_steps}: {name} is {value}, so that the training has "
                    f"diverged; lower {self._chapter}.learning_rate (--learning-rate, now {args.learning_rate}) or "
                    f"compute in float32 ({self._chapter}.dtype). Checkpoints of earlier updates are kept in "
                    f"{args.output_dir}"
                )


class MarkWhole(TrainerCallback):
    """Marks each checkpoint once every process has written its part of it."""

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Wait for all processes, then let the first one set the mark."""
        if args.distributed_state is not None:
            args.distributed_state.wait_for_everyone()
        if state.is_world_process_zero:
            mark_whole(Path(str(args.output_dir)) / f"checkpoint-{state.global_step}")
