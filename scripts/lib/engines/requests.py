"""What is asked of a model: one request per row, as a dataclass and as a line of a JSONL file."""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, placed_rows

Task = Literal["generate", "score", "perplexity"]
Check = tuple[Callable[[object], bool], str]

_FIELDS: dict[str, tuple[str, ...]] = {
    "generate": ("max_tokens", "temperature", "top_p", "stop", "until", "seed"),
    "score": ("choices", "shared"),
    "perplexity": ("continuation",),
}


@dataclass(frozen=True)
class Request:
    """One thing asked of a model about a prompt, which stands as the model reads it (a chat template's
    markers included).

    generate: a text of at most `max_tokens` tokens, drawn from the row's own `seed` at `temperature`
    (0 is greedy) and `top_p`; it ends before any string of `stop`, and always before a special token
    (end of text, turn markers); also, if `until` is not empty, with the token after which the text begins
    with a match of that regular expression. score: the probability that exactly one of `choices` follows; the
    first `shared` characters of its prompt begin prompts of other requests, too, so that an engine may read
    them once.
    perplexity: how surprising `continuation` is after the prompt, which may be empty.
    """

    id: str
    task: Task
    prompt: str
    max_tokens: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    until: str = ""
    seed: int = 0
    choices: tuple[str, ...] = ()
    shared: int = 0
    continuation: str = ""

    def to_row(self) -> Row:
        """Return the request as a row: the fields of its task, and no others."""
        values = asdict(self)
        row = {name: values[name] for name in ("id", "task", "prompt", *_FIELDS[self.task])}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}


def from_row(row: Row, place: str) -> Request:
    """Return the request that a row describes; raises UserError naming `place` and the wrong field."""
    task = str(row.get("task"))
    if task not in get_args(Task):
        raise UserError(f"{place}: 'task' must be one of {', '.join(get_args(Task))}, but is {task!r}")
    names = ("id", "prompt", *_FIELDS[task])
    if unknown := sorted(row.keys() - {*names, "task"}):
        raise UserError(f"{place}: a {task} request has no field {unknown[0]!r}; its fields are {', '.join(names)}")
    for name in names:
        is_right, wanted = _CHECKS[name]
        if not is_right(row.get(name)):
            found = repr(row[name]) if name in row else "missing"
            raise UserError(f"{place}: {name!r} of a {task} request must be {wanted}, but is {found}")
    values: dict[str, Any] = {name: tuple(row[name]) if name in ("stop", "choices") else row[name] for name in names}
    return Request(task=cast(Task, task), **values)


def read_requests(path: Path | str) -> Iterator[Request]:
    """Yield the requests of a JSONL file; raises UserError naming the file and the wrong line or row."""
    for place, row in placed_rows(path):
        yield from_row(row, f"{place} (id {row['id']!r})")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_pattern(value: object) -> bool:
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except re.error:
        return False


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_positive(value: object) -> bool:
    return _is_whole(value) and value != 0


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _is_not_negative(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) and text for text in value)


def _are_choices(value: object) -> bool:
    return isinstance(value, list) and _are_texts(value) and len(set(value)) == len(value) > 0


_CHECKS: dict[str, Check] = {
    "id": (_is_text, "text"),
    "prompt": (_is_text, "text"),
    "max_tokens": (_is_positive, "a whole number from 1"),
    "temperature": (_is_not_negative, "a number from 0"),
    "top_p": (_is_share, "a number above 0 and at most 1"),
    "stop": (_are_texts, "a list of non-empty texts"),
    "until": (_is_pattern, "a regular expression, or empty"),
    "seed": (_is_whole, "a whole number from 0"),
    "choices": (_are_choices, "a list of different, non-empty texts"),
    "shared": (_is_whole, "a whole number from 0"),
    "continuation": (_is_text, "text"),
}
