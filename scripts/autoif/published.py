"""Rows as the AutoIF authors publish them, so that any step can be tried on theirs: answers in lists, functions beside.

Fields are those of the files that their code reads and writes (spec C6): `eval_func` is a list of [source, accuracy],
`gpt-answer` a list of answers, `response` one answer or a list of [answer, accuracy], `gen` a list of a judge's texts.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, Strict, TypeAdapter

from scripts.autoif.joining import join_constraint
from scripts.lib.rows.jsonl import Row, check_texts
from scripts.lib.rows.shapes import Shape, check_shape

Accuracy = Annotated[float, Field(ge=0, le=1)]
With = Annotated[tuple[str, Accuracy], Strict(False)]
"""A text with an accuracy: being strict would ask for a tuple, which JSON has not."""
AS_PUBLISHED = "write it as in the published files"


class _Functions(Shape):
    eval_func: Annotated[list[With], Field(min_length=1)]


class _Answers(Shape):
    gpt_answer: list[str] = Field(alias="gpt-answer", min_length=1)


class _Verified(Shape):
    response: list[With]


class _Judged(Shape):
    gen: Annotated[list[str], Field(min_length=1)]


_FUNCTIONS: TypeAdapter[Any] = TypeAdapter(_Functions)
_ANSWERS: TypeAdapter[Any] = TypeAdapter(_Answers)
_VERIFIED: TypeAdapter[Any] = TypeAdapter(_Verified)
_JUDGED: TypeAdapter[Any] = TypeAdapter(_Judged)


def published_functions(row: Row, place: str) -> list[str]:
    """Return the sources of a row's functions; raises UserError, led by its place, unless they are pairs."""
    check_shape(_FUNCTIONS, row, place, AS_PUBLISHED)
    return [source for source, _ in row["eval_func"]]


def has_answers(row: Row) -> bool:
    """Return whether a row holds a list of answers, which nobody has verified."""
    return "gpt-answer" in row


def published_answers(row: Row, place: str) -> Iterator[Row]:
    """Yield a row for each answer in its list, in our form; the row itself stands for its constraint."""
    check_shape(_ANSWERS, row, place, AS_PUBLISHED)
    task = {**asked(row, place), "constraint_id": row["id"]}
    yield from _answers(row, task, [(text, {}) for text in row["gpt-answer"]])


def published_verified(row: Row, place: str) -> Iterator[Row]:
    """Yield a row for each answer in a list of answers with their accuracies, in our form."""
    check_texts(row, place, "query")
    check_shape(_VERIFIED, row, place, AS_PUBLISHED)
    answers = [(text, {"accuracy": accuracy}) for text, accuracy in row["response"]]
    yield from _answers(row, {"instruction": row["query"]}, answers)


def published_judgements(row: Row, place: str) -> list[str]:
    """Return what a judge wrote about a row, none if nobody has judged it."""
    if "gen" not in row:
        return []
    check_shape(_JUDGED, row, place, AS_PUBLISHED)
    texts: list[str] = row["gen"]
    return texts


def asked(row: Row, place: str) -> Row:
    """Return what a published row asks, in our fields: `instruction` there is the constraint, and the query, unless it
    has a field, stands behind [Query] in `prompt`. Where there is none, the prompt itself is what is asked."""
    prompt = row.get("prompt") if isinstance(row.get("prompt"), str) else ""
    query = row.get("query", str(prompt).partition("[Query]")[2].strip())
    constraint = row.get("instruction")
    if isinstance(constraint, str) and isinstance(query, str) and query:
        return {"instruction": join_constraint(query, constraint), "query": query, "constraint": constraint}
    check_texts(row, place, "prompt")
    return {"instruction": prompt}


def _answers(row: Row, task: Row, answers: list[tuple[str, Row]]) -> Iterator[Row]:
    for number, (text, more) in enumerate(answers, start=1):
        identity = f"{row['id']}/{number}"
        yield {"id": identity, "prompt_id": row["id"], **task, "input": "", "output": text, **more}
