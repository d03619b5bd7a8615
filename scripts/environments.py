"""Write a conda environment, for --sdm conda: what a kind of work needs, with all that this brings along, pinned.

python -m scripts.environments --requirements envs/data.in --output envs/data.yaml

An .in file says in its first line what the work is, and then which packages it needs. Their versions are those of
requirements*.txt and constraints.txt, so those that the tests ran with. What these files do not pin, such as the CUDA
libraries of torch and the dependencies of vLLM, stays at the version in the environment that is there, as long as that
fits, and is otherwise the newest that PyPI has: what the same requirements make is the same a year later.
"""

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

import yaml
from packaging.requirements import Requirement

from scripts.lib import cli
from scripts.lib.errors import UserError
from scripts.lib.rows.files import atomic_open
from scripts.lib.run.claims import INPUT, OUTPUT

PYTHON, PIP = "3.11.7", "23.2.1"
"""What the tests ran with, and conda-forge has."""
COMPILE = ["uv", "pip", "compile", "--quiet", "--system-certs", "--no-annotate", "--no-header", "--no-emit-index-url"]
"""Pins requirements; whom the machine trusts is trusted, as by pip: the proxy of an institute, for one."""

PLATFORMS = {
    "linux": {"platform_system": "Linux", "platform_machine": "x86_64"},
    "darwin": {"platform_system": "Darwin", "platform_machine": "arm64"},
}
"""What the environments are for, by the name that Python has for each."""

CONSTRAINTS = ("requirements.txt", "requirements-vllm-gpu.txt", "requirements-evaluate.txt", "constraints.txt")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(**cli.description(__doc__))
    parser.add_argument("--requirements", type=INPUT, required=True, help=".in file: packages by name")
    parser.add_argument("--output", type=OUTPUT, required=True, help="environment to write, or to write anew")
    return parser


def main(args: argparse.Namespace) -> None:
    """Write the environment; raises UserError without uv, without PyPI, and where no versions fit together."""
    if shutil.which("uv") is None:
        raise UserError("uv, which finds versions that fit together, is not installed; make environments does it")
    pinned = for_platforms(resolved(args.requirements, pins_of(args.output)))
    with atomic_open(args.output) as stream:
        stream.write(as_yaml(args.requirements.read_text().splitlines()[0], pinned))
    cli.say_where(args.output, f"{len(pinned)} packages")


def pins_of(environment: Path) -> list[str]:
    """Return what pip installs into an environment, as its file says; nothing if there is none yet."""
    if not environment.is_file():
        return []
    dependencies = yaml.safe_load(environment.read_text())["dependencies"]
    return [pin for part in dependencies if isinstance(part, dict) for pin in part["pip"]]


def resolved(requirements: Path, before: list[str]) -> list[str]:
    """Return requirements and all that they bring along, pinned for every platform; raises UserError if nothing fits.

    What was pinned before is kept where the resolver may choose.
    """
    command = [*COMPILE, "--universal", "--python-version", PYTHON, "--no-emit-find-links"]
    for file in CONSTRAINTS:
        command += ["--constraints", str(cli.ROOT / file)]
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "pinned.txt"
        pinned.write_text("\n".join(before))
        done = subprocess.run(
            [*command, str(requirements), "--output-file", str(pinned)], capture_output=True, text=True
        )
        if done.returncode:
            raise UserError(f"{requirements}: cannot be pinned: {' '.join(done.stderr.split())}")
        return pinned.read_text().splitlines()


def for_platforms(pinned: list[str]) -> list[str]:
    """Return the pins that a platform of ours needs, and with those that only one needs, that it is this one."""
    wanted = []
    for requirement in map(Requirement, pinned):
        needed_on = [name for name in PLATFORMS if requirement.marker is None or requirement.marker.evaluate(_on(name))]
        condition = f'; sys_platform == "{needed_on[0]}"' if len(needed_on) == 1 else ""
        requirement.marker = None
        wanted += [f"{requirement}{condition}"] if needed_on else []
    return wanted


def _on(platform: str) -> dict[str, str]:
    return {
        "sys_platform": platform,
        **PLATFORMS[platform],
        "python_version": PYTHON.rpartition(".")[0],
        "python_full_version": PYTHON,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def as_yaml(meaning: str, pinned: list[str]) -> str:
    """Return the text of an environment, as conda reads it."""
    dependencies = [f"python={PYTHON}", f"pip={PIP}", {"pip": pinned}]
    environment = {"channels": ["conda-forge", "nodefaults"], "dependencies": dependencies}
    told = f"{meaning}\n# Made by `make environments`.\n"
    return told + yaml.safe_dump(environment, sort_keys=False, width=1000)


if __name__ == "__main__":
    cli.run(main, parser())
