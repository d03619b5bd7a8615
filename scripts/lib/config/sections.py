"""The chapters that all recipes share, training apart: base models, engine, decoding, held-out tasks.

Every key has its type, its range and its default here, and nowhere else; unknown keys are errors.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationInfo, field_validator, model_validator

from scripts.lib.engines.base import Dtype, EngineName, EngineSettings
from scripts.lib.engines.requests import Penalized
from scripts.lib.models.chat_templates import template_file
from scripts.lib.rows.tasks import Join

Share = Annotated[float, Field(ge=0, le=1)]
Texts = Annotated[tuple[str, ...], Strict(False)]
"""A list of texts: being strict, which each of them is, would ask for a tuple, which YAML has not."""
LARGEST_SEED = 2**32 - 1
"""NumPy's generator, which training seeds too, takes no larger one."""
MOST_THREADS = 1024

WHERE: dict[str, Any] = {"where": True}
"""Marks a key that says where and with how much a job runs: it cannot change what comes out."""

SOURCE: dict[str, Any] = {"source": True}
"""Marks a key that says which artifacts another is made from: these tell of themselves what they are."""

BESIDE: dict[str, Any] = {"beside": True}
"""Marks a key that says which model plays a part beside the entry's own: see scripts/lib/config/beside.py."""

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

    def beside(self) -> Iterator[tuple[str, "str | Weights"]]:
        """Yield the models that play a part beside the entry's own, by the dotted keys that say which."""
        for key, field in type(self).model_fields.items():
            value = getattr(self, key)
            if field.json_schema_extra == BESIDE and value is not None:
                yield key, value
            elif isinstance(value, Section):
                yield from ((f"{key}.{inner}", chosen) for inner, chosen in value.beside())

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


class Weights(Section):
    base: str = Field(min_length=1, description="Folder with safetensors weights and tokenizer, or a hub id.")
    revision: str | None = Field(None, min_length=1, description="Hub revision to pin; needed for a hub id.")


class Base(Weights):
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

    @property
    def penalizes(self) -> bool:
        """Whether any n-gram is penalized."""
        return bool(self.trigram_penalty or self.quadgram_penalty)


class Joining(Section):
    join: Join = Field(
        "newline",
        description="What stands between instruction and input where the model reads them (published: nothing to "
        "answer, a space to assess; always a newline to train).",
    )


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
