"""Numbers that a paper reports of models of a run: shown beside the run's own, and never taken for them."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.lib.errors import UserError
from scripts.lib.rows.tables import table_rows

if TYPE_CHECKING:
    from scripts.report.figures.estimates import Estimate

log = logging.getLogger(__name__)

REPORTED = "reported"
"""What numbers are called that were measured elsewhere."""
PLACE = ("arm", "iteration")
"""The columns that say of which model a line is; each of the others is a measure."""
PERCENT = " (%)"
"""What the name of a measure ends with whose numbers are in percent, as in the figures' tables."""

Model = tuple[str, int]
"""An arm, and an iteration of it; 0 is the base model."""


@dataclass(frozen=True)
class Reported:
    """What is reported of models, by the titles of measures: shares between 0 and 1, or points."""

    file: Path
    values: Mapping[Model, Mapping[str, float]]


def read_reported(file: Path) -> Reported:
    """Return the numbers of a CSV with the columns arm, iteration, and one for each measure.

    Measures are called as in the figures' tables; an empty cell is a number that is not known. Raises UserError naming
    the line and what is wrong with it.
    """
    values: dict[Model, dict[str, float]] = {}
    for place, row in table_rows(file):
        if missing := [name for name in PLACE if name not in row]:
            raise UserError(f"{file}: there is no column {missing[0]!r}; the first two are {' and '.join(PLACE)}")
        if not row["iteration"].isdecimal():
            raise UserError(f"{place}: iteration is {row['iteration']!r}; it must be a number, 0 for the base model")
        model = (row["arm"], int(row["iteration"]))
        if model in values:
            raise UserError(f"{place}: a second line of {row['arm']}, iteration {model[1]}; keep one of them")
        measures = {name: cell for name, cell in row.items() if name not in PLACE and cell.strip()}
        values[model] = {name.removesuffix(PERCENT): _number(name, cell, place) for name, cell in measures.items()}
    if not values:
        raise UserError(f"{file}: there is no line; give one for each model, with its arm and iteration")
    return Reported(file, values)


def _number(name: str, cell: str, place: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"{place}: {name!r} is {cell!r}, and no number; leave the cell empty if it is not known")
    if not name.endswith(PERCENT):
        return value
    if not 0 <= value <= 100:
        raise UserError(f"{place}: {name!r} is {cell}; a share in percent lies between 0 and 100")
    return round(value / 100, 6)


def beside(found: "Sequence[Estimate]", reported: Reported | None) -> "list[Estimate]":
    """Return estimates, each with what is reported of the same measure of the same model, if anything is.

    Where a base model was asked in two formats, that is the first: one number is shown once. Says which measures
    were not taken here.
    """
    if reported is None:
        return list(found)
    left = {(model, name): value for model, row in reported.values.items() for name, value in row.items()}
    measures = {each.measure for each in found}
    if others := {name: None for _, name in left if name not in measures}:
        log.info("%s: not measured here, and so not shown: %s", reported.file, ", ".join(others))
    return [replace(each, reported=left.pop(((each.arm, each.iteration), each.measure), None)) for each in found]


def source(found: "Sequence[Estimate]", reported: Reported | None) -> str:
    """Return what a caption says of reported numbers; nothing where none is shown."""
    if reported is None or all(each.reported is None for each in found):
        return ""
    return f" Reported, with hollow signs: numbers of {reported.file.name}, measured elsewhere."
