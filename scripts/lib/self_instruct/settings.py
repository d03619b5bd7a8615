"""The chapter of the configuration on writing new instructions from few-shot prompts."""

from typing import Literal

from pydantic import Field, model_validator

from scripts.lib.config.sections import Decoding, Section, Share, prompt_template
from scripts.lib.rows import few_shot
from scripts.lib.self_instruct.prompts import TEMPLATE_SLOTS


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
    origin_samples: int = Field(
        3,
        ge=0,
        description="How many of them are seeds once kept rows exist; the rest are kept rows (the published option "
        "says 3, its runs drew 5 seeds).",
    )
    few_shot_choice: few_shot.Method = Field(
        "uniform", description="How seeds are chosen as examples; what the published runs really did is uniform."
    )
    clusters: int = Field(3000, ge=2, description="Clusters for choosing examples by density (paper: 3000).")
    keep_last: Literal["if_complete", "never"] = Field(
        "if_complete",
        description="The last task of a text: kept if the model stopped by itself; never: as published.",
    )

    @model_validator(mode="after")
    def _examples_hold_origin_samples(self) -> "Synthesis":
        if self.origin_samples > self.examples:
            raise ValueError(f"origin_samples ({self.origin_samples}) must not exceed examples ({self.examples})")
        return self


class Novelty(Section):
    threshold: Share = Field(0.7, description="Reject an instruction whose ROUGE-L with an earlier one is above this.")
    scope: Literal["run", "round"] = Field(
        "run",
        description="What counts as earlier: run: seeds and all kept rows; round: seeds and this round (as published).",
    )
