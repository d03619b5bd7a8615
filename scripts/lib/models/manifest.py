"""A model is its manifest: a checked list of its files, written last, so that half a model is none."""

import contextlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, TypeAdapter

from scripts.lib.errors import UserError
from scripts.lib.models.contents import NAME, FileFacts, facts_of, file_names
from scripts.lib.models.ownership import complete, is_being_written, read_mark
from scripts.lib.rows.files import read_json, write_json
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.shapes import Shape, check_shape, has_shape

Kind = Literal["model", "adapter", "classifier"]


def _inside(name: str) -> str:
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise ValueError("a file must lie in the model's own folder")
    return name


class _Facts(Shape):
    """What a manifest says of a file."""

    size: int
    sha256: str


class _Content(Shape):
    """What stands in a manifest."""

    kind: Kind
    fingerprint: str
    files: dict[Annotated[str, AfterValidator(_inside)], _Facts]
    made_from: dict[str, Any]


_CONTENT: TypeAdapter[Any] = TypeAdapter(_Content)


@dataclass(frozen=True)
class Manifest:
    """A checked model or adapter: where it lies, what it holds (name → size, sha256), where it came from."""

    directory: Path
    kind: Kind
    fingerprint: str
    files: dict[str, FileFacts]
    made_from: dict[str, Any]

    @property
    def path(self) -> Path:
        """The manifest file itself."""
        return self.directory / NAME


def write_manifest(
    directory: Path | str, kind: Kind, made_from: dict[str, Any], exclude: Collection[str] = ()
) -> Manifest:
    """Hash every file under a directory, write its manifest.json, and return it.

    Left out are hidden files, the manifest, and the names in `exclude`: logs and plots, which hold
    timings and must not change the fingerprint of equal weights. Call it when all else is in place,
    and give names and hashes in `made_from`, never absolute paths.
    """
    directory = Path(directory)
    names = [name for name in file_names(directory) if name not in exclude]
    files = dict(zip(names, facts_of(directory, names), strict=True))
    manifest = Manifest(directory, kind, _fingerprint_of(files), files, made_from)
    content = {"kind": kind, "fingerprint": manifest.fingerprint, "files": files, "made_from": made_from}
    if is_being_written(directory):
        complete(directory, content)
    write_json(manifest.path, content)
    return manifest


def load_manifest(path: Path | str, kind: Kind = "model") -> Manifest:
    """Return the manifest at `path` (the file, or the directory it lies in), checked against the files.

    Every file must be there with its size; one changed after the manifest was written is hashed
    again, so that a mere touch passes and a changed weight does not. Raises UserError naming the file.
    """
    path = Path(path)
    path = path / NAME if path.is_dir() else path
    if not path.is_file():
        raise UserError(
            f"{path}: no such manifest; make it with scripts.prepare_base, scripts.train_adapter "
            "or scripts.merge_adapter, or check the path"
        )
    manifest = read_manifest(path)
    if manifest.kind != kind:
        raise UserError(f"{path}: this is a manifest of kind {manifest.kind!r}, but a {kind!r} is needed here")
    if problem := damage(manifest):
        raise UserError(f"{problem}; delete {path} and run again")
    return manifest


def read_manifest(path: Path) -> Manifest:
    """Return what a manifest.json says, without a look at the files that it lists; raises UserError if it is broken."""
    content = read_json(path)
    check_shape(_CONTENT, content, f"{path}: not a whole manifest", "delete it and run again")
    kind, declared, files, made_from = (content[key] for key in ("kind", "fingerprint", "files", "made_from"))
    if declared != _fingerprint_of(files):
        raise UserError(
            f"{path}: not a whole manifest: the fingerprint does not belong to the files listed; "
            "delete it and run again"
        )
    return Manifest(path.parent, kind, declared, files, made_from)


def damage(manifest: Manifest, thorough: bool = False) -> str | None:
    """Return what is wrong with a file that a manifest lists (missing, of another size, changed); None if all is well.

    Only files that changed after the manifest was written are hashed, unless it is to be `thorough`.
    """
    for name, facts in manifest.files.items():
        file = manifest.directory / name
        if not file.is_file():
            return f"{file}: missing, though {manifest.path} lists it"
        if file.stat().st_size != facts["size"]:
            return f"{file}: changed behind its manifest"
    suspects = list(manifest.files) if thorough else _newer_files(manifest)
    for name, facts in zip(suspects, facts_of(manifest.directory, suspects), strict=True):
        if facts != manifest.files[name]:
            return f"{manifest.directory / name}: changed behind its manifest"
    if suspects and not thorough:
        _date_after(manifest, suspects)
    return None


def _newer_files(manifest: Manifest) -> list[str]:
    written = manifest.path.stat().st_mtime_ns
    return [name for name in manifest.files if _changed_at(manifest.directory / name) >= written]


def _date_after(manifest: Manifest, names: Sequence[str]) -> None:
    """Date a manifest after files that were found unchanged, so that nobody reads them for their date again."""
    newest = max(_changed_at(manifest.directory / name) for name in names)
    with contextlib.suppress(OSError):  # of somebody else's, it is read again each time
        os.utime(manifest.path, ns=(newest, max(newest + 1, manifest.path.stat().st_mtime_ns)))


def remember(manifest: Manifest, key: str) -> None:
    """Keep a manifest beside the model's folder, under a key for everything that made it: see `delivered_again`."""
    complete(manifest.directory, {"key": key, **read_json(manifest.path)})


def delivered_again(directory: Path | str, key: str) -> Manifest | None:
    """Return the manifest of a model that was made with this key before and lies here whole, written anew; else None.

    Snakemake removes the manifest of a job that it runs again, for whatever reason; every file is hashed again.
    """
    kept = read_mark(directory)
    if kept.get("key") != key or not has_shape(_CONTENT, kept):
        return None
    content = {name: kept[name] for name in ("kind", "fingerprint", "files", "made_from")}
    manifest = Manifest(Path(directory), **content)
    if damage(manifest, thorough=True):
        return None
    complete(manifest.directory, {"key": key, **content})
    write_json(manifest.path, content)
    return manifest


def remembers(directory: Path | str) -> bool:
    """Return whether a folder holds a model that could be delivered again."""
    return "key" in read_mark(directory)


def _changed_at(file: Path) -> int:
    """Nanoseconds of the last change: of the file, or of a link that may now point elsewhere."""
    return max(file.stat().st_mtime_ns, file.lstat().st_mtime_ns)


def _fingerprint_of(files: dict[str, FileFacts]) -> str:
    return fingerprint({name: facts["sha256"] for name, facts in files.items()})
