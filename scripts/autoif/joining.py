"""How a query and a constraint become the one text that a model is asked, trains on, and is measured by."""

ENDS = (".", "?", "!", ":", "…")


def join_constraint(query: str, constraint: str) -> str:
    """Return a query and a constraint as two sentences; neither ends with two marks (spec C5, fault 11)."""
    return f"{as_sentence(query)} {as_sentence(constraint)}"


def as_sentence(text: str) -> str:
    """Return a text with a capital at its beginning, and a full stop at its end unless another mark stands there."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith(ENDS) else ".")
