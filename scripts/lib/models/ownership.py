"""Which folders of models are ours, so that no other is ever emptied.

While a model is being written, its folder holds a hidden mark. When it is whole, the mark goes out of it, so that the
folder holds the model and nothing else, and lies beside it from then on: with all that the manifest says, and with the
date of each file, by which the folder is known again. Snakemake deletes the manifest of a job before it runs, so that
the manifest itself cannot be the mark.
"""

from pathlib import Path
from typing import Any

from scripts.lib.errors import UserError
from scripts.lib.models.contents import NAME, facts_of, file_names
from scripts.lib.rows.files import read_json, write_json

MARK = ".replaceable"
"""In a folder that is being written; versions before this one left it there for good, and a lock file with it."""
LEFT_BEFORE = (MARK, ".lock")


def beside(directory: Path | str, what: str) -> Path:
    """Return the hidden file beside a folder that tells something about it, by the folder's own name."""
    place = Path(directory).absolute()
    return place.with_name(f".{place.name}.{what}")


def mark_of(directory: Path | str) -> Path:
    """Return the file that marks a folder as ours once it is whole."""
    return beside(directory, MARK.removeprefix("."))


def read_mark(directory: Path | str) -> dict[str, Any]:
    """Return what the mark of a folder says, wherever it lies; nothing if there is none, or none that is whole."""
    for mark in (mark_of(directory), Path(directory) / MARK):
        try:
            kept = read_json(mark)
        except UserError:
            continue
        if isinstance(kept, dict):
            return kept
    return {}


def clear_folder(directory: Path | str) -> None:
    """Empty a folder for a model that is about to be made anew, and mark it as being written.

    Its manifest goes first. Raises UserError if the folder holds files of someone else.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    names = file_names(directory)
    if foreign := _foreign(directory, names):
        raise UserError(
            f"{directory}: holds files that were not made here, such as {foreign}; give the model a folder of its own, "
            "or move them away"
        )
    write_json(directory / MARK, {"note": "The files of this folder are replaced when its model is made again."})
    mark_of(directory).unlink(missing_ok=True)
    (directory / NAME).unlink(missing_ok=True)
    for name in names:
        (directory / name).unlink()


def is_being_written(directory: Path) -> bool:
    """Return whether `clear_folder` has begun a model that `complete` has not ended."""
    return (directory / MARK).is_file()


def complete(directory: Path, content: dict[str, Any]) -> None:
    """Put the mark of a folder beside it, for the model is whole: what its manifest says, and dates of its files."""
    dates = {name: _date(directory / name) for name in file_names(directory)}
    write_json(mark_of(directory), {"dates": dates, **content})
    for name in LEFT_BEFORE:
        (directory / name).unlink(missing_ok=True)


def _foreign(directory: Path, names: list[str]) -> str | None:
    """Return a file that nobody here has written, or None if the folder is ours.

    It is ours if all files have names that we gave, and any has its date: others may be damaged. Where a copy has
    changed all dates, all of the files must be as they were written.
    """
    if not names or is_being_written(directory):
        return None
    kept = read_mark(directory)
    dates, files = kept.get("dates", {}), kept.get("files", {})
    if unknown := [name for name in names if name not in dates]:
        return unknown[0]
    if any(dates[name] == _date(directory / name) for name in names):
        return None
    listed = [name for name in names if name in files]
    changed = [name for name, facts in zip(listed, facts_of(directory, listed), strict=True) if facts != files[name]]
    return changed[0] if changed else None


def _date(file: Path) -> int:
    """Nanoseconds of the last change of a file, or of the link that stands for it."""
    return file.lstat().st_mtime_ns
