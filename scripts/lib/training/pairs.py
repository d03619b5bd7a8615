"""Pairs become tokens: a prompt, the output that is chosen, and the one that is rejected."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.models.chat_format import end_of_turn, prompt_and_completion
from scripts.lib.rows.held_out import HELD_OUT
from scripts.lib.rows.reasons import Reason
from scripts.lib.training.data import OVER_CUTOFF, OVER_MAX_SAMPLES, Sample, answer_room, keyed_rows

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FIELDS = ("instruction", "input", "output", "rejected_output")
"""What a pair must have: `output` is the one that is chosen."""

NO_PROMPT = Reason(
    "no_prompt",
    "instruction and input are both empty, so that neither output answers anything",
    "give pairs with instructions, or leave these out",
)
NO_CHOICE = Reason(
    "no_choice",
    "one of its outputs is empty: the chosen one, or the rejected one where the end of the turn is not learnt",
    "give pairs with two outputs, or leave these out",
)
SAME_OUTPUTS = Reason(
    "same_outputs",
    "the chosen and the rejected output are the same tokens, so that there is nothing to prefer",
    "make pairs of outputs that differ, or leave these out",
)
REASONS = (NO_PROMPT, NO_CHOICE, SAME_OUTPUTS, HELD_OUT, OVER_CUTOFF, OVER_MAX_SAMPLES)


@dataclass(frozen=True)
class Pair(Sample):
    """A task and two outputs, of which one is preferred."""

    chosen: list[int]
    rejected: list[int]
    is_cut: bool = False

    def __len__(self) -> int:
        return len(self.prompt) + self._longer

    @property
    def _longer(self) -> int:
        return max(len(self.chosen), len(self.rejected))

    @property
    def tokens(self) -> list[list[int]]:
        """Prompt, chosen and rejected output."""
        return [self.prompt, self.chosen, self.rejected]

    def fault(self) -> Reason | None:
        """A pair needs a task and two outputs that differ; to end at once may be what is rejected."""
        if not (self.row["instruction"].strip() or self.row["input"].strip()):
            return NO_PROMPT
        if not (self.row["output"] and self.rejected):
            return NO_CHOICE
        return SAME_OUTPUTS if self.chosen == self.rejected else None

    def cut(self, cutoff: int) -> "Pair":
        """Return the beginnings of prompt and outputs, which get the room of the longer one."""
        room = answer_room(len(self.prompt), self._longer, cutoff)
        prompt, chosen, rejected = self.prompt[: cutoff - room], self.chosen[:room], self.rejected[:room]
        return (
            self if chosen == rejected else replace(self, prompt=prompt, chosen=chosen, rejected=rejected, is_cut=True)
        )


def read_pairs(
    files: Sequence[Path], tokenizer: "PreTrainedTokenizerBase", *, learns_to_end: bool = True
) -> list[Pair]:
    """Return every row of the files in the model's chat template, as tokens; raises UserError for a bad row.

    Unless the model `learns_to_end`, the token that ends the turn is left out of both outputs.
    """
    turn_end = end_of_turn(tokenizer, tokenizer.name_or_path)
    pairs = []
    for key, row in keyed_rows(files, *FIELDS):
        task = row["instruction"], row["input"]
        prompt, chosen = prompt_and_completion(tokenizer, *task, row["output"], turn_end)
        _, rejected = prompt_and_completion(tokenizer, *task, row["rejected_output"], turn_end)
        last = None if learns_to_end else -1
        pairs.append(Pair(key, row, prompt, chosen[:last], rejected[:last]))
    return pairs
