"""Models and adapters that are no longer what their manifests say: Snakemake sees the manifests alone."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from scripts.lib.errors import UserError
from scripts.lib.models.manifest import NAME, damage, read_manifest


def manifests(results: Path, models: Iterable[str]) -> Iterator[Path]:
    """Yield the manifests of models and adapters by the folders of results: of each model, and of those beside them."""
    for model in models:
        yield from sorted((results / model).glob(f"*/*/{NAME}"))


def damaged(manifest: Path, thorough: bool = False) -> str | None:
    """Return what is wrong with a manifest, or with a file that it lists: missing, of another size, changed; else None.

    It costs a look at the size and the time of each file, and reading those that are newer than the manifest; to be
    `thorough`, all are read.
    """
    try:
        return damage(read_manifest(manifest), thorough)
    except UserError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename or manifest}: {error.strerror}"
