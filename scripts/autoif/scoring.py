"""How well an answer answers its query: what a prompt that asks for a score from 0 to 10 shows, and what comes back."""

import re

from scripts.lib.engines.scores import HIGHEST_SCORE, expected_score, median_score
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import Row, check_texts

CHOICES = tuple(str(score) for score in range(HIGHEST_SCORE + 1))

_NUMBER = r"\bscore\b[\s:=*_`\"'({\[]*(\d+(?:\.\d+)?)(?:\s*/\s*10\b|\s*out of\s*10\b)?"
_LAST_LINE = re.compile(rf"(?i)[^\n]*{_NUMBER}[\s.*_`\"')}}\]]*\Z")

DECIDED = rf"(?is).*{_NUMBER}[.*_`\"')}}\]]*\s*\n"
"""Matches a text that has named its score and ended the line: nothing that is wanted comes after it."""


def judged_texts(row: Row, place: str) -> dict[str, str]:
    """Return what a scoring prompt shows: query, constraint and response, of an answer of ours or a published row.

    Raises UserError, led by the row's place, if one of them is missing.
    """
    fields = ("query", "constraint", "output") if "constraint" in row else ("query", "instruction", "response")
    check_texts(row, place, *fields)
    return dict(zip(("query", "constraint", "response"), (row[field] for field in fields), strict=True))


def last_score(text: str) -> float | None:
    """Return the score that the last line of a text names, or None if it names none from 0 to 10.

    As published it is "Score: 9"; here also "**Score:** 9.5", "score = 9/10" and "Score: 9." (spec C5, fault 10).
    """
    match = _LAST_LINE.search(text.strip().rpartition("\n")[2])
    score = float(match[1]) if match else HIGHEST_SCORE + 1
    return score if score <= HIGHEST_SCORE else None


def mean_score(texts: list[str]) -> float | None:
    """Return the mean of the scores that several texts name, without those that name none; None if no text does."""
    scores = [score for text in texts if (score := last_score(text)) is not None]
    return sum(scores) / len(scores) if scores else None


def score_of(completion: Row, score: str, minimum_mass: float, place: str) -> float | None:
    """Return the score in a completion, as Scoring.score says that it is read; None if there is none.

    Raises UserError, led by a place, for a completion of another kind.
    """
    if ("probabilities" in completion) == (score == "parsed"):
        kind = "probabilities of scores" if "probabilities" in completion else "a written text"
        raise UserError(
            f"{place}: the completion of {completion['id']!r} has {kind}, which is not read as {score}; "
            "set scoring.score (--score) to what was asked for"
        )
    if score == "parsed":
        return last_score(completion["text"])
    middle = median_score if score == "median" else expected_score
    return middle(completion["probabilities"], minimum_mass)
