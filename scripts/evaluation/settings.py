"""The chapter of the configuration about benchmarks: which tasks, and how they are asked."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from scripts.lib.config.sections import Named, Section, Texts, from_home

GROUPS: dict[str, tuple[str, ...]] = {
    "paper": ("ifeval", "humaneval", "mbpp", "triviaqa", "squadv2", "boolq", "piqa", "mmlu", "nq_open"),
    "paper_self_align": ("truthfulqa_mc1", "bigbench_hhh_alignment_multiple_choice"),
    "paper_autoif": ("ifeval", "gsm8k", "ceval-valid", "humaneval", "mmlu"),
}
"""Names for the benchmarks of a paper: I-SHEEP's (arXiv 2408.08072, Table 1), and those of the other recipes."""

TASK_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"

Format = Literal["auto", "base", "chat"]
Examples = Annotated[int, Field(ge=0, le=1000)]


def is_file(task: str) -> bool:
    """Return whether a task is the user's own YAML file, rather than a name."""
    return task.endswith((".yaml", ".yml"))


def name_of(task: str) -> str:
    """Return what the files of a task are called: its name, or that of its file without the ending."""
    return Path(task).stem if is_file(task) else task


class Evaluation(Section):
    """Tasks of lm-eval, asked of the model of every iteration."""

    tasks: Texts = Field(
        (),
        description="Tasks and groups of lm-eval by name, `paper` (the benchmarks of I-SHEEP's paper), "
        "`paper_self_align`, `paper_autoif`, or task files of your own (YAML).",
    )
    num_fewshot: dict[str, Examples] = Field(
        {}, description="Examples shown before each question, by task; else as many as the task itself says."
    )
    limit: int | None = Field(None, ge=1, description="Only the first documents of each task; null: all.")
    format: Format = Field(
        "auto",
        description="base: plain text; chat: the chat template; auto: plain text for the base model, the chat template "
        "for the models of later iterations.",
    )
    max_tokens: int | None = Field(
        None, ge=1, description="Longest answer of tasks that ask for text; null: as the task itself says."
    )
    revisions: dict[str, str] = Field(
        {},
        description="Commit of each data set of the hub, by its name: `openai/gsm8k: 740312a…`; one without is taken "
        "as it is when it is first exported, and its commit noted.",
    )

    copies: str | None = Field(
        None,
        description="Folder with copies of data sets of the hub by their names, such as copies/openai/gsm8k/, for a "
        "machine without a network; null: they are fetched.",
    )

    @field_validator("tasks", "copies", mode="before")
    @classmethod
    def _paths_may_lie_at_home(cls, paths: object) -> object:
        return from_home(paths)

    @field_validator("tasks")
    @classmethod
    def _names_are_different(cls, tasks: tuple[str, ...]) -> tuple[str, ...]:
        names = [name_of(task) for task in expanded(tasks)]
        for task, name in zip(expanded(tasks), names, strict=True):
            if not re.fullmatch(TASK_NAME, name):
                raise ValueError(f"{task!r} is no name of a task; a file of your own ends in .yaml")
            if names.count(name) > 1:
                raise ValueError(f"two tasks would be called {name!r}; give the file another name")
        return tasks

    @field_validator("num_fewshot")
    @classmethod
    def _examples_are_of_named_tasks(cls, examples: dict[str, int]) -> dict[str, int]:
        for name in examples:
            if not re.fullmatch(TASK_NAME, name):
                raise ValueError(f"{name!r} is no name of a task; a file's is that of the file without .yaml")
        return examples

    @property
    def chosen(self) -> dict[str, str]:
        """The tasks by their names, groups of ours replaced by what is in them."""
        return {name_of(task): task for task in expanded(self.tasks)}

    @property
    def files(self) -> tuple[str, ...]:
        """The tasks that are files of the user."""
        return tuple(task for task in self.chosen.values() if is_file(task))

    def named(self) -> Iterator[Named]:
        """Yield every task file of the user."""
        yield from (Named("tasks", "file", task) for task in self.files)


def format_of(chosen: str, iteration: int) -> str:
    """Return how the model of an iteration is asked: base or chat."""
    if chosen == "auto":
        return "chat" if iteration else "base"
    return chosen


def expanded(tasks: tuple[str, ...]) -> tuple[str, ...]:
    """Return tasks with each group of ours replaced by what is in it; what two groups hold stands once."""
    named = [(member, task in GROUPS) for task in tasks for member in GROUPS.get(task, (task,))]
    kept = {member: None for member, in_group in named if in_group}
    return (*kept, *(member for member, in_group in named if not in_group and member not in kept))
