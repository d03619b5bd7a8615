"""Every family of tasks without an answer; importing this package registers them all, apart from those with one."""

from scripts.tiny_world.families import FAMILIES
from scripts.tiny_world.unanswerable import forbidden, impossible, missing, personal, unknown
from scripts.tiny_world.unanswerable.family import Unanswerable

__all__ = ["FAMILIES", "UNANSWERABLE", "forbidden", "impossible", "missing", "personal", "unknown"]

UNANSWERABLE: tuple[Unanswerable, ...] = tuple(
    family for family in Unanswerable.registered if isinstance(family, Unanswerable)
)
