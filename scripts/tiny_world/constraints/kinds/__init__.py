"""Every kind of constraint; importing this package registers them all."""

from scripts.tiny_world.constraints.kind import Kind
from scripts.tiny_world.constraints.kinds import beginnings, counts, endings, letters, shapes

__all__ = ["BY_NAME", "KINDS", "SEEN", "UNSEEN", "beginnings", "counts", "endings", "letters", "shapes"]

KINDS: tuple[Kind, ...] = tuple(Kind.registered)
BY_NAME = {kind.name: kind for kind in KINDS}
SEEN = tuple(kind for kind in KINDS if kind.seen)
"""The kinds that seeds and pages with functions have."""
UNSEEN = tuple(kind for kind in KINDS if not kind.seen)
"""The kinds that only replies have."""
