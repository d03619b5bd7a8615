"""What is asked for under results/ and can be nobody's: of a model, or of an iteration, that no configuration has.

Snakemake itself would only say that it has no rule for it.
"""

import re
from difflib import get_close_matches
from pathlib import Path

from scripts.configuration import TAKEN_NAMES
from scripts.lib.config.recipe import MODEL_NAME
from scripts.lib.config.sharing import Model, Sharing
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
    unknown = [
        rf"{re.escape(name)}/iter\d+/(?!(?:{'|'.join(map(re.escape, _rows(model, results)))})$)[^/]+\.jsonl"
        for name, model in sharing.models.items()
    ]
    return "|".join([rf"(?!(?:{known})/){MODEL_NAME}/.+", *beyond, *unknown])


def _rows(model: Model, results: Path) -> list[str]:
    """Return the names of files of rows in an iteration: those that the recipe makes, and others that are there."""
    files = (Path(file) for artifact in model.recipe.artifacts for file in artifact.files)
    made = [file.name for file in files if len(file.parts) <= len(Path("iter1/rows.jsonl").parts)]
    return sorted({*made, *(file.name for file in results.glob(f"{model.name}/iter*/*.jsonl"))})


def refuse(asked: str, sharing: Sharing, source: str, results: Path) -> None:
    """Raise UserError with what is wrong with a path in results/, and what the configuration `source` has instead."""
    name, file = asked.split("/", 1)
    if file.endswith(".jsonl") and name in sharing.models:
        folder, _, rows = file.partition("/")
        made = [row for row in _rows(sharing.models[name], results) if row.endswith(".jsonl")]
        alike = get_close_matches(rows, made, n=1)
        meant = (
            f"; did you mean results/{name}/{folder}/{alike[0]}?" if alike else f"; these are made: {', '.join(made)}"
        )
        raise UserError(f"results/{asked}: no step makes {rows}{meant}")
    if name in sharing.models:
        sharing.path(name, f"{file}/manifest.json")
    models = list(sharing.models)
    alike = get_close_matches(name, models, n=1)
    meant = f", did you mean {alike[0]}? It has" if alike else "; it has"
    more = f" and {len(models) - MOST_NAMES} more" if len(models) > MOST_NAMES else ""
    raise UserError(f"results/{asked}: {source} has no model {name}{meant} {', '.join(models[:MOST_NAMES])}{more}")
