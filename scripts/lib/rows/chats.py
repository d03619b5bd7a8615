"""Conversations as chat sets have them (`messages`, ShareGPT's `conversations`): the task that one begins with."""

from typing import Any

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.strict_json import shown
from scripts.lib.rows.tasks import NoTask

CHATS = ("messages", "conversations")
"""Fields that hold a conversation."""

SPEAKERS = {"user": "user", "human": "user", "assistant": "assistant", "gpt": "assistant", "system": "system"}
"""Who speaks, by the names that OpenAI and ShareGPT give them; of others, such as tools, nothing is taken."""

TURN = 'a turn is {"role", "content"} or {"from", "value"}'


def first_exchange(turns: Any, place: str) -> tuple[str, str, int]:
    """Return the task that a conversation begins with, its answer, and how many of its turns are left out.

    The task is the first turn of a user, behind what the system says before it and a blank line. The answer is the
    assistant's turn directly behind it, and empty where another follows: a later one may answer something else.
    Raises UserError, led by `place`, for what is no list of turns, and NoTask where no user speaks.
    """
    if not isinstance(turns, list):
        raise UserError(f"{place} must be a list of turns, not {shown(turns)}; {TURN}")
    speakers = [_speaker(turn, f"{place}: turn {number}") for number, turn in enumerate(turns, start=1)]
    if "user" not in speakers:
        raise NoTask(f"{place}: no user speaks, so that there is no task; remove the row")
    asked = speakers.index("user")
    told = [number for number in range(asked) if speakers[number] == "system"]
    answered = [asked + 1] if speakers[asked + 1 : asked + 2] == ["assistant"] else []
    texts = {number: _text(turns[number], f"{place}: turn {number + 1}") for number in (*told, asked, *answered)}
    task = "\n\n".join(texts[number] for number in (*told, asked) if texts[number].strip())
    answer = "".join(texts[number] for number in answered)
    return task if texts[asked].strip() else "", answer, len(turns) - len(texts)


def _speaker(turn: Any, place: str) -> str:
    name = _first_of(turn, "role", "from") if isinstance(turn, dict) else None
    if not isinstance(name, str):
        raise UserError(f"{place}: it does not say who speaks: {shown(turn)}; {TURN}")
    return SPEAKERS.get(name, name)


def _text(turn: Row, place: str) -> str:
    """Return what is said: text, parts that are text (each on a line of its own), or nothing, as in a call of tools."""
    content = _first_of(turn, "content", "value")
    if content is None:
        return ""
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if _is_text_part(part) else part for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise UserError(f"{place}: what is said must be text, not {shown(content)}; remove the row")
    return "\n".join(texts)


def _first_of(turn: Row, *fields: str) -> Any:
    """Return the first of some fields that is there; a table has all of its columns in every row, null where unused."""
    return next((turn[field] for field in fields if turn.get(field) is not None), None)


def _is_text_part(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "text"
