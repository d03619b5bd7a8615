"""What a training does with its rows, whatever they are."""

from argparse import Namespace
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Self

from scripts.lib.training.order import Order
from scripts.lib.training.updates import FLAGS, steps_per_update

ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
"""What the projections of attention are called in Llama and most models since."""


@dataclass(frozen=True)
class Hyperparameters:
    """What a training does with its rows; the command line's defaults are those of the paper (App. E).

    Those that have a default here came later: manifests of adapters name them where they are something else.
    CHAPTER is where the configuration has them, for errors to name.
    """

    epochs: float
    batch_size: int
    rows_per_update: int
    learning_rate: float
    warmup_steps: int
    order: Order
    lora_rank: int
    lora_alpha: int
    lora_dropout: float
    save_steps: int
    dtype: str
    seed: int
    lora_targets: str | tuple[str, ...] = "all-linear"
    quantization: str = "none"
    scheduler: str = "cosine"
    warmup_ratio: float | None = None
    weight_decay: float = 0.0
    adam_beta1: float = 0.9
    adam_beta2: float = 0.999
    end_of_turn: bool = True
    weights: str = "lora"

    CHAPTER = "training"

    @classmethod
    def chosen(cls, options: Namespace) -> Self:
        """Return those that a command line chose."""
        return cls(**{field.name: getattr(options, field.name) for field in fields(cls)})

    @property
    def warmup(self) -> float:
        """As the Trainer takes it: a number of updates, or below 1 a share of them."""
        return self.warmup_steps if self.warmup_ratio is None else self.warmup_ratio

    @property
    def loaded_as(self) -> str:
        """The number format in which weights are loaded: updates of weights in bfloat16 would be rounded away."""
        return "float32" if self.weights == "full" else self.dtype

    @property
    def target_modules(self) -> str | list[str]:
        """As peft takes it: names of modules, or its word for all linear layers but the output layer."""
        named = ATTENTION if self.lora_targets == "attention" else self.lora_targets
        return named if isinstance(named, str) else list(named)

    def steps_per_update(self, processes: int) -> int:
        """Return over how many steps of so many processes an update goes; raises UserError if it is no whole number."""
        return steps_per_update(self.rows_per_update, self.batch_size, processes, FLAGS)

    def as_dict(self) -> dict[str, Any]:
        """All that count by name, for fingerprints and manifests; of later ones, those that are not as they were."""
        later = {field.name: field.default for field in fields(self) if field.default is not MISSING}
        counting = {
            name: value
            for name, value in asdict(self).items()
            if self.weights == "lora" or not name.startswith("lora_")
        }
        return {name: value for name, value in counting.items() if name not in later or value != later[name]}
