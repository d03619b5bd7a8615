"""The forms in which people have tasks, and a row in any of them as a seed: one table of field names."""

from typing import Any

from scripts.lib.errors import UserError
from scripts.lib.rows.chats import CHATS, first_exchange
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.strict_json import shown
from scripts.lib.rows.tasks import NoTask

SEED = ("instruction", "input", "output")

FORMS = (
    SEED,  # ours, Alpaca's
    ("instruction", "context", "response"),  # Dolly's
    ("prompt", "input", "completion"),
    ("question", "context", "answer"),
    ("question", "context", "response"),  # OpenOrca's
)
"""What instruction, input and output are called; an earlier form is preferred."""

FORMATS = (
    'a task is {"instruction", "input", "output"}, and README.md names the other forms under "Your own model and seeds"'
)


def as_seed(row: Row, place: str) -> tuple[Row, int]:
    """Return a row as a seed (id, instruction, input, output, others), and how many turns of a chat it leaves out.

    `place` names the row in errors: UserError says what cannot be used, NoTask that there is nothing to do in it.
    """
    chat = None if "instruction" in row else next((name for name in CHATS if name in row), None)
    left_out = 0
    if chat is not None:
        used: tuple[str, ...] = (chat,)
        instruction, output, left_out = first_exchange(row[chat], f"{place}: '{chat}'")
        texts = [instruction, "", output]
    else:
        fields = row | _first_instance(row, place) if "instances" in row else row
        form = _form_of(fields)
        used = ("instances", *form)
        texts = [_text(fields, name, place, needed=name == form[0]) for name in form]
    if not texts[0].strip():
        raise NoTask(f"{place}: the instruction is blank; write one, or remove the row")
    seed = {"id": row["id"], **dict(zip(SEED, texts, strict=True))}
    return seed | {name: value for name, value in row.items() if name not in seed and name not in used}, left_out


def _form_of(fields: Row) -> tuple[str, str, str]:
    """Return the first form of which a row has the instruction and more; without more, only an instruction is ours."""
    return next((form for form in FORMS if form[0] in fields and not fields.keys().isdisjoint(form[1:])), SEED)


def _first_instance(row: Row, place: str) -> Row:
    instances: Any = row["instances"]
    if not isinstance(instances, list) or not instances or not isinstance(instances[0], dict):
        raise UserError(f"{place}: 'instances' must be a list of objects with input and output, not {shown(instances)}")
    return instances[0]


def _text(fields: Row, field: str, place: str, needed: bool) -> str:
    """Return a field's text, which is empty for one that is null or missing, unless it is needed."""
    value = fields.get(field)
    if value is None and not needed:
        return ""
    if not isinstance(value, str):
        found = shown(value) if field in fields else "missing"
        raise UserError(f"{place}: '{field}' must be text, but is {found}; {FORMATS}")
    return value
