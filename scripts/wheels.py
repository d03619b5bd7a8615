"""Fetch what a machine without a network needs beside its own PyTorch for CUDA, as wheels, and list it.

    python -m scripts.wheels --output wheels --python 3.12
    python -m scripts.wheels --output wheels --have installed.txt      # left out: what `pip freeze` says is there

Versions are those of requirements*.txt and constraints.txt, with all that they bring along, for x86-64 Linux unless
said otherwise. torch, triton and the CUDA libraries are left out: the machine has those that fit its driver. On the
machine, `make test-gpu WHEELS=wheels` and `make bench WHEELS=wheels BENCH="--device gpu"` install from there.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tqdm import tqdm

from scripts.environments import COMPILE
from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.rows.files import atomic_open
from scripts.lib.run.claims import INPUT, Role

THERE = re.compile(r"torch|triton|nvidia-.*|cuda-.*")
"""Packages, by name, that come with PyTorch for CUDA."""

LIST = "requirements.txt"
"""The file among the wheels that pins them, for pip."""

WHEELS = Role("folder", written=True, marks=("*.whl", LIST))

OLDEST_GLIBC = 5
"""That of the oldest tag of a wheel for Linux, manylinux1: 2.5."""


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    add = parser.add_argument
    files = [Path("requirements.txt"), Path("requirements-dev.txt")]
    add("--requirements", type=INPUT, nargs="+", default=files, help="what is needed (default: requirements*.txt)")
    add("--have", type=INPUT, help="packages that the machine has, as `pip freeze` or `pip list` names them")
    add("--python", default="3.12", help="Python of the machine (default %(default)s)")
    add("--glibc", default="2.28", help="oldest C library that the wheels may need (default %(default)s)")
    add("--machine", default="x86_64", help="processor of the machine, as `uname -m` says (default %(default)s)")
    add("--list", action="store_true", help="print the list alone, and fetch nothing")
    add("--output", type=WHEELS, default=Path("wheels"), help="folder for the wheels (default %(default)s)")
    return parser


def main(args: argparse.Namespace) -> None:
    """Fetch the wheels, or print what they would be."""
    pinned = list(without(resolved(args), names_in(args.have)))
    if args.list:
        print(*pinned, sep="\n")
        return
    args.output.mkdir(parents=True, exist_ok=True)
    for requirement in tqdm(pinned, desc="wheels", unit="wheel"):
        fetch(requirement, args)
    with atomic_open(args.output / LIST) as stream:
        stream.writelines(f"{requirement}\n" for requirement in pinned)
    sizes = {file.name: file.stat().st_size for file in args.output.glob("*.whl")}
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        print(f"{sizes[name] / 1e6:7.1f} MB  {name}")
    cli.say_where(args.output, f"{len(pinned)} packages, {sum(sizes.values()) / 1e6:.0f} MB of wheels")


def resolved(args: argparse.Namespace) -> list[str]:
    """Return the requirements and all that they bring along, pinned; raises UserError where nothing fits."""
    platform = f"{args.machine}-manylinux_{_under(args.glibc)}"
    command = [*COMPILE, "--python-version", args.python, "--python-platform", platform]
    for file in ("requirements.txt", "constraints.txt"):
        command += ["--constraints", str(cli.ROOT / file)]
    try:
        done = subprocess.run([*command, *map(str, args.requirements)], capture_output=True, text=True)
    except FileNotFoundError as error:
        raise UserError("uv, which finds what fits together, is not installed; make wheels-gpu does it") from error
    if done.returncode:
        raise UserError(f"{', '.join(map(str, args.requirements))}: cannot be pinned: {' '.join(done.stderr.split())}")
    return done.stdout.splitlines()


def names_in(file: Path | None) -> set[str]:
    """Return the names of packages that begin a file's lines; none without a file."""
    lines = [] if file is None else file.read_text(encoding="utf-8").splitlines()
    found = (re.match(r"[A-Za-z0-9][\w.-]*", line) for line in lines)
    return {canonicalize_name(match[0]) for match in found if match}


def without(pinned: Iterable[str], there: set[str]) -> Iterator[str]:
    """Yield the requirements but those that the machine has: what comes with its PyTorch, and what is named."""
    for line in pinned:
        name = canonicalize_name(Requirement(line).name)
        if not THERE.fullmatch(name) and name not in there:
            yield line


def fetch(requirement: str, args: argparse.Namespace) -> None:
    """Put a package's wheel for the machine into the folder; where there is none, one without machine code is built."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    minor = int(args.glibc.partition(".")[2])
    platforms = [f"manylinux_2_{each}_{args.machine}" for each in range(minor, OLDEST_GLIBC - 1, -1)]
    platforms += [f"{name}_{args.machine}" for name in ("manylinux2014", "manylinux2010", "manylinux1")]
    options = ["--no-deps", "--only-binary=:all:", "--implementation=cp", f"--python-version={args.python}"]
    options += [f"--platform={each}" for each in platforms]
    command = [*pip, "download", *options, f"--dest={args.output}", requirement]
    if subprocess.run(command, capture_output=True).returncode:
        build(requirement, args.output, pip)


def build(requirement: str, folder: Path, pip: list[str]) -> None:
    """Build the wheel of a package that is published as source alone; raises UserError unless it runs anywhere."""
    before = set(folder.glob("*.whl"))
    command = [*pip, "wheel", "--no-deps", "--no-build-isolation", f"--wheel-dir={folder}", requirement]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "DS_BUILD_OPS": "0"})
    if done.returncode:
        why = " ".join(done.stderr.split())[-300:]
        raise UserError(f"{requirement}: there is no wheel of it for the machine, and none can be built: …{why}")
    for wheel in set(folder.glob("*.whl")) - before:
        if not wheel.name.endswith("-none-any.whl"):
            wheel.unlink()
            raise UserError(f"{requirement}: there is no wheel of it for the machine, and one built here fits no other")


def _under(version: str) -> str:
    return version.replace(".", "_")


if __name__ == "__main__":
    cli.run(main, parser())
