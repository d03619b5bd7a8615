"""Whether a disk has room for what a run is going to write, as far as that is known while it is planned."""

import shutil
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json


def weights_gigabytes(merged: Path, fetched: Path, base: Path) -> float | None:
    """Return the size of a base model's weights; None where they lie nowhere yet, as those of a hub id not yet fetched.

    They are looked for where the model stands once it is proven, where `fetched`, the record of scripts.fetch_base,
    says that it lies, and in the folder that the configuration names.
    """
    try:
        found = [Path(read_json(fetched)["folder"])]
    except (UserError, KeyError, TypeError):
        found = []
    for folder in (merged, *found, base):
        if files := [file for file in folder.glob("*.safetensors") if file.is_file()]:
            return sum(file.stat().st_size for file in files) / 1e9
    return None


class Room:
    """What is going to be written into a folder, beside what its disk has left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sizes: dict[str, float | None] = {}

    def take(self, model: str, gigabytes: float | None) -> None:
        """Count a model that will be written, once; None is a size that is not known yet."""
        self.sizes[model] = gigabytes

    def lines(self) -> list[str]:
        """Return what to tell the user, once all models of a plan are counted: what does not fit, what is unknown."""
        there = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        free = shutil.disk_usage(there).free / 1e9
        known = {model: size for model, size in self.sizes.items() if size is not None}
        unknown = sorted(self.sizes.keys() - known.keys())
        lines = []
        if known and sum(known.values()) > free:
            lines.append(
                f"warning: {self.folder}/ has {free:.1f} GB left, and the models that this run merges need more: "
                f"{', '.join(sorted(known))} {sum(known.values()):.1f} GB, adapters and checkpoints not counted; make "
                f"room, or make {self.folder} a link to a folder on a larger disk"
            )
        if unknown:
            lines.append(
                f"of unknown size until their base is fetched, and not compared with the {free:.1f} GB that "
                f"{self.folder}/ has left: {', '.join(unknown)}"
            )
        return lines
