"""A task of lm-eval by its name or its file: what finds it, what it asks of a machine, and which data sets it needs.

lm-eval would first read the fourteen thousand files of its tasks, for 14 seconds; a name is looked for in their text.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lm_eval.tasks
from lm_eval.tasks import TaskManager

from scripts.evaluation.task_files import Config, file_of, read_task_file
from scripts.lib.errors import UserError

log = logging.getLogger(__name__)

BUNDLED = Path(lm_eval.tasks.__file__).parent


@dataclass(frozen=True)
class Found:
    """A task or group: what names it to lm-eval, what finds it there, and what is written down of each single task."""

    spec: str
    manager: TaskManager
    leaves: list[Config]

    @property
    def classes(self) -> list[Any]:
        """The classes of tasks that are written in Python."""
        from lm_eval.tasks._yaml_loader import load_yaml

        return [load_yaml(self.spec)["class"]] if "class" in self.leaves[0] else []


def find(task: str) -> Found:
    """Return a task or a group by its name or file; raises UserError for one that cannot be asked or scored here."""
    found = _find(task)
    for config in found.leaves:
        if reason := _refused(config):
            raise UserError(f"{task}: cannot be evaluated here: {config.get('task', task)} {reason}")
    return found


def _find(task: str) -> Found:
    file = file_of(task) or _written_in(task)
    if file is not None:
        config = read_task_file(file).config
        if "group" not in config:
            return Found(str(file.resolve()), TaskManager(include_defaults=False), [config])
        found = _found(str(config["group"]), TaskManager(include_defaults=False, include_path=file.parent))
        if found is not None:
            return found
    log.info("%s: looked for among all tasks of lm-eval, which takes a quarter of a minute", task)
    found = _found(task, TaskManager())
    if found is None:
        raise UserError(f"{task}: lm-eval has no task of this name; `lm-eval ls tasks` lists those that there are")
    return found


def _found(name: str, manager: TaskManager) -> Found | None:
    """Return a task, group or tag with all that belongs to it, or None if something is not known there."""
    try:
        return Found(name, manager, list(_leaves(name, manager)))
    except KeyError:
        return None


def _leaves(name: str, manager: TaskManager) -> Iterator[Config]:
    """Yield what is written down of each single task of a group; raises KeyError for one that is not known."""
    entry = manager.task_index[name]
    if entry.cfg is None:
        members: list[str | Config] = sorted(entry.tags)
    elif "group" in entry.cfg:
        members = entry.cfg["task"]
    else:
        yield entry.cfg
        return
    for member in members:
        if isinstance(member, str):
            yield from _leaves(member, manager)
        elif isinstance(member.get("task"), str) and member["task"] not in manager.task_index:
            yield member
        elif isinstance(member.get("task"), list):
            for inner in member["task"]:
                yield from _leaves(inner, manager)
        else:
            yield from ({**below, **member} for below in _leaves(member.get("task") or member["group"], manager))


def _written_in(name: str) -> Path | None:
    """Return the file of lm-eval in which a task or group is written down; None for a tag, which many files bear."""
    line = rb'^["\']?(?:task|group)["\']?\s*:\s*["\']?' + re.escape(name.encode()) + rb'["\']?\s*(?:#.*)?$'
    pattern = re.compile(line, re.MULTILINE)
    found = (file for file in sorted(BUNDLED.rglob("*.yaml")) if pattern.search(file.read_bytes()))
    return next(found, None)


def _refused(config: Config) -> str | None:
    """Return why a task cannot be evaluated here, from what is written down of it: none of its functions is run."""
    if config.get("output_type") == "loglikelihood_rolling":
        return "measures how probable whole texts are (loglikelihood_rolling), which no request of ours asks"
    if config.get("doc_to_image") or config.get("doc_to_audio"):
        return "shows pictures or sounds, and our models read text"
    if config.get("unsafe_code"):
        return "runs code that a model wrote, and not in the sandbox (docs/sandbox.md)"
    if fetched := [each["metric"] for each in config.get("metric_list") or [] if each.get("hf_evaluate")]:
        return f"is scored by {fetched[0]}, a program that is fetched from the hub while scoring"
    return None
