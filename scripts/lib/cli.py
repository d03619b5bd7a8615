"""What every script's command line has in common: a clean error, and a last line that says where."""

import argparse
import logging
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.lib.errors import UserError
from scripts.lib.rows.files import DISK_ERRORS
from scripts.lib.run.claims import check_claims
from scripts.lib.run.gpu_memory import is_gpu_memory_short

EXIT_FAULT, EXIT_USER_ERROR = 1, 2

TRACEBACK = "SELF_ALIGNMENT_TRACEBACK"
"""The environment variable that asks for all that Python knows of an error that nobody has foreseen."""

LONGEST_MESSAGE = 200

ROOT = Path(__file__).parents[2]


def run(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Parse the command line, check that its paths do not meet, and call `main`.

    A UserError becomes one line on stderr and exit code 2; so does, with exit code 1, what nobody has foreseen.
    """
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        check_claims(parser, args)
        main(args)
    except UserError as error:
        sys.exit(fail(str(error)))
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; nothing more may be written, not even when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if known := explained(error):
            sys.exit(fail(known))
        if os.environ.get(TRACEBACK):
            raise
        print(f"error: {unforeseen(error)}", file=sys.stderr)
        sys.exit(EXIT_FAULT)


def explained(error: Exception) -> str | None:
    """Return what to tell about an error of the system that names a file, or of a GPU that is full; else None."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}; {remedy(error)}"
    if is_gpu_memory_short(error):
        return f"{str(error).partition('. ')[0]}; docs/cluster.md says under 'When something failed' what helps"
    return None


def unforeseen(error: Exception) -> str:
    """Return one line about an error that nobody has foreseen: what it is, where it happened, what to do."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT / "scripts")] or frames
    place = f"{os.path.relpath(ours[-1].filename, ROOT)}:{ours[-1].lineno}"
    message = " ".join(str(error).split())
    return (
        f"{type(error).__name__} at {place}: {message[:LONGEST_MESSAGE]}; this is a fault of the program: please "
        f"report it, with what it says when {TRACEBACK}=1 is set"
    )


def remedy(error: OSError) -> str:
    """Return what a user can do about an error of the operating system."""
    if error.errno in DISK_ERRORS:
        return "make room, then give the same command again: what is finished is kept"
    return "check that it exists and may be read or written"


def fail(message: str) -> int:
    """Print an error for the user and return the exit code that goes with it."""
    print(f"error: {message}", file=sys.stderr)
    return EXIT_USER_ERROR


def say_where(path: Path | str, what: str) -> None:
    """Say in one last line what was made and where it lies."""
    print(f"{what} -> {path}", file=sys.stderr)


def description(docstring: str | None) -> dict[str, Any]:
    """Keyword arguments that make an ArgumentParser show a module's docstring as it is written."""
    return {"description": docstring, "formatter_class": argparse.RawDescriptionHelpFormatter}
