"""What a finished run of a recipe left at each stage: rows that were kept and rejected, their numbers, and models."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows
from tests.workflow.conftest import Project

COLUMNS = {"id", "instruction", "input", "output", "rejected", "other_fields"}


@dataclass
class Stages:
    """The files of a model, of which `rejected_files` names those of rejected rows that are not called as their stage.

    A stage that rejects no row has None there.
    """

    model: str
    rejected_files: Mapping[str, str | None]

    def kept(self, project: Project, iteration: int, stage: str) -> list[dict]:
        """The rows that a stage kept."""
        return list(read_rows(project.folder / self.model / f"iter{iteration}/{stage}.jsonl"))

    def rejected(self, project: Project, iteration: int, stage: str) -> list[dict]:
        """The rows that a stage rejected."""
        name = self.rejected_files.get(stage, f"{stage}_rejected")
        return list(read_rows(project.folder / self.model / f"iter{iteration}/{name}.jsonl")) if name else []

    def counts(self, project: Project, iteration: int, stage: str) -> dict:
        """How many rows came into a stage, were kept, and fell to which rule."""
        return read_json(project.folder / self.model / f"iter{iteration}/counts/{stage}.json")

    def fingerprint(self, project: Project, iteration: int) -> str:
        """The fingerprint of the model that an iteration made."""
        return read_json(project.folder / self.model / f"iter{iteration}/merged/manifest.json")["fingerprint"]

    def check_rows_add_up(self, project: Project, iteration: int, stage: str) -> None:
        """Check that the rows that came in are those that were kept, and those that were rejected for a reason."""
        found = self.counts(project, iteration, stage)
        fallen = self.rejected(project, iteration, stage)
        assert all(set(row) == COLUMNS and row["rejected"]["rule"] for row in fallen)
        assert found["rejected"] == Counter(row["rejected"]["rule"] for row in fallen)
        assert found["kept"] > 0 and found["in"] == found["kept"] + len(fallen)
        if stage != "training":
            assert found["kept"] == len(self.kept(project, iteration, stage))
