"""JSON as its standard has it: whatever is read here can be written again, and be read again by anyone."""

import json
import math
from typing import Any

from scripts.lib.errors import UserError

MOST_NESTED = 100
"""Lists and objects within one another, at most: far more than a row needs, far less than breaks a reader."""

LONGEST_NUMBER = 300
"""Digits of a whole number, at most: one that is longer is no float any more, and cannot be compared with one."""

LONGEST_SHOWN = 60

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def parse_json(content: bytes, place: str, remedy: str, *, whole_file: bool = False) -> Any:
    """Return the JSON value that UTF-8 bytes hold.

    Raises UserError naming `place` (and the line, for a whole file) for other encodings, broken JSON, NaN and
    Infinity, numbers too large for a float, half characters (lone surrogates), and nesting without end; `remedy`
    says what to do about broken JSON.
    """
    text = decode(content, place)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        line = f":{error.lineno}" if whole_file else ""
        raise UserError(f"{place}{line}: broken JSON ({error.msg}); {remedy}") from error
    except RecursionError as error:
        raise _too_deep(place) from error
    except ValueError as error:
        raise UserError(f"{place}: {error}") from error
    # Most rows have neither so many brackets nor such an escape: to look closer at all of them would be felt.
    if content.count(b"[") + content.count(b"{") > MOST_NESTED and _is_deeper(value, MOST_NESTED):
        raise _too_deep(place)
    if b"\\" in content and (b"\\ud" in content or b"\\uD" in content):
        _check_characters(value, place)
    return value


def decode(content: bytes, place: str) -> str:
    """Return UTF-8 as text, without its mark at the beginning; raises UserError naming `place` where it is none."""
    try:
        return content.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        source = "-f utf-16 " if content.startswith(_UTF_16) else ""
        raise UserError(
            f"{place}: not UTF-8 (byte {error.start}); convert the file, e.g. with iconv {source}-t utf-8"
        ) from error


def to_line(value: Any) -> str:
    """Return a value as JSON in one line, keys in their own order, characters as they are; ValueError for NaN."""
    return _ENCODER.encode(value)


def shown(value: object) -> str:
    """Return a value as an error message shows it: its JSON, cut where it gets long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:LONGEST_SHOWN]} is too large; write one below 1e308")
    return value


def _bounded(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} digits is too large; write it as text, or a smaller one")
    return int(text)


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number in JSON; write null, or the number that is meant")


def _is_deeper(value: Any, most: int) -> bool:
    """Return whether lists and objects are nested deeper than so many levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(most <= 1 or _is_deeper(each, most - 1) for each in inner if isinstance(each, dict | list))


def _check_characters(value: Any, place: str) -> None:
    try:
        to_line(value).encode()
    except UnicodeEncodeError as error:
        half = str(error.object)[error.start]
        raise UserError(
            f"{place}: \\u{ord(half):04x} is half a character (a lone surrogate), which no text has; remove it, "
            "or write the whole character"
        ) from error


def _too_deep(place: str) -> UserError:
    return UserError(f"{place}: lists or objects are nested more than {MOST_NESTED} deep; make it flatter")


_DECODER = json.JSONDecoder(parse_float=_finite, parse_int=_bounded, parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(", ", ": "))
