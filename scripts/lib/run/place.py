"""Where the files of one iteration of one model lie, and whose they are."""

from dataclasses import dataclass
from pathlib import Path

from scripts.lib.config.recipe import Stage
from scripts.lib.config.sharing import Model, Sharing
from scripts.lib.run.attempts import Hours, attempts_at, hours


@dataclass(frozen=True)
class Place:
    """One iteration of one model, and where its files lie."""

    folder: Path
    sharing: Sharing
    model: Model
    iteration: int

    @property
    def label(self) -> str:
        """What the iteration is called."""
        return self.model.recipe.label(self.iteration) if self.iteration else "base"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the iteration; the base model has none."""
        return self.model.recipe.iteration(self.model.settings, self.iteration).stages if self.iteration else ()

    @property
    def work(self) -> Path:
        """The folder that its own jobs resume from."""
        return self.folder / "work" / self.model.name / f"iter{self.iteration}"

    @property
    def results(self) -> Path:
        """The folder of its own results."""
        return self.folder / "results" / self.model.name / f"iter{self.iteration}"

    @property
    def hours(self) -> Hours:
        """What the attempts at its own generation and training have taken."""
        patterns = ("*/journal", "checkpoints")
        return hours(found for name in patterns for found in self.work.glob(attempts_at(Path(name)).as_posix()))

    def file(self, name: str) -> Path:
        """Return where a file of the iteration lies."""
        return self.folder / self.sharing.path(self.model.name, f"iter{self.iteration}/{name}")

    def shared_with(self, name: str) -> str | None:
        """Return an arrow to the model that owns a file, or None if it is its own."""
        artifact, iteration = self.model.owning(f"iter{self.iteration}/{name}")
        owner = self.sharing.owner(self.model.name, artifact.name, iteration)
        return None if owner == self.model.name else f"→ {owner}"
