"""The named steps of a filter of replies, in an order: rules that reject a row, and changes of its text.

A row says in `changes` which changes were made; what was there before stands in `completion`.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.reasons import Reason
from scripts.lib.rows.rules import Finding
from scripts.lib.rows.sifting import sift_judged
from scripts.lib.rows.verdicts import Verdict


@dataclass(frozen=True)
class Context:
    """What a reply is measured by besides its row: who replies, what was in the prompt, and how short it may be.

    `name` is what the assistant is called, `prompted_name` what it was called in the prompt, `opening` the sentence
    that a thought begins with. `phrases` are sentences of the prompt that no reply should have by chance,
    `questions` and `words` those of its exemplars that tell that a reply was copied from them.
    """

    name: str
    prompted_name: str
    opening: str = ""
    phrases: Sequence[str] = ()
    questions: Sequence[str] = ()
    words: Sequence[str] = ()
    shortest: int = 0


@dataclass(frozen=True)
class TextRule(Reason):
    """A reason to reject a reply; `find` returns what it found wrong, or None."""

    find: Callable[[Row, Context], Finding | None]


@dataclass(frozen=True)
class TextChange:
    """A change of a row's text; `change` returns the row as it was where there is nothing to change."""

    name: str
    meaning: str
    change: Callable[[Row, Context], Row]


Step = TextRule | TextChange


def take(row: Row, steps: Sequence[Step], context: Context) -> tuple[Row, Verdict | None]:
    """Return the row as the steps leave it, and why it is rejected, if it is: then by the first rule against it."""
    row = {**row, "changes": []}
    for step in steps:
        if isinstance(step, TextRule):
            finding = step.find(row, context)
            if finding is not None:
                return row, Verdict(step, finding)
        else:
            changed = step.change(row, context)
            row = row if changed == row else {**changed, "changes": [*row["changes"], step.name]}
    return row, None


def sift_by_steps(
    args: argparse.Namespace, rows: Iterable[Row], steps: Sequence[Step], context: Context, remedy: str
) -> None:
    """Split the rows by the steps, as `sift_judged` does; the counts also say how often each change was made."""
    changed = Counter[str]()

    def judged() -> Iterator[tuple[Row, Verdict | None]]:
        for row in rows:
            taken, verdict = take(row, steps, context)
            changed.update(taken["changes"])
            yield taken, verdict

    sift_judged(args, judged(), remedy, lambda: {"changed": dict(changed.most_common())})


def select_steps(sets: Mapping[str, Sequence[Step]], name: str, without: Collection[str]) -> tuple[Step, ...]:
    """Return the steps of a set, less those left out; raises UserError with all names for one that is none of them.

    With `none`, the names of any set may be left out, so that it can be chosen without touching anything else.
    """
    of = sets.values() if name == "none" else [sets[name]]
    known = list(dict.fromkeys(step.name for steps in of for step in steps))
    if unknown := sorted(set(without) - set(known)):
        raise UserError(f"without: {unknown[0]!r} is none of the rules of '{name}'; they are: {', '.join(known)}")
    return tuple(step for step in sets[name] if step.name not in without)


def reasons_of(steps: Sequence[Step]) -> tuple[TextRule, ...]:
    """Return the rules among some steps, in their order."""
    return tuple(step for step in steps if isinstance(step, TextRule))


def describe_steps(sets: Mapping[str, Sequence[Step]]) -> str:
    """Return every set's rules and changes, and what each means, for --help."""
    return "\n\n".join(
        f"rules and changes of '{name}', in order:\n" + "\n".join(f"  {step.name:<21} {step.meaning}" for step in steps)
        for name, steps in sets.items()
    )
