"""AutoIF's chapter of the configuration: one section for each of its stages (arXiv 2406.13542)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from scripts.autoif.instructions import read_instructions
from scripts.autoif.prompts import (
    ANSWERING_SLOTS,
    BACK_TRANSLATION_SLOTS,
    CONSISTENCY_SLOTS,
    INSTRUCTIONS_OPTIONAL,
    INSTRUCTIONS_SLOTS,
    SCORING_SLOTS,
    VERIFIERS_SLOTS,
)
from scripts.lib.config.faults import fault_of
from scripts.lib.config.sections import (
    BESIDE,
    FILE,
    MODULE,
    Base,
    Decoding,
    Engine,
    Problem,
    Section,
    Share,
    Weights,
    prompt_template,
)
from scripts.lib.self_instruct.settings import Novelty
from scripts.lib.training.settings import PreferenceTraining

PROMPTS = "config/prompts/autoif"

Bar = Literal["above", "from"]
"""Whether a value must be above a bar to pass it, or may equal it, too."""


def _read_seeds(file: Path) -> list[object]:
    return list(read_instructions(file))


class Instructions(Decoding):
    template: str = Field(
        f"{PROMPTS}/instructions.txt",
        description="The prompt that asks for instructions which a program can check.",
        json_schema_extra=prompt_template(INSTRUCTIONS_SLOTS, INSTRUCTIONS_OPTIONAL),
    )
    seeds: str = Field(
        "config/seeds/constraints.jsonl",
        description="Instructions written by hand: JSONL of rows with `instruction` (published: 36).",
        json_schema_extra=FILE,
    )
    rounds: int = Field(1, ge=1, le=20, description="Rounds of prompts; those of a later one show what was written.")
    calls: int = Field(100, ge=1, le=10**6, description="Prompts of a round (published: 100).")
    wanted: int = Field(50, ge=1, le=1000, description="Instructions that a prompt asks for (published: 50).")
    examples: int | None = Field(None, ge=1, description="Examples in a prompt; null: all seeds (published).")
    most: int | None = Field(None, ge=1, description="Written instructions used at most; null: all of them.")

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the seeds."""
        if fault := fault_of(_read_seeds, self.seeds):
            yield Problem("seeds", fault)


class Verifiers(Decoding):
    template: str = Field(
        f"{PROMPTS}/verifiers.txt",
        description="The prompt that asks for a verification function and three test cases, as JSON.",
        json_schema_extra=prompt_template(VERIFIERS_SLOTS),
    )
    samples: int = Field(8, ge=1, le=1000, description="Functions asked for, for each instruction (published: 8).")


class CrossValidation(Section):
    least_functions: int = Field(
        1, ge=1, description="Different functions of an instruction, before any is rejected (published code: 3)."
    )
    least_cases: int = Field(1, ge=1, description="Different test cases, before any is rejected (published code: 10).")
    case_agreement: Share = Field(
        0.5,
        description="A case is kept if more than this share of the functions give what it expects (paper: 0.5; "
        "published code: 0, any function).",
    )
    function_accuracy: Share = Field(
        0.5, description="A function is kept if it gets this share of the kept cases right (published code: 0.8)."
    )
    function_bar: Bar = Field("above", description="above: more than that share (paper); from: or that share (code).")
    comparison: Literal["typed", "as_text"] = Field(
        "typed",
        description='What a case expects whose output is the text "true" or "false": typed: that truth value; as_text: '
        "the text, which no function gives, so that no such case is ever kept (published).",
    )


class BackTranslation(Decoding):
    template: str = Field(
        f"{PROMPTS}/back_translation.txt",
        description="The prompt that asks what a function demands, in words.",
        json_schema_extra=prompt_template(BACK_TRANSLATION_SLOTS),
    )
    functions: int | None = Field(
        3, ge=1, description="Functions of each instruction that are translated, the first (published: 3); null: all."
    )


class Consistency(Section):
    by: Literal["supervisor", "classifier", "none"] = Field(
        "supervisor",
        description="What tells whether a back-translation contradicts its instruction: supervisor: the model that "
        "wrote it; classifier: a model of natural language inference (published); none: nothing is translated or "
        "rejected.",
    )
    template: str = Field(
        f"{PROMPTS}/consistency.txt",
        description="supervisor: the prompt after which it says entailment, neutral or contradiction.",
        json_schema_extra=prompt_template(CONSISTENCY_SLOTS),
    )
    classifier: Weights | None = Field(
        None,
        description="classifier: a sequence classification model with these three labels, as a section with base and "
        "revision (published: MoritzLaurer/mDeBERTa-v3-base-xnli-multilingual-nli-2mil7).",
        json_schema_extra=BESIDE,
    )
    drop: Literal["instruction", "function"] = Field(
        "instruction",
        description="What a contradiction rejects: instruction: all functions of the instruction (published code); "
        "function: the function alone.",
    )

    @model_validator(mode="after")
    def _classifier_is_named(self) -> "Consistency":
        if (self.by == "classifier") != (self.classifier is not None):
            raise ValueError("by: classifier and a section classifier: go together; set both or neither")
        return self


class Queries(Section):
    per_instruction: int = Field(
        16, ge=1, description="Queries that each instruction is put to, drawn from the seeds (published: 16)."
    )
    longer_than: int = Field(20, ge=0, description="Characters that a query must exceed (published: 20).")
    shorter_than: int = Field(300, ge=2, description="Characters that it must stay below (published: 300).")

    @model_validator(mode="after")
    def _some_length_is_left(self) -> "Queries":
        if self.shorter_than - self.longer_than < 2:
            raise ValueError(
                f"longer_than ({self.longer_than}) and shorter_than ({self.shorter_than}) leave no length for a query"
            )
        return self


class Answering(Decoding):
    template: str = Field(
        f"{PROMPTS}/answering.txt",
        description="The prompt that asks to answer a query and to follow the instruction strictly.",
        json_schema_extra=prompt_template(ANSWERING_SLOTS),
    )
    samples: int = Field(8, ge=1, le=1000, description="Answers to each query (paper: 8).")


class Verification(Section):
    threshold: Share | None = Field(
        0.5,
        description="An answer is kept if more than this share of the functions that decide say that it follows "
        "(paper: 0.5; published code: 0); null: all are kept.",
    )
    undecided: Literal["apart", "not_followed"] = Field(
        "apart",
        description="An answer about which no function decides, since each fails, takes too long or gives no truth "
        "value: apart: it is neither kept nor a negative example; not_followed: it has the accuracy 0 (as published, "
        "where such answers become negative examples).",
    )


class Scoring(Decoding):
    by: Literal["supervisor", "none"] = Field(
        "supervisor", description="Who rates whether an answer answers its query; none: nobody, and all are kept."
    )
    template: str = Field(
        f"{PROMPTS}/scoring.txt",
        description="The prompt that asks for a score from 0 to 10.",
        json_schema_extra=prompt_template(SCORING_SLOTS),
    )
    score: Literal["expected", "median", "parsed"] = Field(
        "median",
        description="parsed: read from the last line of a sampled text (published); median, expected: of the "
        "probabilities of 0 to 10 after the prompt, which then must end where a number follows.",
    )
    minimum_mass: Share = Field(
        0.1, description="expected, median: rows whose scores have less probability than this are unparsable."
    )


class Selection(Section):
    threshold: float = Field(8, ge=0, le=10, description="The bar for scores.")
    bar: Bar = Field("above", description="above: scores above it (published code); from: or equal to it (paper).")


class Online(Decoding):
    temperature: float = Field(0.8, ge=0, description="0 is greedy; the published value is 0.8.")
    samples: int = Field(8, ge=1, le=1000, description="Answers of the newest model to each query.")


class Pairs(Section):
    chosen: Share = Field(0.5, description="The bar for the accuracy of a chosen answer; a rejected one has 0.")
    bar: Bar = Field("from", description="from: accuracies from the bar on (published code); above: paper.")
    most: int = Field(
        2,
        ge=1,
        description="Chosen and rejected answers of a query at most, all combinations of which are pairs (published: "
        "2 × 2).",
    )
    from_cases: bool = Field(
        False,
        description="Offline: whether test cases are pairs, too: of an instruction without a query, a case that its "
        "functions accept and one that all of them reject (in the paper, not in its code).",
    )


class AutoIf(Section):
    """Instructions that code can verify, answers that follow them, and preferences between answers."""

    supervisor: str | Base = Field(
        "base",
        description="Who writes instructions, functions and the answers of iteration 1, and rates them: base: the "
        "model's own iter0; NAME/iter2: that iteration of an entry of models; or a model of its own, as a section "
        "with base (and revision, chat_template, pad_token).",
        json_schema_extra=BESIDE,
    )
    supervisor_engine: Engine | None = Field(
        None, description="What the supervisor runs with; null: what the model runs with."
    )
    format: Literal["base", "chat"] = Field(
        "chat", description="How the supervisor is asked: base: plain text; chat: in its chat template."
    )
    instructions: Instructions = Instructions()
    novelty: Novelty = Novelty()
    verifiers: Verifiers = Verifiers()
    cross_validation: CrossValidation = CrossValidation()
    back_translation: BackTranslation = BackTranslation()
    consistency: Consistency = Consistency()
    queries: Queries = Queries()
    answering: Answering = Answering()
    verification: Verification = Verification()
    scoring: Scoring = Scoring()
    selection: Selection = Selection()
    online: Online = Online()
    pairs: Pairs = Pairs()
    dpo: PreferenceTraining = PreferenceTraining()
    functions_grader: str | None = Field(
        None,
        description="Module that knows which functions are right, run as `python -m …` with --rows and --output; "
        "null: none.",
        json_schema_extra=MODULE,
    )

    @property
    def consistency_grader(self) -> str | None:
        """What tells which of the consistent functions are right, where there are any."""
        return None if self.consistency.by == "none" else self.functions_grader
