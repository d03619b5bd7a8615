"""Scores for single answers, over the two turns of a conversation (MT-Bench's way, arXiv 2306.05685, section 3.1)."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scripts.judging.prompts import ask_together
from scripts.lib.engines.requests import Request
from scripts.lib.engines.scores import SCORES
from scripts.lib.errors import UserError
from scripts.lib.models.plain_text import Ask, PartlyPlain
from scripts.lib.models.prompting import render
from scripts.lib.rows.jsonl import Row, placed_rows
from scripts.lib.rows.strict_json import shown
from scripts.lib.rows.tasks import join

RATING_SLOTS = ("instruction", "response")
"""What a template that asks for a score leaves open."""

REFERENCE_SLOTS = (*RATING_SLOTS, "reference")
"""The same, for turns that have a reference answer."""

TURNS = (1, 2)

FORM = 'a question is {"question_id", "category", "turns": [two texts]}, and may have "reference": [up to two texts]'


def rating_prompt(template: str, row: Row, response: str) -> PartlyPlain:
    """Return the prompt that asks for a score of a response to a row's task."""
    return render(template, instruction=join(row["instruction"], row["input"]), response=response)


def turn_key(question_id: str, turn: int) -> str:
    """Return the id of one request about a turn of a question: to answer it, or to score the answer."""
    return f"{question_id}/turn{turn}"


def read_questions(path: Path) -> list[Row]:
    """Return questions of two turns as rows: id, category, turns, references (as many as turns, null for none).

    Raises UserError naming the file and the row that has another form, a question that occurs twice, or an empty file.
    """
    questions: dict[str, Row] = {}
    for place, row in placed_rows(path):
        question = _question(row, f"{place} (id {row['id']!r})")
        if question["id"] in questions:
            raise UserError(f"{place}: question_id {question['id']!r} occurs twice; every question needs its own")
        questions[question["id"]] = question
    if not questions:
        raise UserError(f"{path}: there are no questions in this file; {FORM}")
    return list(questions.values())


def score_requests(
    templates: Mapping[bool, str], key: str, question: Row, answers: Sequence[str], ask: Ask
) -> Iterator[Request]:
    """Yield the request for the score of each turn's answer; `templates`: without a reference, and with one."""
    for turn, answer in zip(TURNS, answers, strict=True):
        reference = question["references"][turn - 1]
        slots = {"instruction": conversation_before(question, answers, turn), "response": answer}
        if reference is not None:
            slots["reference"] = reference
        template = templates[reference is not None]
        blank, prompt = (ask(render(template, **each)) for each in (dict.fromkeys(slots, ""), slots))
        yield from ask_together([(turn_key(question["id"], turn), prompt)], SCORES, key, beside=blank)


def conversation_before(question: Row, answers: Sequence[str], turn: int) -> str:
    """Return what the judge reads before the answer of a turn: the first question alone, or all that was said."""
    first, second = question["turns"]
    return first if turn == 1 else f"User: {first}\n\nAssistant: {answers[0]}\n\nUser: {second}"


def _question(row: Row, place: str) -> Row:
    identity = row.get("question_id", row["id"])
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        raise UserError(f"{place}: question_id must be a number or text, not {shown(identity)}; {FORM}")
    category = row.get("category", "all")
    if not isinstance(category, str):
        raise UserError(f"{place}: category must be text, not {shown(category)}; {FORM}")
    turns = _texts(row, "turns", place)
    if len(turns) != len(TURNS) or not all(turn.strip() for turn in turns):
        raise UserError(f"{place}: turns must be two texts that are not blank, not {shown(turns)}; {FORM}")
    references = _texts(row, "reference", place)
    if len(references) > len(TURNS):
        raise UserError(f"{place}: reference has {len(references)} texts for {len(TURNS)} turns; {FORM}")
    padded = [*(text or None for text in references), *[None] * (len(TURNS) - len(references))]
    return {"id": str(identity), "category": category, "turns": turns, "references": padded}


def _texts(row: Row, field: str, place: str) -> list[str]:
    found = row.get(field)
    if found is None and field == "reference":
        return []
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise UserError(f"{place}: {field} must be a list of texts, not {shown(found)}; {FORM}")
    return found
