"""Self-assessment by the two criteria of the I-SHEEP paper: prompts that ask for a rating, scores that come back."""

import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.lib.engines.requests import Request
from scripts.lib.engines.scores import SCORES, expected_score, median_score, parse_score
from scripts.lib.models.plain_text import PartlyPlain
from scripts.lib.models.prompting import read_template, render
from scripts.lib.rows.hashing import fingerprint
from scripts.lib.rows.jsonl import Row
from scripts.lib.rows.tasks import Join, join

CRITERIA = ("quality", "following")

TEMPLATE_SLOTS = ("instruction", "response")
"""What a template that asks for a rating leaves open."""


def read_templates(files: Sequence[Path]) -> dict[str, str]:
    """Return the assessment templates by criterion, which is the name of the file."""
    return {file.stem: read_template(file, *TEMPLATE_SLOTS) for file in files}


def template_key(templates: Mapping[str, str]) -> str:
    """Return the fingerprint of the templates that ask for the ratings of a row."""
    return fingerprint(dict(templates))


def rating_prompt(template: str, row: Row, by: Join = "newline") -> PartlyPlain:
    """Return the prompt that asks for a rating of one row."""
    return render(template, instruction=join(row["instruction"], row["input"], by), response=row["output"])


def rating_key(row_id: str, criterion: str, attempt: int) -> str:
    """Return the id of one request for a rating."""
    return f"{row_id}/{criterion}/{attempt}"


def score_request(
    templates: Mapping[str, str], criterion: str, row: Row, attempt: int = 1, by: Join = "newline"
) -> Request:
    """Return the request for the probabilities of the scores of one row by one criterion."""
    template = templates[criterion]
    prompt = rating_prompt(template, row, by)
    return Request(
        id=rating_key(row["id"], criterion, attempt),
        task="score",
        prompt=prompt.text,
        plain=prompt.plain,
        choices=SCORES,
        shared=_shared_beginning(templates.values(), template, row, by),
        template=template_key(templates),
    )


@dataclass(frozen=True)
class Reading:
    """How a score is read from a completion (Assessment.score), and the least probability that scores must have."""

    score: str
    minimum_mass: float = 0.0

    def score_of(self, completion: Row) -> float | None:
        """Return the score in a completion, 1 to 10, or None if there is none."""
        if "probabilities" not in completion:
            return parse_score(completion["text"])
        middle = median_score if self.score == "median" else expected_score
        return middle(completion["probabilities"], self.minimum_mass)


def attempts_at(
    completions: Mapping[str, Row], row_id: str, criterion: str, reading: Reading
) -> Iterator[float | None]:
    """Yield the score of each attempt that was made at one rating, in order."""
    attempt = 1
    while (key := rating_key(row_id, criterion, attempt)) in completions:
        yield reading.score_of(completions[key])
        attempt += 1


def first_score(scores: Iterator[float | None]) -> float | None:
    """Return the first score that could be read; None if none could."""
    return next((score for score in scores if score is not None), None)


class ScoreTally:
    """The mean of all scores by criterion, and how many could not be read: what counts say of an assessment."""

    def __init__(self) -> None:
        self.unparsable: Counter[str] = Counter()
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._read: Counter[str] = Counter()

    def add(self, scores: Mapping[str, float | None]) -> None:
        """Add the scores of one row."""
        for criterion, score in scores.items():
            self.unparsable[criterion] += score is None
            self._sums[criterion] += score or 0.0
            self._read[criterion] += score is not None

    def figures(self) -> dict[str, Any]:
        """Return {"unparsable": {criterion: number}, "mean_scores": {criterion: mean}}."""
        means = {name: round(self._sums[name] / count, 4) for name, count in self._read.items() if count}
        return {"unparsable": dict(self.unparsable), "mean_scores": means}


def _shared_beginning(templates: Collection[str], template: str, row: Row, by: Join) -> int:
    """Return how many first characters of a rating's prompt begin other prompts of these templates, too.

    That is the rubric, for every row, if it stands first; if the row does, it is the row, for every criterion.
    """
    rubric = template.index("{{")
    if len(templates) == 1:
        return rubric
    return max(rubric, len(os.path.commonprefix([rating_prompt(each, row, by).text for each in templates])))
