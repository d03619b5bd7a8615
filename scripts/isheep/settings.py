"""I-SHEEP's chapter of the configuration: one section for each of its stages."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from scripts.isheep.assessment import CRITERIA, TEMPLATE_SLOTS
from scripts.isheep.rules import select_rules
from scripts.lib.config.sections import MODULE, SOURCE, Decoding, Joining, Named, Section, Share, Texts, from_home
from scripts.lib.errors import UserError
from scripts.lib.self_instruct.settings import Novelty, Synthesis

PROMPTS = "config/prompts/assessment"
FAMILIES = ("combined", "simple", "icl")
"""The folders of prompts that come with the project, by the names that Table 3 of the paper gives them."""


class Answering(Decoding, Joining):
    format: Literal["auto", "base", "chat"] = Field(
        "auto",
        description="How tasks are asked; auto: plain text of the base model, the chat template of later ones.",
    )


class RuleFilter(Section):
    rules: Literal["precise", "reference", "none"] = Field(
        "precise",
        description="precise: corrected patterns; reference: as published; none: skip (the paper's threshold -1).",
    )
    without: Texts = Field((), description="Names of rules to switch off.")

    @model_validator(mode="after")
    def _names_are_rules(self) -> "RuleFilter":
        try:
            select_rules(self.rules, self.without)
        except UserError as error:
            raise ValueError(str(error)) from error
        return self


class Assessment(Decoding, Joining):
    criteria: Literal["both", "quality", "following"] = Field("both", description="What is rated.")
    family: str = Field(
        "combined",
        description="The prompts: combined, simple or icl (Table 3 of the paper), or a folder of your own with "
        "quality.txt and following.txt.",
    )
    score: Literal["expected", "median", "parsed"] = Field(
        "median",
        description="parsed: read from sampled text (published); median of the probabilities of 1 to 10: above the "
        "threshold where, among texts that are scores, a sampled one is so at least as often as not, so that "
        "thresholds mean what the paper's mean; expected: their mean, another filter: of 70 % for 8 and 30 % for 9, "
        "it is above 8.",
    )
    minimum_mass: Share = Field(
        0.1, description="expected, median: rows whose scores have less probability than this are unparsable."
    )
    retries: int = Field(
        2,
        ge=0,
        le=10,
        description="parsed: how often an unparsable rating is asked for again (published: 0).",
    )
    assessor: Literal["base", "current"] = Field(
        "current",
        description="Who rates: current: the model that answered (paper); base: always iter0 (published code).",
        json_schema_extra=SOURCE,
    )
    oracle: str | None = Field(
        None,
        description="Module that rates instead, run as `python -m …` with --input --output --counts: a program that "
        "knows the right answers shows the upper bound.",
        json_schema_extra=MODULE,
    )

    @field_validator("family")
    @classmethod
    def _is_a_name_or_a_path(cls, family: str) -> str:
        if family not in FAMILIES and "/" not in family:
            raise ValueError(
                f"there is no family {family!r}: name one of {', '.join(FAMILIES)}, or a folder as ./folder"
            )
        return str(from_home(family))

    @property
    def attempts(self) -> int:
        """How often a rating is asked for at most: probabilities have no luck that a second try could change."""
        if self.oracle:
            return 0
        return 1 + self.retries if self.score == "parsed" else 1

    @property
    def chosen_criteria(self) -> tuple[str, ...]:
        """The criteria that rows are rated by."""
        return CRITERIA if self.criteria == "both" else (self.criteria,)

    @property
    def templates(self) -> tuple[str, ...]:
        """The prompt templates that ask for ratings, one for each criterion; none where an oracle rates."""
        folder = f"{PROMPTS}/{self.family}" if self.family in FAMILIES else self.family
        return () if self.oracle else tuple(f"{folder}/{criterion}.txt" for criterion in self.chosen_criteria)

    def named(self) -> Iterator[Named]:
        """Yield the oracle, or else each template."""
        yield from super().named()
        yield from (Named("family", "prompt template", template, TEMPLATE_SLOTS) for template in self.templates)


class Selection(Section):
    by: Literal["scores", "perplexity", "density", "density_perplexity"] = Field(
        "scores",
        description="What decides which rows train the next model; the others are the paper's ablations.",
    )
    threshold: float = Field(
        8,
        ge=-1,
        le=10,
        description="Keep rows whose scores are above this; 0: no assessment; -1: no rules either.",
    )
    max_perplexity: float = Field(50, gt=0, description="by perplexity: keep rows below this (published: 50).")
    measured_by: Literal["current", "base"] = Field(
        "current",
        description="by perplexity and density: whose perplexities and vectors these are: current: the model that "
        "answered; base: always iter0.",
        json_schema_extra=SOURCE,
    )
    clusters: int | None = Field(
        3000,
        ge=2,
        description="by density: clusters, fewer than rows, of which each gives one row (paper: 3000); null: half as "
        "many as rows.",
    )


class Isheep(Section):
    """New instructions, answers, rules, self-assessment, selection."""

    synthesis: Synthesis = Synthesis()
    novelty: Novelty = Novelty()
    answering: Answering = Answering()
    filter: RuleFilter = RuleFilter()
    assessment: Assessment = Assessment()
    selection: Selection = Selection()

    @model_validator(mode="after")
    def _clusters_leave_a_choice(self) -> "Isheep":
        clusters, target = self.selection.clusters, self.synthesis.target
        if self.selection.by.startswith("density") and clusters is not None and clusters >= target:
            raise ValueError(
                f"selection.clusters ({clusters}) must be below synthesis.target ({target}), or each row would be its "
                "own cluster; null: half as many as rows"
            )
        return self

    @property
    def assesses(self) -> bool:
        """Whether rows are rated at all: thresholds of 0 and below mean that they are not."""
        return self.selection.by == "scores" and self.selection.threshold > 0

    @property
    def rules_in_force(self) -> dict[str, Any]:
        """The rules that filter; the paper's threshold -1 means that not even rules do."""
        return {"rules": "none", "without": ()} if self.selection.threshold == -1 else self.filter.what()
