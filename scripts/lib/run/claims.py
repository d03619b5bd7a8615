"""What a command reads and what it writes: said by its options, and kept apart before it begins.

An option that takes a path has one of the roles below as its `type`. A command writes nothing over, around or into
what it reads, and no two things to one place; it replaces regular files and folders of ours, never anything else.
"""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Literal

from scripts.lib.errors import UserError
from scripts.lib.models.manifest import NAME as MANIFEST
from scripts.lib.rows.files import ENDLESS, is_endless
from scripts.lib.rows.hub_address import SCHEME

Extent = Literal["file", "folder", "model", "file or model"]


@dataclass(frozen=True)
class Role:
    """What a path is to a command, and how much lies there: a model is its manifest with the folder around it."""

    extent: Extent
    written: bool = False
    replaces_links: bool = False
    """For an output that may itself be a link: to write through any other would change a file elsewhere."""
    marks: tuple[str, ...] = ()
    """For a folder to work in: what lies in it if it is ours, at least one of them."""
    may_be_a_name: bool = False
    """For text that is no path at all unless there is such a folder."""
    scheme: str = ""
    """For text that is no path where it begins so, but the address of something elsewhere."""
    endings: tuple[str, ...] = ()
    """For an output whose name says what it is: the endings that there may be."""

    def __call__(self, text: str) -> Path | str:
        """Return the path that an option names; an address, and what may be another name, stays text."""
        return text if self.may_be_a_name or self.is_address(text) else Path(text)

    def is_address(self, given: Path | str) -> bool:
        """Return whether what an option was given lies elsewhere, so that no path can meet it."""
        return bool(self.scheme) and isinstance(given, str) and given.startswith(self.scheme)

    def holds_folder(self, path: Path) -> bool:
        """Return whether a path stands for a folder with all that is in it."""
        if self.extent == "file or model":
            return path.name == MANIFEST
        return self.extent != "file"

    def root(self, path: Path) -> Path:
        """Return the file or the folder that a path stands for."""
        if self.extent in ("model", "file or model") and path.name == MANIFEST and not path.is_dir():
            return path.parent
        return path


INPUT = Role("file")
INPUT_OR_ADDRESS = Role("file", scheme=SCHEME)
INPUT_FOLDER = Role("folder")
MODEL = Role("model")
MODEL_OR_NAME = Role("model", may_be_a_name=True)
SHARED = Role("file or model")
OUTPUT = Role("file", written=True)
PICTURE = Role("file", written=True, endings=(".png", ".svg", ".pdf"))
MODEL_OUTPUT = Role("model", written=True)
LINK_OUTPUT = Role("file or model", written=True, replaces_links=True)
JOURNAL = Role("folder", written=True, marks=("*_of_*.jsonl",))
CHECKPOINTS = Role("folder", written=True, marks=("fingerprint.json", "checkpoint-*", "finished"))


@dataclass(frozen=True)
class Claim:
    """One path that a command was given, by which option and for what."""

    option: str
    path: Path
    role: Role

    def __str__(self) -> str:
        return f"{self.option} {self.path}"

    @cached_property
    def places(self) -> set[Path]:
        """Where it really is: under its name and, for what is read, where links lead to, a model's own included."""
        root = self.role.root(self.path)
        if self.role.written and not self.role.holds_folder(self.path):
            return {_named(root)}
        linked = root.iterdir() if self.role.extent == "model" and not self.role.written and root.is_dir() else ()
        return {_named(root), *map(_real, (root, *(file for file in linked if file.is_symlink())))}


def check_claims(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Raise UserError if a path is not what its option needs, or if what is written meets anything else."""
    claims = list(_claims(parser, args))
    for claim in claims:
        _check_output(claim) if claim.role.written else _check_input(claim)
    written = [claim for claim in claims if claim.role.written]
    read = [claim for claim in claims if not claim.role.written]
    for number, one in enumerate(written, start=1):
        for other in (*written[number:], *read):
            _check_apart(one, other)


def _claims(parser: argparse.ArgumentParser, args: argparse.Namespace) -> Iterator[Claim]:
    for action in parser._actions:
        given = getattr(args, action.dest, None)
        if isinstance(action.type, Role) and given is not None:
            for each in given if isinstance(given, list) else [given]:
                if action.type.is_address(each):
                    continue
                path = Path(os.path.expanduser(each)) if action.type.may_be_a_name else each  # noqa: PTH111 - it never fails
                if path.is_dir() or not action.type.may_be_a_name:
                    yield Claim(action.option_strings[-1], path, action.type)


def _check_input(claim: Claim) -> None:
    """Refuse what could not be read, or without end; what is missing, its reader names, with what to do about it."""
    path = claim.path
    if path.is_dir():
        if claim.role.extent in ("file", "file or model"):
            raise UserError(f"{claim}: a folder; give a file")
    elif is_endless(path):
        raise UserError(f"{claim}: {ENDLESS}, which may have no end; give a file")
    elif path.is_file() and claim.role.extent == "folder":
        raise UserError(f"{claim}: a file; give a folder")
    if path.exists() and not os.access(path, os.R_OK):
        raise UserError(f"{claim}: may not be read by you; change its permissions, or give another")


def _check_output(claim: Claim) -> None:
    path, role = claim.path, claim.role
    if role.extent == "model" and path.name != MANIFEST:
        raise UserError(f"{claim}: a model is known by its {MANIFEST}; give FOLDER/{MANIFEST}")
    if role.endings and path.suffix not in role.endings:
        raise UserError(f"{claim}: cannot be drawn; give a file that ends in {', '.join(role.endings)}")
    if path.is_symlink() and not role.replaces_links and role.extent != "folder":
        raise UserError(f"{claim}: a link to {path.readlink()}; give a file of its own, or remove the link")
    if role.extent == "folder":
        _check_work_folder(claim)
    elif path.is_dir():
        raise UserError(f"{claim}: a folder; give a file")
    elif is_endless(path):
        raise UserError(f"{claim}: {ENDLESS}, which would be replaced; give a file")
    blocked = next((parent for parent in path.parents if parent.exists()), Path())
    if not blocked.is_dir():
        raise UserError(f"{claim}: {blocked} is a file; give a path in a folder")


def _check_work_folder(claim: Claim) -> None:
    if claim.path.exists() and not claim.path.is_dir():
        raise UserError(f"{claim}: not a folder; give one of its own")
    if claim.path.is_dir():
        held = sorted(file.name for file in claim.path.iterdir() if not file.name.startswith("."))
        if held and not any(fnmatch(name, mark) for name in held for mark in claim.role.marks):
            raise UserError(f"{claim}: holds other files, such as {held[0]}; give a folder of its own")


def _check_apart(written: Claim, other: Claim) -> None:
    """Raise UserError if what is written is another thing as well, lies in it, or holds it."""
    for place in written.places:
        for other_place in other.places:
            if place == other_place or _is_one_file(written, other):
                raise UserError(f"{written}: this is {other} as well; give a place of its own")
            if other.role.holds_folder(other.path) and place.is_relative_to(other_place):
                raise UserError(f"{written}: lies in the folder of {other}; give a place elsewhere")
            if written.role.holds_folder(written.path) and other_place.is_relative_to(place):
                raise UserError(f"{written}: its folder holds {other}; give a folder of its own")


def _is_one_file(written: Claim, other: Claim) -> bool:
    """Return whether both are one file under two names (hard links, or a disk to which all cases are equal)."""
    if written.path.is_symlink() or not (written.path.is_file() and other.path.is_file()):
        return False
    return written.path.samefile(other.path)


def _named(path: Path) -> Path:
    """Return a path under its own name, in the folder where it really lies."""
    return _real(path) if path.name in ("", "..") else _real(path.parent) / path.name


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
