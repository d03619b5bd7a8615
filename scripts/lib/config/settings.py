"""The configuration: every key, its type, its range and its default; unknown keys are errors.

Each entry under `models:` is a base model plus whatever it sets differently from the file's other
sections; scripts/lib/config/files.py puts them together.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scripts.isheep.rules import select_rules
from scripts.lib.errors import UserError

Share = Annotated[float, Field(ge=0, le=1)]
MODEL_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"


class Section(BaseModel):
    """A part of the configuration; a misspelt key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", validate_default=True)


class Engine(Section):
    name: Literal["auto", "transformers", "vllm"] = Field(
        "auto",
        description="What generates text; auto: vllm where a GPU and vllm are present, else transformers.",
    )
    dtype: Literal["float32", "bfloat16"] = Field(
        "bfloat16", description="Number format of the weights while generating."
    )
    batch_tokens: int = Field(
        16384, ge=256, description="Tokens (prompts and answers, padding included) in one transformers batch."
    )
    cpu_threads: int = Field(
        2,
        ge=1,
        description="Threads on a CPU, and cores to ask for; fixed: it decides in which order floats are added.",
    )
    gpus: int = Field(0, ge=0, description="GPUs of one engine; more than one is tensor parallel (vllm).")
    eager: bool = Field(False, description="vllm: no compilation and no CUDA graphs; starts sooner, runs slower.")
    shards: int = Field(
        1, ge=1, le=4096, description="Jobs that share each generation step; the files do not depend on it."
    )
    mem_mb: int = Field(8000, ge=500, description="Memory of one generation job in MB; doubled at a second attempt.")
    runtime: int = Field(
        240, ge=1, description="Time limit of one generation job in minutes; doubled at a second attempt."
    )

    @model_validator(mode="after")
    def _one_gpu_without_vllm(self) -> "Engine":
        if self.name == "transformers" and self.gpus > 1:
            raise ValueError(f"gpus ({self.gpus}): the transformers engine uses one; use more shards, or name: vllm")
        return self


class Sampling(Section):
    temperature: float = Field(1.0, ge=0, description="0 is greedy; the published value is 1.")
    top_p: float = Field(0.95, gt=0, le=1, description="Nucleus; the published value is 0.95.")
    max_tokens: int = Field(1000, ge=1, description="Longest text a request may produce; the published value is 1000.")


class Synthesis(Sampling):
    template: str = Field(
        "config/prompts/synthesis/default.txt", description="The meta-prompt that asks for new tasks."
    )
    target: int = Field(10000, ge=1, description="New instructions wanted in an iteration (paper: 10,000).")
    minimum_share: Share = Field(0.5, description="Fail if fewer than this share of the target could be made.")
    rounds: int = Field(2, ge=1, le=20, description="Rounds of prompts at most; later ones make only what is missing.")
    expected_yield: float = Field(
        3.0,
        gt=0,
        description="New rows one prompt is expected to give; decides how many prompts the first round has.",
    )
    examples: int = Field(5, ge=1, le=50, description="Examples in a prompt (published: 5).")
    origin_samples: int = Field(
        3,
        ge=0,
        description="How many of them are seeds once kept rows exist; the rest are kept rows (published: 3).",
    )
    sampling: Literal["uniform", "ppl", "inverse_ppl", "density", "density_ppl"] = Field(
        "uniform", description="How seeds are drawn as examples; what the published runs really did is uniform."
    )
    clusters: int = Field(3000, ge=2, description="Clusters for sampling by density (paper: 3000).")
    keep_last: Literal["if_complete", "never"] = Field(
        "if_complete",
        description="The last task of a text: kept if the model stopped by itself; never: as published.",
    )

    @model_validator(mode="after")
    def _examples_hold_origin_samples(self) -> "Synthesis":
        if self.origin_samples > self.examples:
            raise ValueError(f"origin_samples ({self.origin_samples}) must not exceed examples ({self.examples})")
        return self


class Novelty(Section):
    threshold: Share = Field(0.7, description="Reject an instruction whose ROUGE-L with an earlier one is above this.")
    scope: Literal["run", "round"] = Field(
        "run",
        description="What counts as earlier: run: seeds and all kept rows; round: seeds and this round (as published).",
    )


class Answering(Sampling):
    format: Literal["auto", "base", "chat"] = Field(
        "auto",
        description="How tasks are asked; auto: plain text of the base model, the chat template of later ones.",
    )


class RuleFilter(Section):
    rules: Literal["precise", "reference", "none"] = Field(
        "precise",
        description="precise: corrected patterns; reference: as published; none: skip (the paper's threshold -1).",
    )
    without: list[str] = Field([], description="Names of rules to switch off.")

    @model_validator(mode="after")
    def _names_are_rules(self) -> "RuleFilter":
        try:
            select_rules(self.rules, self.without)
        except UserError as error:
            raise ValueError(str(error)) from error
        return self


class Assessment(Sampling):
    criteria: Literal["both", "quality", "following"] = Field("both", description="What is rated.")
    family: str = Field(
        "config/prompts/assessment/combined",
        description="Folder with quality.txt and following.txt: simple, combined or icl.",
    )
    score: Literal["expected", "parsed"] = Field(
        "expected",
        description="expected: mean over the probabilities of 1 to 10; parsed: read from sampled text (published).",
    )
    minimum_mass: Share = Field(
        0.1, description="expected: rows whose scores have less probability than this are unparsable."
    )
    retries: int = Field(
        2,
        ge=0,
        le=10,
        description="parsed: how often an unparsable rating is asked for again (published: 0).",
    )
    assessor: Literal["base", "current"] = Field(
        "current",
        description="Who rates: current: the model that answered (paper); base: always iter0 (published code).",
    )
    judge: str | None = Field(
        None,
        description="Module that rates instead, run with --input and --output: a checker shows the upper bound.",
    )


class Selection(Section):
    by: Literal["scores", "perplexity", "density", "density_perplexity"] = Field(
        "scores",
        description="What decides which rows train the next model; the others are the paper's ablations.",
    )
    threshold: float = Field(
        8,
        ge=-1,
        le=10,
        description="Keep rows whose scores are above this; 0: no assessment; -1: no rules either.",
    )
    max_perplexity: float = Field(50, gt=0, description="by perplexity: keep rows below this (published: 50).")
    clusters: int = Field(3000, ge=2, description="by density: clusters, of which each gives one row (paper: 3000).")


class Training(Section):
    start_from: Literal["base", "previous"] = Field("base", description="Whose weights the adapter is trained on.")
    train_on: Literal["newest", "all"] = Field("newest", description="Rows of this iteration, or of all up to it.")
    max_samples: int = Field(3000, ge=1, description="Rows used at most (paper: 3000).")
    selection: Literal["sample", "first"] = Field(
        "sample",
        description="Which rows, if there are more: a seeded sample, or the first of the file (as published).",
    )
    validation_share: Annotated[float, Field(ge=0, lt=1)] = Field(0.1, description="Share held back to measure loss.")
    cutoff: int = Field(1024, ge=16, description="Longest row in tokens; longer ones are counted and left out.")
    lora_rank: int = Field(8, ge=1, description="LoRA rank, on all linear modules.")
    lora_alpha: int = Field(16, ge=1, description="LoRA alpha.")
    lora_dropout: Annotated[float, Field(ge=0, lt=1)] = Field(0.05, description="LoRA dropout.")
    learning_rate: float = Field(5e-5, gt=0, description="Peak learning rate; cosine decay.")
    warmup_steps: int = Field(20, ge=0, description="Steps to the peak.")
    epochs: float = Field(2, gt=0, description="Passes over the rows.")
    batch_size: int = Field(1, ge=1, description="Rows per device and step.")
    gradient_accumulation: int = Field(2, ge=1, description="Steps per update.")
    save_steps: int = Field(100, ge=1, description="Updates between checkpoints; a killed job repeats at most these.")
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
    cpu_threads: int = Field(2, ge=1, description="Threads of each process on a CPU, and cores to ask for.")
    mem_mb: int = Field(
        8000, ge=500, description="Memory of the training job on each node in MB; doubled at a second attempt."
    )
    runtime: int = Field(
        480, ge=1, description="Time limit of the training job in minutes; doubled at a second attempt."
    )


class HeldOut(Section):
    tasks: str = Field(description="JSONL of tasks with checkable answers; rows that equal one are never trained on.")
    grader: str = Field(
        description="Module run as `python -m …` with --tasks --completions (or --rows) --output; writes accuracies."
    )
    max_tokens: int = Field(64, ge=1, description="Longest answer; answers are greedy.")


class Method(Section):
    """Everything that a model entry may set for itself."""

    iterations: int = Field(3, ge=1, le=99, description="How many times the model trains its successor.")
    seed: int = Field(1, ge=0, description="The one seed; every record draws its own from it and its id.")
    engine: Engine = Engine()
    synthesis: Synthesis = Synthesis()
    novelty: Novelty = Novelty()
    answering: Answering = Answering()
    filter: RuleFilter = RuleFilter()
    assessment: Assessment = Assessment()
    selection: Selection = Selection()
    training: Training = Training()


class ModelEntry(Method):
    """A base model and the settings it is raised with."""

    base: str = Field(min_length=1, description="Folder with safetensors weights and tokenizer, or a hub id.")
    revision: str | None = Field(None, description="Hub revision to pin; needed for a hub id.")
    chat_template: str | None = Field(None, description="Jinja file, for a base model that has no chat template.")
    pad_token: str | None = Field(None, description="Token to pad with, for a tokenizer that names none.")
    seeds: list[str] = Field(["config/seeds/general.jsonl"], min_length=1, description="Files of seed tasks.")
    held_out: HeldOut | None = Field(None, description="Tasks to measure every model on; null: none.")

    @property
    def assesses(self) -> bool:
        """Whether rows are rated at all: thresholds of 0 and below mean that they are not."""
        return self.selection.by == "scores" and self.selection.threshold > 0

    @property
    def rating_attempts(self) -> int:
        """How often a rating is asked for at most: an expected score has no luck that a second try could change."""
        return 1 if self.assessment.score == "expected" else 1 + self.assessment.retries


class Config(Method):
    """The whole file."""

    default_model: str = Field(description="The entry of models that results/iter{n}/merged means.")
    models: dict[Annotated[str, Field(pattern=f"^{MODEL_NAME}$")], ModelEntry] = Field(min_length=1)

    @model_validator(mode="after")
    def _default_is_listed(self) -> "Config":
        if self.default_model not in self.models:
            raise ValueError(f"default_model: {self.default_model!r} is not among models ({', '.join(self.models)})")
        if clash := [name for name in self.models if re.fullmatch(r"iter\d+|tiny_world", name)]:
            raise ValueError(f"models: {clash[0]!r} is a folder of results/ already; choose another name")
        return self


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of config.yaml, for editors."""
    return Config.model_json_schema()
