"""Every family of tasks; importing this package registers them all."""

from scripts.tiny_world.families import facts, formats, lists, numbers, words
from scripts.tiny_world.family import Family

__all__ = ["FAMILIES", "facts", "formats", "lists", "numbers", "words"]

FAMILIES: tuple[Family, ...] = tuple(Family.registered)
BY_NAME = {family.name: family for family in FAMILIES}
