"""The named rules that reject a reply under principles, in sets: as published, and careful ones."""

from collections.abc import Collection, Sequence

from scripts.lib.rows.rules import Rule


def select_rules(name: str, without: Collection[str]) -> Sequence[Rule]:
    """Return the rules of a set but those left out; raises UserError for a name that is none of theirs."""
    return ()


def select_verbose_rules(name: str, without: Collection[str]) -> Sequence[Rule]:
    """Return the rules of a set for verbose replies but those left out; raises UserError as `select_rules` does."""
    return ()
