"""What every script's command line has in common: a clean error, and a last line that says where."""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.lib.errors import UserError
from scripts.lib.rows.files import DISK_ERRORS

EXIT_USER_ERROR = 2


def run(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Parse the command line and call `main`; a UserError becomes one line on stderr and exit code 2."""
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        main(args)
    except UserError as error:
        sys.exit(fail(str(error)))
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; nothing more may be written, not even when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        if error.filename is None:
            raise
        sys.exit(fail(f"{error.filename}: {error.strerror}; {remedy(error)}"))
    except KeyboardInterrupt:
        sys.exit(130)
    except RuntimeError as error:
        if not is_gpu_memory_short(error):
            raise
        sys.exit(
            fail(f"{str(error).partition('. ')[0]}; docs/cluster.md says under 'When something failed' what helps")
        )


def is_gpu_memory_short(error: RuntimeError) -> bool:
    """Return whether an error is torch's word for too little memory on the GPU; a script without torch has none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.OutOfMemoryError)


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
