"""What is asked for under results/ and can be nobody's: of a model, or of an iteration, that no configuration has.

Snakemake itself would only say that it has no rule for it.
"""

import re
from difflib import get_close_matches
from pathlib import Path

from scripts.configuration import TAKEN_NAMES
from scripts.lib.config.recipe import MODEL_NAME
from scripts.lib.config.sharing import Sharing
from scripts.lib.errors import UserError

MOST_NAMES = 12
"""How many models an error lists; grids have dozens."""


def not_configured(sharing: Sharing, results: Path) -> str:
    """Return a regular expression for the paths in results/ that `refuse` has something to say about.

    A folder that is there may be another configuration's, and its files may be read.
    """
    there = [path.name for path in results.iterdir()] if results.is_dir() else []
    known = "|".join([TAKEN_NAMES.pattern, *map(re.escape, [*sharing.models, *there])])
    beyond = [
        rf"{re.escape(name)}/iter(?!(?:{'|'.join(map(str, model.iterations))})/)[1-9]\d*/(?:adapter|merged)"
        for name, model in sharing.models.items()
    ]
    return "|".join([rf"(?!(?:{known})/){MODEL_NAME}/.+", *beyond])


def refuse(asked: str, sharing: Sharing, source: str) -> None:
    """Raise UserError with what is wrong with a path in results/, and what the configuration `source` has instead."""
    name, file = asked.split("/", 1)
    if name in sharing.models:
        sharing.path(name, f"{file}/manifest.json")
    models = list(sharing.models)
    alike = get_close_matches(name, models, n=1)
    meant = f", did you mean {alike[0]}? It has" if alike else "; it has"
    more = f" and {len(models) - MOST_NAMES} more" if len(models) > MOST_NAMES else ""
    raise UserError(f"results/{asked}: {source} has no model {name}{meant} {', '.join(models[:MOST_NAMES])}{more}")
