"""Whether a disk has room for what a run is going to write, as far as that is known while it is planned."""

import shutil
from pathlib import Path


class Room:
    """What is going to be written into a folder, beside what its disk has left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sizes: dict[str, float] = {}

    def take(self, model: str, gigabytes: float) -> str | None:
        """Count a model that will be written; return what to tell the user where it no longer fits, else None.

        A model is counted once, and what is told is told once: for the first that does not fit.
        """
        there = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        free = shutil.disk_usage(there).free / 1e9
        before = sum(self.sizes.values())
        self.sizes[model] = gigabytes
        if before > free or sum(self.sizes.values()) <= free:
            return None
        return (
            f"warning: {self.folder}/ has {free:.1f} GB left, and the models that this run merges need more: "
            f"{', '.join(sorted(self.sizes))} alone {sum(self.sizes.values()):.1f} GB, adapters and checkpoints not "
            f"counted; make room, or make {self.folder} a link to a folder on a larger disk"
        )
