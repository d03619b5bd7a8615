"""Why jobs run again: what Snakemake says of each, as a few lines that each stand for many jobs."""

import ast
import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from scripts.lib.run.dry_run import PlannedJob
from scripts.lib.run.telling import counted

MOST_NAMED = 4
"""As many files or rules a line names; of more it says how many they are."""

_NEXT = re.compile(
    "; (?=Missing output|Incomplete output|Updated input|Input files|Set of|Code has|Params have|Software env)"
)
"""What stands between two reasons: not each semicolon, since params may hold some."""

_PARAMS = re.compile(r"Params have changed since last execution: .*? before: (.*?) now: (.*?) ?", re.DOTALL)
_MISSING = "Missing output files"
_FILES = {
    _MISSING: "not made yet",
    "Incomplete output files": "left half made by a kill",
    "Updated input files": "input changed",
    "Input files updated by another job": "input updated by another job",
}
_NAMES_FILES = ("Updated input files",)
"""Reasons of which it matters which file it is; of the others, which rules."""

_NOTHING = "<nothing exclusive>"


def summed_up(jobs: Iterable[PlannedJob]) -> list[str]:
    """Return a line for each distinct reason, shortest first: what it is, and which rules or files it concerns."""
    concerned: dict[str, set[str]] = defaultdict(set)
    count: dict[str, int] = defaultdict(int)
    for job in jobs:
        reasons = _NEXT.split(job.reason)
        # What is not there is made for that reason, whatever happens to what it is made from.
        for reason in [reason for reason in reasons if reason.startswith(_MISSING)] or reasons:
            for what, names in _told(reason, job.rule):
                concerned[what].update(names)
                count[what] += 1
    lines = [f"{what}: {_listed(names)} ({counted(count[what], 'job')})" for what, names in concerned.items()]
    return sorted(lines, key=lambda line: (len(line), line))


def _told(reason: str, rule: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what one reason of a job says, and what to name with it."""
    kind, _, files = reason.partition(": ")
    if kind in _FILES:
        yield _FILES[kind], files.split(", ") if kind in _NAMES_FILES else [rule]
    elif changed := _PARAMS.fullmatch(reason):
        yield from _changed(changed[1], changed[2], rule)
    else:
        yield reason[:1].lower() + reason[1:].rstrip("."), [rule]


def _changed(before: str, now: str, rule: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what changed in params: modules, which stand there as "module@digest", and flags."""
    old, new = _params(before), _params(now)
    modules = {text.partition("@")[0] for text in (*old, *new) if _is_version(text)}
    if modules:
        yield "code changed", sorted(modules)
    flags = sorted(_changed_flags(old, new))
    if flags or not modules:
        yield "params changed", [f"{rule} ({', '.join(flags)})" if flags else rule]


def _params(text: str) -> list[str]:
    """Return the params in a list of their representations."""
    if text == _NOTHING:
        return []
    try:
        return [str(param) for param in ast.literal_eval(f"[{text}]")]
    except (SyntaxError, ValueError):
        return []


def _is_version(param: str) -> bool:
    return re.fullmatch(r"[\w.]+@[0-9a-f]{6}", param) is not None


def _changed_flags(old: list[str], new: list[str]) -> Iterator[str]:
    """Yield each flag with another value as "--flag before → now"; a value alone has no name that helps."""
    before, now = _flags(old), _flags(new)
    for flag in {*before, *now}:
        if before.get(flag) != now.get(flag):
            yield f"{flag} {before.get(flag, 'unset')} → {now.get(flag, 'unset')}"


def _flags(params: list[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for word in chain.from_iterable(_words(param) for param in params if not _is_version(param)):
        if word.startswith("--"):
            found[word] = []
        elif found:
            found[[*found][-1]].append(word)
    return {flag: " ".join(values) or "set" for flag, values in found.items()}


def _words(param: str) -> list[str]:
    try:
        return shlex.split(param)
    except ValueError:
        return param.split()


def _listed(names: set[str]) -> str:
    shown = sorted(names)
    if len(shown) <= MOST_NAMED:
        return ", ".join(shown)
    return f"{', '.join(shown[: MOST_NAMED - 1])} and {len(shown) - MOST_NAMED + 1} more"
