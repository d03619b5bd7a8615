"""What lies with a model that no longer owns it: the new owner's jobs find it, and compute nothing again.

An artifact's owner is the first model of the configuration that needs it (scripts/lib/config/sharing.py). When that
model leaves the configuration, or another one is put before it, the next owner has nothing in its own folder. So each
run writes down who owns what; where an owner has changed, what jobs resume from is copied to the new one before they
start: journals, checkpoints with finished trainings, and merged models without their manifest. All of these know
themselves what they belong to, so that what was made of other settings or other code is not used. Light steps run
again; the former owner's folder stays as it is.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.config.recipe import Artifact
from scripts.lib.config.sharing import Sharing
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import NAME as MANIFEST
from scripts.lib.models.manifest import remembers
from scripts.lib.models.ownership import LEFT_BEFORE, MARK, mark_of
from scripts.lib.rows.files import read_json, write_json
from scripts.lib.run.locking import sole_writer

RECORD = Path("work/owners.json")
JOURNAL = "journal"


@dataclass(frozen=True)
class Takeover:
    """A file that lies with a former owner of an artifact, and where the owner's jobs look for it."""

    artifact: str
    source: Path
    target: Path


def take_over(sharing: Sharing, folder: Path) -> list[str]:
    """Copy to each new owner what its jobs resume from, and write down who owns what; return a line about each."""
    said: dict[str, None] = {}
    with sole_writer(folder / RECORD.with_suffix(".lock")):
        owners = _read_record(folder)
        for artifact, iteration, key, owner in sharing.owned():
            before = owners.setdefault(key, [])
            for former in reversed([model for model in before if model != owner]):
                for takeover in _takeovers(folder, artifact, iteration, former, owner):
                    _copy(takeover)
                    said[f"iter{iteration}, {artifact.name}: {owner} goes on from what lies with {former}"] = None
            owners[key] = [*(model for model in before if model != owner), owner]
        write_json(folder / RECORD, owners)
    return list(said)


def _takeovers(folder: Path, artifact: Artifact, iteration: int, former: str, owner: str) -> Iterator[Takeover]:
    """Yield the files of a former owner that the owner has not."""
    for pattern in artifact.work_of(iteration):
        for source in sorted((folder / "work" / former).glob(pattern)):
            yield from _missing(artifact, former, source, _moved(source, folder / "work", former, owner))
    for name in artifact.files_of(iteration):
        source = folder / "results" / former / name
        if name.endswith("/") and remembers(source):
            target = folder / "results" / owner / name
            # The mark that tells what a model was made from comes last: without it, a copy cut short is no model.
            yield from [*_missing(artifact, former, source, target), *_mark(artifact, source, target)]


def _missing(artifact: Artifact, former: str, source: Path, target: Path) -> Iterator[Takeover]:
    """Yield what is in one folder and not in another: of a journal each file, of others all if there is none."""
    if source.name != JOURNAL and target.exists():
        return
    for file in sorted(file for file in source.rglob("*") if file.is_file() and file.name != MANIFEST):
        if file.name not in LEFT_BEFORE:
            goal = target / file.relative_to(source)
            goal = goal.with_name(f"{former}_{goal.name}") if source.name == JOURNAL else goal
            if not goal.exists():
                yield Takeover(artifact.name, file, goal)


def _mark(artifact: Artifact, source: Path, target: Path) -> Iterator[Takeover]:
    """Yield the mark of a model that is not there yet, to where it lies with the former owner: beside it, or in it."""
    if not target.exists():
        for mark, goal in ((mark_of(source), mark_of(target)), (source / MARK, target / MARK)):
            if mark.is_file():
                yield Takeover(artifact.name, mark, goal)


def _moved(path: Path, work: Path, former: str, owner: str) -> Path:
    return work / owner / path.relative_to(work / former)


def _copy(takeover: Takeover) -> None:
    """Copy a file so that it appears under its name only when it is whole.

    Weights of a merged model are linked where that is possible: nobody writes into them, whereas journals are appended
    to, and either owner may go on.
    """
    source, target = takeover.source, takeover.target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    linked = source.suffix == ".safetensors" and takeover.artifact == "merged" and _hard_linked(source, partial)
    if not linked:
        shutil.copy2(source, partial)
    partial.replace(target)


def _hard_linked(source: Path, target: Path) -> bool:
    """Return whether a file could be linked; a file system may have no links, or be another one."""
    try:
        os.link(source, target)
    except OSError:
        return False
    return True


def _read_record(folder: Path) -> dict[str, list[str]]:
    """Return who owned what, by key and the latest last; nothing if no run has written it, or if it is not whole."""
    try:
        record = read_json(folder / RECORD)
    except UserError:
        return {}
    whole = isinstance(record, dict) and all(isinstance(models, list) for models in record.values())
    return record if whole else {}
