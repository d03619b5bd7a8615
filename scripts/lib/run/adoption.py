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
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.lib.config.sharing import Sharing
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import NAME as MANIFEST
from scripts.lib.rows.files import read_json, write_json

RECORD = Path("work/owners.json")
Claims = dict[str, dict[str, dict[str, object]]]


@dataclass(frozen=True)
class Takeover:
    """An artifact's files that lie with a former owner, each with the place where the owner shall find it."""

    artifact: str
    iteration: int
    former: str
    owner: str
    files: tuple[tuple[Path, Path], ...]

    def __str__(self) -> str:
        return (
            f"iter{self.iteration}, {self.artifact}: {self.former} had it, now it is {self.owner}'s: "
            f"{len(self.files)} files to be linked"
        )


def takeovers(sharing: Sharing, folder: Path) -> list[Takeover]:
    """Return what owners would find in the folders of models that owned it before, and have not themselves."""
    places = {
        str(claim["key"]): (model, float(str(claim["since"])))
        for model, own in read_claims(folder).items()
        for claim in own.values()
    }
    found = []
    for artifact, iteration, key, owner in sharing.owned():
        former, since = places.get(key, (owner, 0.0))
        if former != owner:
            finished = _finished(folder / "results", artifact.files_of(iteration), former, owner, since)
            files = (*finished, *_work(folder / "work", artifact.work_of(iteration), former, owner))
            if files:
                found.append(Takeover(artifact.name, iteration, former, owner, files))
    return found


def take_over(takeover: Takeover, folder: Path) -> None:
    """Link every file of a takeover to its new place, instead of what was shared there."""
    for source, target in takeover.files:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:
            shutil.copy2(source, target, follow_symlinks=False)
        _forget(folder, target.relative_to(folder))


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
    results: Path, names: Iterable[str], former: str, owner: str, since: float
) -> Iterator[tuple[Path, Path]]:
    """Yield the files of an artifact that the former owner made since it owned it, if the owner has none of its own."""
    sources = [results / former / name for name in names]
    targets = [results / owner / name for name in names]
    files = [file for source in sources for file in _files(source)]
    older = any(file.lstat().st_mtime < since for file in files)
    if all(map(_is_there, sources)) and not older and not any(map(_is_there, targets)):
        yield from ((file, results / owner / file.relative_to(results / former)) for file in files)


def _work(work: Path, patterns: Iterable[str], former: str, owner: str) -> Iterator[tuple[Path, Path]]:
    """Yield the files that jobs of an artifact resume from, of folders that the owner has not."""
    for pattern in patterns:
        for source in sorted((work / former).glob(pattern)):
            target = work / owner / source.relative_to(work / former)
            if not target.exists():
                yield from ((file, target / file.relative_to(source)) for file in _files(source))


def _is_there(path: Path) -> bool:
    """Return whether a file or folder is there for itself, and is not a link to one that is shared."""
    files = [file for file in _files(path) if file.name != MANIFEST and not file.name.startswith(".")]
    return any(not file.is_symlink() for file in files)


def _forget(folder: Path, path: Path) -> None:
    """Remove Snakemake's record of how a file came to be: of one that was a link, it would have it made anew."""
    name = urlsafe_b64encode(path.as_posix().encode()).decode()
    (folder / ".snakemake/metadata" / name).unlink(missing_ok=True)


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
