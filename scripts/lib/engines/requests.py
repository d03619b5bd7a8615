"""What is asked of a model: one request per row, as a dataclass and as a line of a JSONL file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, TypeAdapter, ValidationError, ValidationInfo

from scripts.lib.errors import UserError
from scripts.lib.models.plain_text import PartlyPlain, Place
from scripts.lib.rows.jsonl import Row, placed_rows

Task = Literal["generate", "score", "perplexity", "loglikelihood"]
Penalized = Literal["word_starts", "rare_word_starts"]


@dataclass(frozen=True)
class Request:
    """One thing asked of a model about a prompt, which stands as the model reads it (a chat template's
    markers included). In the parts of it that are `plain`, from one place to before another, what looks like
    a special token is text; so it is in choices and continuations.

    generate: a text of at most `max_tokens` tokens, drawn from the row's own `seed` at `temperature`
    (0 is greedy) and `top_p`; it ends before any string of `stop`, and always before a special token
    (end of text, turn markers); also, if `until` is not empty, with the token after which the text begins
    with a match of that regular expression. No token is drawn with which one of the `forbidden` texts begins; with
    `never_ends`, none that ends the text. `ngram_penalties` are pairs of n and a penalty: a token's logit is lowered by
    the penalty for each time that it has already followed the same n - 1 tokens in this answer, if it is `penalized`.
    score: the probability that exactly one of `choices` follows; the
    first `shared` characters of its prompt begin prompts of other requests, too, so that an engine may read
    them once.
    perplexity: how surprising the prompt itself is, as Hugging Face's own loss of its tokens says.
    loglikelihood: how probable each of `continuations` is after the prompt, as lm-eval measures it, and whether it is
    what the model would write; the prompt is read once for all of them, where an engine can.

    `template` says what the prompt was made with, a name or a fingerprint, for its completion to say.
    """

    id: str
    task: Task
    prompt: str
    max_tokens: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    until: str = ""
    seed: int = 0
    forbidden: tuple[str, ...] = ()
    never_ends: bool = False
    ngram_penalties: tuple[tuple[int, float], ...] = ()
    penalized: Penalized = "word_starts"
    choices: tuple[str, ...] = ()
    shared: int = 0
    continuations: tuple[str, ...] = ()
    template: str = ""
    plain: tuple[Place, ...] = ()

    @property
    def partly_plain(self) -> PartlyPlain:
        """The prompt as a text that knows its plain parts."""
        return PartlyPlain(self.prompt, self.plain)

    @property
    def origin(self) -> Row:
        """What a completion says of its request: the template, and the seed where one decides."""
        template = {"template": self.template} if self.template else {}
        return {**template, "seed": self.seed} if self.task == "generate" else template

    def to_row(self) -> Row:
        """Return the request as a row: the fields of its task, and no others; of RARE ones, those that are used."""
        names = [
            name for name in _FORMS[self.task].model_fields if name not in RARE or getattr(self, name) != RARE[name]
        ]
        values = {name: getattr(self, name) for name in names}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


RARE = {name: getattr(Request, name) for name in ("forbidden", "never_ends", "ngram_penalties", "penalized")}
"""Fields that few requests need, with what the others have: a row without them is that of a request without them, and
so are the journals of all such requests."""


def ngram_penalties(trigram_penalty: float, quadgram_penalty: float) -> tuple[tuple[int, float], ...]:
    """Return the pairs of n and penalty that a request has for these settings (see `Penalties`); 0 is none."""
    return tuple((n, penalty) for n, penalty in ((3, trigram_penalty), (4, quadgram_penalty)) if penalty)


def read_requests(path: Path | str) -> Iterator[Request]:
    """Yield the requests of a JSONL file; raises UserError naming the file, the row and each of its wrong fields."""
    for place, row in placed_rows(path):
        try:
            form = _READER.validate_python(row)
        except ValidationError as error:
            raise UserError(_explain(error, row, f"{place} (id {row['id']!r})")) from error
        yield Request(**vars(form))


def _compiling(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(str(error)) from error
    return pattern


def _different(texts: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(texts)) < len(texts):
        raise ValueError("some texts are equal")
    return texts


def _in_order_within_the_prompt(places: tuple[Place, ...], found: ValidationInfo) -> tuple[Place, ...]:
    ends = [0, *(end for place in places for end in place), len(found.data.get("prompt", ""))]
    if ends != sorted(ends) or any(start == end for start, end in places):
        raise ValueError("not in order, empty, or outside the prompt")
    return places


_Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Strict(False)]
"""Texts of a list: being strict, which each of them is, would ask for a tuple, which JSON has not."""

_Places = Annotated[tuple[Annotated[Place, Strict(False)], ...], Strict(False)]

_Number = int | float
"""A whole number stays one: float alone would make 1 to 1.0, and so another row, with another fingerprint."""

_NgramPenalty = tuple[Annotated[int, Field(ge=1)], Annotated[_Number, Field(gt=0, allow_inf_nan=False)]]

_NgramPenalties = Annotated[tuple[Annotated[_NgramPenalty, Strict(False)], ...], Strict(False)]


class _Form(BaseModel):
    """A row as it stands in a file: all but template, plain and RARE ones are needed.

    An error says a field's description.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    id: str = Field(description="text")
    task: Task
    prompt: str = Field(description="text")
    template: str = Field("", description="text")
    plain: Annotated[_Places, AfterValidator(_in_order_within_the_prompt)] = Field(
        (), description="a list of [start, end], in order and within the prompt"
    )


class _Generate(_Form):
    task: Literal["generate"]
    max_tokens: int = Field(ge=1, description="a whole number from 1")
    temperature: _Number = Field(ge=0, description="a number from 0")
    top_p: _Number = Field(gt=0, le=1, description="a number above 0 and at most 1")
    stop: _Texts = Field(description="a list of non-empty texts")
    until: Annotated[str, AfterValidator(_compiling)] = Field(description="a regular expression, or empty")
    seed: int = Field(ge=0, description="a whole number from 0")
    forbidden: _Texts = Field((), description="a list of non-empty texts")
    never_ends: bool = Field(False, description="true or false")
    ngram_penalties: _NgramPenalties = Field(
        (), description="a list of [n, penalty], n a whole number from 1 and the penalty above 0"
    )
    penalized: Penalized = Field("word_starts", description=" or ".join(get_args(Penalized)))


class _Score(_Form):
    task: Literal["score"]
    choices: Annotated[_Texts, AfterValidator(_different)] = Field(
        min_length=1, description="a list of different, non-empty texts"
    )
    shared: int = Field(ge=0, description="a whole number from 0")


class _Perplexity(_Form):
    task: Literal["perplexity"]


class _Loglikelihood(_Form):
    task: Literal["loglikelihood"]
    continuations: _Texts = Field(min_length=1, description="a list of non-empty texts")


_FORMS: dict[Task, type[_Form]] = {
    "generate": _Generate,
    "score": _Score,
    "perplexity": _Perplexity,
    "loglikelihood": _Loglikelihood,
}
_READER: TypeAdapter[_Form] = TypeAdapter(
    Annotated[_Generate | _Score | _Perplexity | _Loglikelihood, Field(discriminator="task")]
)


def _explain(error: ValidationError, row: Row, place: str) -> str:
    """Return a line for each wrong field of a row: what it must be, and what was found."""

    def found(name: str) -> str:
        return repr(row[name]) if name in row else "missing"

    if row.get("task") not in get_args(Task):
        return f"{place}: 'task' must be one of {', '.join(_FORMS)}, but is {found('task')}"
    task, lines = row["task"], []
    fields = _FORMS[task].model_fields
    wrong = dict.fromkeys(str(problem["loc"][1]) for problem in error.errors())
    for name in sorted(wrong, key=fields.__contains__):  # a misspelt name first: it tells why another is missing
        if name in fields:
            wanted = fields[name].description
            lines.append(f"{place}: {name!r} of a {task} request must be {wanted}, but is {found(name)}")
        else:
            lines.append(f"{place}: a {task} request has no field {name!r}; its fields are {', '.join(fields)}")
    return "\n".join(lines)
