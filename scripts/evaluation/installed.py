"""Whether lm-eval is there: most who use this project never need it."""

from importlib.util import find_spec

from scripts.lib.errors import UserError


def check_installed() -> None:
    """Raise UserError with the command that installs lm-eval if it is not there."""
    if find_spec("lm_eval") is None:
        raise UserError(
            "lm-eval, which asks and scores benchmarks, is not installed; install it with: make evaluation, or "
            "pip install -r requirements-evaluate.txt -c constraints.txt"
        )
