"""The chapter of the configuration about judged quality: who judges, which questions, and how."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, field_validator

from scripts.judging.pairwise import COMPARISON_SLOTS, Method
from scripts.judging.single import RATING_SLOTS, REFERENCE_SLOTS
from scripts.lib.config.sections import (
    BESIDE,
    FILE,
    Base,
    Decoding,
    Engine,
    Named,
    Section,
    Share,
    from_home,
    prompt_template,
)

PROMPTS = "config/prompts/judging"


class Answers(Decoding):
    temperature: float = Field(0.0, ge=0, description="0, the default, is greedy.")
    top_p: float = Field(1.0, gt=0, le=1, description="Nucleus; with temperature 0 it changes nothing.")
    max_tokens: int = Field(1024, ge=1, description="Longest answer; one that reaches it is judged as it is.")


class Pairwise(Section):
    questions: str = Field(
        "config/questions/pairwise.jsonl",
        description="Questions with reference answers: JSONL or a JSON array, in the forms of seed tasks, of which "
        "`output` is the reference (so is alpaca_eval's public file).",
        json_schema_extra=FILE,
    )
    method: Method = Field(
        "labels",
        description="labels: the judge reads both answers, in both orders, and says which is better; ratings: it rates "
        "each answer alone from 1 to 10, and the higher rating wins.",
    )
    template: str | None = Field(
        None,
        description=f"Prompt that asks the judge; null: {PROMPTS}/pairwise.txt for labels, {PROMPTS}/single.txt for "
        "ratings.",
    )
    minimum_mass: Share = Field(
        0.1, description="Verdicts whose labels (or scores) have less probability together than this are unreadable."
    )

    @field_validator("template")
    @classmethod
    def _template_may_lie_at_home(cls, template: str | None) -> str | None:
        return None if template is None else str(from_home(template))

    @property
    def chosen_template(self) -> str:
        """The prompt template that asks the judge."""
        return self.template or f"{PROMPTS}/{'pairwise' if self.method == 'labels' else 'single'}.txt"

    def named(self) -> Iterator[Named]:
        """Yield the questions and the template."""
        yield from super().named()
        slots = COMPARISON_SLOTS if self.method == "labels" else RATING_SLOTS
        yield Named("template", "prompt template", self.chosen_template, slots)


class TwoTurns(Section):
    questions: str = Field(
        "config/questions/two_turns.jsonl",
        description="Questions of two turns: JSONL or a JSON array with question_id, category, turns (two texts) and "
        "optionally reference (their answers), MT-Bench's public form.",
        json_schema_extra=FILE,
    )
    template: str = Field(
        f"{PROMPTS}/single.txt",
        description="Prompt that asks the judge for a score from 1 to 10.",
        json_schema_extra=prompt_template(RATING_SLOTS),
    )
    reference_template: str = Field(
        f"{PROMPTS}/single_reference.txt",
        description="The same for turns that have a reference answer.",
        json_schema_extra=prompt_template(REFERENCE_SLOTS),
    )
    minimum_mass: Share = Field(
        0.1, description="Turns whose scores have less probability together than this are unreadable."
    )


class Judging(Section):
    judge: str | Base = Field(
        "base",
        description="Who judges: base: the model's own iter0; NAME/iter2: that iteration of an entry of models; or a "
        "model of its own, as a section with base (and revision, chat_template, pad_token).",
        json_schema_extra=BESIDE,
    )
    format: Literal["base", "chat"] = Field(
        "base", description="How the judge is asked: base: plain text; chat: in its chat template."
    )
    engine: Engine | None = Field(None, description="What the judge runs with; null: what the model runs with.")
    answers: Answers = Answers()
    pairwise: Pairwise | None = Field(Pairwise(), description="Win rate against reference answers; null: none.")
    two_turns: TwoTurns | None = Field(TwoTurns(), description="Scores over two turns; null: none.")
