"""The chapters of the configuration that all recipes share: base models, engine, training, held-out tasks.

Every key has its type, its range and its default here, and nowhere else; unknown keys are errors.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationInfo, field_validator, model_validator

from scripts.lib.engines.base import Dtype, EngineName, EngineSettings
from scripts.lib.engines.requests import Penalized
from scripts.lib.models.chat_templates import template_file
from scripts.lib.rows.tasks import Join
from scripts.lib.training.order import Order
from scripts.lib.training.quantization import NOT_WITH_ZERO3

Share = Annotated[float, Field(ge=0, le=1)]
Texts = Annotated[tuple[str, ...], Strict(False)]
"""A list of texts: being strict, which each of them is, would ask for a tuple, which YAML has not."""
Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Strict(False), Field(min_length=1)]
LARGEST_SEED = 2**32 - 1
"""NumPy's generator, which training seeds too, takes no larger one."""
MOST_THREADS = 1024

WHERE: dict[str, Any] = {"where": True}
"""Marks a key that says where and with how much a job runs: it cannot change what comes out."""

SOURCE: dict[str, Any] = {"source": True}
"""Marks a key that says which artifacts another is made from: these tell of themselves what they are."""

FILE: dict[str, Any] = {"names": "file"}
FILE_OR_DATA_SET: dict[str, Any] = {"names": "file or data set"}
CHAT_TEMPLATE: dict[str, Any] = {"names": "chat template"}
MODULE: dict[str, Any] = {"names": "module"}
"""Mark a key that names a file, or a module that is run: it must be there, and sound, before anything is planned.

A data set of the hub must be named and pinned as its address demands; whether it is there, only a network tells.
"""


def from_home(path: Any) -> Any:
    """Return a path, or each of a list, with the home folder for the `~` at its beginning; all else as it is."""
    if isinstance(path, list | tuple):
        return [from_home(each) for each in path]
    return os.path.expanduser(path) if isinstance(path, str) else path  # noqa: PTH111 - it never fails


def prompt_template(slots: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the mark of a key that names a prompt template, which has these slots, may have some, and no other."""
    mark = {"names": "prompt template", "slots": list(slots)}
    return {**mark, "optional": list(optional)} if optional else mark


@dataclass(frozen=True)
class Named:
    """Something that a configuration names: by which key, of which kind (what a mark says), and its name."""

    key: str
    kind: str
    name: str
    slots: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    """What a prompt template must leave open, and what it may."""


@dataclass(frozen=True)
class Problem:
    """What is wrong within a file that a configuration names by this key, in a line that names the file."""

    key: str
    text: str


class Section(BaseModel):
    """A part of the configuration; a misspelt key is an error, never ignored, and `true` is no number."""

    model_config = ConfigDict(extra="forbid", validate_default=True, frozen=True, strict=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _files_may_lie_at_home(cls, value: Any, info: ValidationInfo) -> Any:
        mark = cls.model_fields[info.field_name or ""].json_schema_extra
        return from_home(value) if isinstance(mark, dict) and mark.get("names", "module") != "module" else value

    def what(self) -> dict[str, Any]:
        """Return the values that can change a result: all keys but those marked WHERE or SOURCE."""
        fields = type(self).model_fields
        values = {name: getattr(self, name) for name in fields if fields[name].json_schema_extra not in (WHERE, SOURCE)}
        return {name: value.what() if isinstance(value, Section) else value for name, value in values.items()}

    def named(self) -> Iterator[Named]:
        """Yield every file and module that the section names."""
        for key, field in type(self).model_fields.items():
            value, mark = getattr(self, key), field.json_schema_extra
            if isinstance(value, Section):
                yield from (replace(inner, key=f"{key}.{inner.key}") for inner in value.named())
            elif isinstance(mark, dict) and "names" in mark and value is not None:
                names = value if isinstance(value, tuple) else (value,)
                slots, optional = (_texts(mark.get(open_)) for open_ in ("slots", "optional"))
                yield from (Named(key, str(mark["names"]), name, slots, optional) for name in names)

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong within the files that the section names, where it knows what they must hold.

        Files that are missing are passed over: `named` tells of them.
        """
        for key in type(self).model_fields:
            value = getattr(self, key)
            if isinstance(value, Section):
                yield from (replace(inner, key=f"{key}.{inner.key}") for inner in value.problems())


def _texts(found: object) -> tuple[str, ...]:
    return tuple(map(str, found)) if isinstance(found, list) else ()


class Run(Section):
    iterations: int = Field(3, ge=1, le=99, description="How many times the model trains its successor.")
    seed: int = Field(
        1, ge=0, le=LARGEST_SEED, description="The one seed; every record draws its own from it and its id."
    )


class Base(Section):
    base: str = Field(min_length=1, description="Folder with safetensors weights and tokenizer, or a hub id.")
    revision: str | None = Field(None, min_length=1, description="Hub revision to pin; needed for a hub id.")
    chat_template: str | None = Field(
        None,
        description="For a base model that has none, or another: chatml, llama3, mistral, gemma, plain (which needs "
        "no token but the end of text), or a Jinja file.",
        json_schema_extra=CHAT_TEMPLATE,
    )
    pad_token: str | None = Field(None, description="Token to pad with, for a tokenizer that names none.")

    @field_validator("chat_template")
    @classmethod
    def _chat_template_is_a_file(cls, chosen: str | None) -> str | None:
        return None if chosen is None else template_file(chosen)


class Engine(Section):
    name: EngineName = Field(
        "auto",
        description="What generates text; auto: vllm where a GPU and vllm are present, else transformers.",
    )
    dtype: Dtype = Field(EngineSettings.dtype, description="Number format of the weights while generating.")
    batch_tokens: int = Field(
        EngineSettings.batch_tokens,
        ge=256,
        description="Tokens (prompts and answers, padding included) in one transformers batch.",
    )
    cpu_threads: int = Field(
        EngineSettings.cpu_threads,
        ge=1,
        le=MOST_THREADS,
        description="Threads on a CPU, and cores to ask for; fixed: it decides in which order floats are added.",
    )
    gpus: int = Field(
        EngineSettings.gpus, ge=0, description="GPUs of one engine; more than one is tensor parallel (vllm)."
    )
    eager: bool = Field(
        EngineSettings.eager, description="vllm: no compilation and no CUDA graphs; starts sooner, runs slower."
    )
    shards: int = Field(
        1,
        ge=1,
        le=4096,
        description="Jobs that share each generation step; the files do not depend on it.",
        json_schema_extra=WHERE,
    )
    mem_mb: int = Field(
        8000,
        ge=500,
        description="Memory of one generation job in MB; doubled at a second attempt.",
        json_schema_extra=WHERE,
    )
    runtime: int = Field(
        240,
        ge=1,
        description="Time limit of one generation job in minutes; doubled at a second attempt.",
        json_schema_extra=WHERE,
    )

    @model_validator(mode="after")
    def _one_gpu_without_vllm(self) -> "Engine":
        if self.name == "transformers" and self.gpus > 1:
            raise ValueError(f"gpus ({self.gpus}): the transformers engine uses one; use more shards, or name: vllm")
        return self


class Decoding(Section):
    temperature: float = Field(1.0, ge=0, description="0 is greedy; the published value is 1.")
    top_p: float = Field(0.95, gt=0, le=1, description="Nucleus; the published value is 0.95.")
    max_tokens: int = Field(1000, ge=1, description="Longest text a request may produce; the published value is 1000.")


class Penalties(Section):
    trigram_penalty: float = Field(
        0,
        ge=0,
        description="What a token's logit loses each time that it would write three tokens in a row once more in the "
        "same answer; 0: nothing. The transformers engine alone can do it.",
    )
    quadgram_penalty: float = Field(0, ge=0, description="The same for four tokens in a row; both add up.")
    penalized: Penalized = Field(
        "word_starts",
        description="Tokens that the penalties are for: word_starts: those that begin a word; rare_word_starts: of "
        "these, those above the 1024th of the vocabulary (as published).",
    )


class Joining(Section):
    join: Join = Field(
        "newline",
        description="What stands between instruction and input where the model reads them (published: nothing to "
        "answer, a space to assess; always a newline to train).",
    )


class Training(Section):
    start_from: Literal["base", "previous"] = Field(
        "base",
        description="Whose weights are trained: base: those of the base model, in every iteration (paper); previous: "
        "those of the iteration before.",
        json_schema_extra=SOURCE,
    )
    train_on: Literal["newest", "all"] = Field(
        "newest", description="Rows of this iteration, or of all up to it.", json_schema_extra=SOURCE
    )
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
    def _whole_weights_for_zero3(self) -> "Training":
        if self.quantization != "none" and self.deepspeed == "zero3":
            raise ValueError(f"quantization ({self.quantization}): {NOT_WITH_ZERO3}")
        return self

    @property
    def devices(self) -> int:
        """How many processes train together, with a batch each."""
        return self.nodes * max(1, self.gpus_per_node)


class HeldOut(Section):
    tasks: str = Field(
        description="JSONL of tasks with checkable answers; rows that equal one are never trained on.",
        json_schema_extra=FILE,
    )
    grader: str = Field(
        description="Module run as `python -m …` with --tasks --completions (or --rows) --output; writes accuracies.",
        json_schema_extra=MODULE,
    )
    max_tokens: int = Field(64, ge=1, description="Longest answer; answers are greedy.")
