"""What lies with a model that no longer owns it: the new owner takes it over by links, and computes nothing again.

An artifact's owner is the first model of the configuration that needs it (scripts/lib/config/sharing.py). When that
model leaves the configuration, or another one is put before it, the next owner would find nothing in its own folder.
So each run writes down who owns what, since when and under which key; the next run compares. Links are hard ones
(copies where the file system has none): the former owner's folder stays as it is, and whatever either of them writes
anew is a new file. Journals and checkpoints are taken over as well; they know themselves what they belong to.
"""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.config.recipe import Artifact
from scripts.lib.config.sharing import Sharing
from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json, write_json

RECORD = Path("work/owners.json")
Claims = dict[str, dict[str, dict[str, object]]]


@dataclass(frozen=True)
class Takeover:
    """Files that lie with a former owner, and the owner that they are for."""

    former: str
    owner: str
    files: tuple[tuple[Path, Path], ...]

    def __str__(self) -> str:
        names = sorted({str(target.relative_to(*target.parts[:1])) for _, target in self.files})
        return f"{self.owner} takes over from {self.former}: {', '.join(names)}"


def takeovers(sharing: Sharing, folder: Path) -> list[Takeover]:
    """Return what owners would find in the folders of models that owned it before, and have not themselves."""
    claims = read_claims(folder)
    places = {
        str(claim["key"]): (model, float(str(claim["since"])))
        for model, own in claims.items()
        for claim in own.values()
    }
    found = []
    for artifact, iteration, key, owner in sharing.owned():
        former, since = places.get(key, (owner, 0.0))
        if former != owner:
            files = (
                *_finished(folder, artifact, iteration, former, owner, since),
                *_work(folder, artifact, iteration, former, owner),
            )
            if files:
                found.append(Takeover(former, owner, files))
    return found


def take_over(takeover: Takeover) -> None:
    """Link every file of a takeover to its new place."""
    for source, target in takeover.files:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:
            shutil.copy2(source, target, follow_symlinks=False)


def claim(sharing: Sharing, folder: Path) -> None:
    """Write down who owns what; a place whose key is the same as before keeps the time since when."""
    claims = read_claims(folder)
    for artifact, iteration, key, owner in sharing.owned():
        own = claims.setdefault(owner, {})
        place = f"{artifact.name} {iteration}"
        if own.get(place, {}).get("key") != key:
            own[place] = {"key": key, "since": time.time()}
    write_json(folder / RECORD, claims)


def read_claims(folder: Path) -> Claims:
    """Return what earlier runs wrote down; nothing if there was none, or if the file is not whole."""
    try:
        claims = read_json(folder / RECORD)
    except UserError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _finished(
    folder: Path, artifact: Artifact, iteration: int, former: str, owner: str, since: float
) -> Iterator[tuple[Path, Path]]:
    """Yield the files of an artifact that the former owner made since it owned it, if the owner has none of them."""
    results = folder / "results"
    files = [file for name in artifact.files_of(iteration) for file in _files(results / former / name)]
    older = any(file.lstat().st_mtime < since for file in files)
    whole = all((results / former / name).exists() for name in artifact.files_of(iteration))
    there = any((results / owner / name).exists() for name in artifact.files_of(iteration))
    if whole and not older and not there:
        yield from ((file, results / owner / file.relative_to(results / former)) for file in files)


def _work(folder: Path, artifact: Artifact, iteration: int, former: str, owner: str) -> Iterator[tuple[Path, Path]]:
    """Yield the files that jobs of an artifact resume from, of folders that the owner has not."""
    work = folder / "work"
    for pattern in artifact.work_of(iteration):
        for source in sorted((work / former).glob(pattern)):
            target = work / owner / source.relative_to(work / former)
            if not target.exists():
                yield from ((file, target / file.relative_to(source)) for file in _files(source))


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
