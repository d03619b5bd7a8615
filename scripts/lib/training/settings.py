"""The chapter of the configuration on training, which all recipes share."""

from typing import Annotated, Literal

from pydantic import Field, Strict, model_validator

from scripts.lib.config.sections import MOST_THREADS, SOURCE, WHERE, Section
from scripts.lib.training.order import Order

Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Strict(False), Field(min_length=1)]

NOT_WITH_ZERO3 = "ZeRO-3 spreads whole weights, and no weights of 4 bits; use deepspeed zero2 or none"
NOT_WITH_FULL = "weights of 4 bits cannot be trained, only an adapter on them; use weights: lora"


class Fitting(Section):
    """How weights are fitted to rows, whatever the rows are."""

    max_samples: int | None = Field(
        3000,
        ge=1,
        le=10**9,
        description="Rows used at most, those held back for validation included (paper: 3000); null: all of them.",
    )
    subset: Literal["sample", "first"] = Field(
        "sample",
        description="Which rows, if there are more: a seeded sample, or the first of the file (as published).",
    )
    validation_share: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.1, description="Share of these rows that is not trained on but held back, to measure the loss."
    )
    cutoff: int = Field(1024, ge=16, description="Longest row in tokens, prompt and answer together.")
    over_cutoff: Literal["drop", "cut"] = Field(
        "drop",
        description="What becomes of a longer row: drop: it is rejected; cut: prompt and answer are cut to share the "
        "cutoff, and such rows are counted (as published).",
    )
    end_of_turn: bool = Field(
        True,
        description="Whether the token that ends the turn is learnt with the answer. false: the model goes on after "
        "its answer, up to the longest text or a stop string.",
    )
    weights: Literal["lora", "full"] = Field(
        "lora",
        description="What is trained: lora: an adapter, which is then merged; full: all weights, in float32 where "
        "DeepSpeed does not keep them so, for about 16 bytes of memory each; then there is no adapter, and the keys of "
        "LoRA say nothing.",
    )
    lora_targets: Literal["all-linear", "attention"] | Names = Field(
        "all-linear",
        description="Layers with an adapter: all-linear: all linear layers but the output layer; attention: q_proj, "
        "k_proj, v_proj and o_proj; or a list of the names of modules.",
    )
    lora_rank: int = Field(8, ge=1, description="LoRA rank.")
    lora_alpha: int = Field(16, ge=1, description="LoRA alpha: what the adapter adds is scaled by alpha / rank.")
    lora_dropout: Annotated[float, Field(ge=0, lt=1)] = Field(0.05, description="LoRA dropout.")
    quantization: Literal["none", "nf4"] = Field(
        "none",
        description="Number format of the weights that are not trained: none: dtype; nf4: 4 bits (QLoRA: NormalFloat, "
        "double quantisation), computed with in dtype, for a quarter of the memory. It needs `pip install "
        "bitsandbytes`, and goes with no deepspeed: zero3. The adapter is then merged into the weights as they were, "
        "not as they were rounded to 4 bits, so that the model is not quite the one whose loss was measured.",
    )
    learning_rate: float = Field(5e-5, gt=0, description="Peak learning rate.")
    scheduler: Literal["cosine", "linear", "constant"] = Field(
        "cosine", description="How the learning rate goes on from its peak: cosine or linear, down to 0, or constant."
    )
    warmup_steps: int = Field(20, ge=0, description="Updates in which the learning rate rises to its peak.")
    warmup_ratio: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="Share of all updates for it, in the place of warmup_steps; null: warmup_steps counts.",
    )
    weight_decay: float = Field(0.0, ge=0, description="Weight decay of the optimizer, AdamW.")
    adam_beta1: Annotated[float, Field(ge=0, lt=1)] = Field(0.9, description="AdamW: decay of the mean gradient.")
    adam_beta2: Annotated[float, Field(ge=0, lt=1)] = Field(0.999, description="AdamW: decay of its mean square.")
    epochs: float = Field(2, gt=0, description="Passes over the rows that are trained on.")
    rows_per_update: int = Field(
        16,
        ge=1,
        description="Rows of one update, over all devices (paper: 16, as 8 GPUs × 1 × 2): a multiple of batch_size × "
        "nodes × gpus_per_node (at least 1). Gradients are added up over as many steps as that takes.",
    )
    batch_size: int = Field(
        1,
        ge=1,
        description="Rows in memory at once on each device; fewer take less memory, and more steps for an update.",
    )
    order: Order = Field(
        "by_length",
        description="by_length: rows of like length share an update, which pads little; shuffled: rows in random "
        "order, another in each epoch (as published).",
    )
    save_steps: int = Field(
        100,
        ge=1,
        description="Updates between checkpoints; a killed job repeats at most these. There the validation loss is "
        "measured, by which the best checkpoint is chosen.",
    )
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="Number format while training; auto: bfloat16 on a GPU that computes in it, else float32."
    )
    nodes: int = Field(1, ge=1, description="Nodes of the training job; for more than one, srun starts it on each.")
    gpus_per_node: int = Field(
        0,
        ge=0,
        description="GPUs on each node, with a process for each; 0: asks for none, and one process takes the first "
        "that it sees.",
    )
    deepspeed: Literal["zero2", "zero3", "none"] = Field(
        "none",
        description="What DeepSpeed spreads over the GPUs: zero2: gradients and optimizer; zero3: weights too; "
        "none: each has all. The files are in config/deepspeed/.",
    )
    cpu_threads: int = Field(
        2, ge=1, le=MOST_THREADS, description="Threads of each process on a CPU, and cores to ask for."
    )
    mem_mb: int = Field(
        8000,
        ge=500,
        description="Memory of the training job on each node in MB; doubled at a second attempt.",
        json_schema_extra=WHERE,
    )
    runtime: int = Field(
        480,
        ge=1,
        description="Time limit of the training job in minutes; doubled at a second attempt.",
        json_schema_extra=WHERE,
    )

    @model_validator(mode="after")
    def _whole_weights_for_zero3(self) -> "Fitting":
        if self.quantization != "none" and self.deepspeed == "zero3":
            raise ValueError(f"quantization ({self.quantization}): {NOT_WITH_ZERO3}")
        if self.quantization != "none" and self.weights == "full":
            raise ValueError(f"quantization ({self.quantization}): {NOT_WITH_FULL}")
        return self

    @property
    def devices(self) -> int:
        """How many processes train together, with a batch each."""
        return self.nodes * max(1, self.gpus_per_node)


class Training(Fitting):
    start_from: Literal["base", "previous"] = Field(
        "base",
        description="I-SHEEP (other recipes decide it): whose weights are trained; base: those of the base model, in "
        "every iteration (paper); previous: those of the iteration before.",
        json_schema_extra=SOURCE,
    )
    train_on: Literal["newest", "all"] = Field(
        "newest",
        description="I-SHEEP (other recipes decide it): rows of this iteration, or of all up to it.",
        json_schema_extra=SOURCE,
    )


class PreferenceTraining(Fitting):
    """Training on pairs of a chosen and a rejected output: its defaults, where they differ from those above."""

    beta: float = Field(
        0.3, gt=0, description="How much the model is held to the one that it starts from (AutoIF: 0.3; DPO: 0.1)."
    )
    max_samples: int | None = Field(None, ge=1, le=10**9, description="Pairs used at most; null: all of them.")
    lora_dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="LoRA dropout; 0 compares the model with the one it starts from as both are."
    )
    cutoff: int = Field(4096, ge=16, description="Longest prompt and output together, in tokens (published: 4096).")
    learning_rate: float = Field(5e-7, gt=0, description="Peak learning rate (AutoIF's paper: 5e-7; its code: 5e-6).")
    warmup_ratio: float | None = Field(
        0.1, ge=0, lt=1, description="Share of all updates in which the learning rate rises; null: warmup_steps counts."
    )
    rows_per_update: int = Field(
        64,
        ge=1,
        description="Pairs of one update, over all devices (AutoIF's paper: 64): a multiple of batch_size × nodes × "
        "gpus_per_node.",
    )
    epochs: float = Field(2, gt=0, description="Passes over the pairs (AutoIF: 2).")
