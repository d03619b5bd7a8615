"""A text of which some parts are plain: letters that say something, and never a special token, whatever they look like.

What a row or a user says is plain; what a template writes is not, so that special tokens come from templates alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Place = tuple[int, int]
"""Where a part of a text begins, and where it ends: the first character that is no longer in it."""


@dataclass(frozen=True)
class PartlyPlain:
    """A text with the places of its plain parts: in order, apart from each other, and none of them empty."""

    text: str
    plain: tuple[Place, ...] = ()

    @property
    def begins_plain(self) -> bool:
        """Whether the first character is a plain one."""
        return bool(self.plain) and self.plain[0][0] == 0

    def has_plain(self, start: int, end: int) -> bool:
        """Return whether any character from `start` to before `end` is a plain one."""
        return any(first < end and start < last for first, last in self.plain)

    def beginning(self, length: int) -> "PartlyPlain":
        """Return the first characters, or all if they are fewer."""
        return self._cut(0, min(length, len(self.text)))

    def ending(self, length: int) -> "PartlyPlain":
        """Return the last characters, or all if they are fewer."""
        return self._cut(max(0, len(self.text) - length), len(self.text))

    def __add__(self, other: "PartlyPlain") -> "PartlyPlain":
        return joined((self, other))

    def _cut(self, start: int, end: int) -> "PartlyPlain":
        inside = ((max(first, start) - start, min(last, end) - start) for first, last in self.plain)
        return PartlyPlain(self.text[start:end], tuple(place for place in inside if place[0] < place[1]))


Ask = Callable[[PartlyPlain], PartlyPlain]
"""Turns the text of a filled template into the prompt that a model reads."""


def plain_text(text: str) -> PartlyPlain:
    """Return a text that is plain from end to end."""
    return PartlyPlain(text, ((0, len(text)),) if text else ())


def joined(parts: Iterable[PartlyPlain]) -> PartlyPlain:
    """Return the parts one after another as one text; plain parts that meet become one."""
    texts: list[str] = []
    places: list[Place] = []
    length = 0
    for part in parts:
        for first, last in part.plain:
            start = places.pop()[0] if places and places[-1][1] == length + first else length + first
            places.append((start, length + last))
        texts.append(part.text)
        length += len(part.text)
    return PartlyPlain("".join(texts), tuple(places))
