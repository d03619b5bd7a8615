"""The chapter of the configuration on figures: what they show beyond what the models themselves decide."""

from pydantic import Field

from scripts.lib.config.sections import FILE, Section


class Figures(Section):
    threshold: float = Field(
        8, ge=1, le=10, description="high_scores: the share of rows that score above this (Figure 4 of the paper: 8)."
    )
    reference: str | None = Field(
        None,
        description="projection: rows that those of the models are shown beside, each with an instruction (Figure 5: "
        "OpenHermes); null: the default model's seeds.",
        json_schema_extra=FILE,
    )
    embedding_model: str | None = Field(
        None,
        min_length=1,
        description="projection: what gives rows their vectors: a model of this configuration, by its name, whose base "
        "model does, or one of sentence-transformers (to be installed beside the project), by its folder or name; "
        "null: the default model's base model does. A model of ours has to fit on one GPU.",
    )
    reported: str | None = Field(
        None,
        description="metrics, arms: a CSV of numbers that others report of these models, to be shown beside the run's "
        "own: arm, iteration (0: the base model), and a column for each measure, called as in the figure's table; "
        "null: none.",
        json_schema_extra=FILE,
    )
    rows: int = Field(
        1000,
        ge=2,
        le=100_000,
        description="projection: rows of each iteration, and of the reference, at most; of more, a seeded sample.",
    )
