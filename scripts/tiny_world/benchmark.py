"""What lm-eval calls to score an answer to a held-out task of this world: see tiny_world.yaml."""

from collections.abc import Mapping, Sequence

from scripts.tiny_world.checker import grade


def graded(document: Mapping[str, str], texts: Sequence[str]) -> dict[str, float]:
    """Return whether the answer to a task is right as a whole, and in its first line.

    Raises ValueError if the document is no task of this world.
    """
    found = grade(document["instruction"], document["input"], texts[0])
    if found is None:
        raise ValueError(f"{document['instruction']!r} is no task of the tiny world")
    return {"strict": float(found.strict), "first_line": float(found.first_line)}
