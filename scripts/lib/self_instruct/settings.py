"""The chapter of the configuration on writing new instructions from few-shot prompts."""

from typing import Literal

from pydantic import Field, model_validator

from scripts.lib.config.sections import Decoding, Section, Share, prompt_template
from scripts.lib.rows import few_shot
from scripts.lib.self_instruct.prompts import TASKS_ASKED_FOR, TEMPLATE_SLOTS


class Synthesis(Decoding):
    template: str = Field(
        "config/prompts/synthesis/default.txt",
        description="The meta-prompt that asks for new tasks.",
        json_schema_extra=prompt_template(TEMPLATE_SLOTS),
    )
    target: int = Field(10000, ge=1, le=10**9, description="New instructions wanted in an iteration (paper: 10,000).")
    minimum_share: Share = Field(0.5, description="Fail if fewer than this share of the target could be made.")
    rounds: int = Field(2, ge=1, le=20, description="Rounds of prompts at most; later ones make only what is missing.")
    expected_yield: float = Field(
        3.0,
        gt=0,
        description="New rows one prompt is expected to give; decides how many prompts the first round has.",
    )
    examples: int = Field(5, ge=1, le=50, description="Examples in a prompt (published: 5).")
    origin_samples: int | None = Field(
        None,
        ge=0,
        description="How many of them are seeds once earlier rounds of the iteration have kept more than 5 rows, which "
        "few_shot_choice (ppl or inverse_ppl) then draws the others from; all seeds are then drawn alike. null: all "
        "are seeds (the paper, and every published run, though its option says 3).",
    )
    few_shot_choice: few_shot.Method = Field(
        "uniform", description="How examples are chosen; what the published runs really did is uniform."
    )
    clusters: int | None = Field(
        None,
        ge=2,
        description="Clusters for choosing examples by density, fewer than seeds; null: half as many as seeds.",
    )
    stop_after: int = Field(
        TASKS_ASKED_FOR,
        ge=2,
        le=TASKS_ASKED_FOR,
        description="The last task of a list that a text may have; the prompt asks for 20 (published: 16, by a stop at "
        "any 17, were it in a year).",
    )
    never_ends: bool = Field(
        False,
        description="Whether the model may not end a text by itself, so that each is a list as long as max_tokens and "
        "stop_after allow (SELF-ALIGN's published code: true; I-SHEEP's: false).",
    )
    keep_last: Literal["if_complete", "never"] = Field(
        "if_complete",
        description="The last task of a text: kept if the model stopped by itself; never: as published.",
    )

    @model_validator(mode="after")
    def _examples_fit(self) -> "Synthesis":
        if self.stop_after <= self.examples:
            raise ValueError(f"stop_after ({self.stop_after}) must be above examples ({self.examples})")
        if self.origin_samples is None:
            return self
        if self.origin_samples >= self.examples:
            raise ValueError(
                f"origin_samples ({self.origin_samples}) must be less than examples ({self.examples}), to leave places "
                "for kept rows; null: all are seeds"
            )
        if self.few_shot_choice not in few_shot.BY_PERPLEXITY:
            raise ValueError(
                f"origin_samples ({self.origin_samples}) goes with few_shot_choice "
                f"{' or '.join(few_shot.BY_PERPLEXITY)}, not with {self.few_shot_choice}: the other examples are kept "
                "rows drawn by weight; null: all are seeds"
            )
        return self


class Novelty(Section):
    threshold: Share = Field(0.7, description="Reject an instruction whose ROUGE-L with an earlier one is above this.")
    scope: Literal["run", "iteration", "call"] = Field(
        "run",
        description="What counts as earlier. run: seeds and all iterations' rows; iteration: seeds and this one's "
        "rows; call: seeds and the rows since 100 were last kept (the main published runs, which so let many "
        "near-duplicates through).",
    )
