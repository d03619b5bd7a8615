"""How many rows make an update: so many in each step of each device, over as many steps as it takes."""

from dataclasses import dataclass

from scripts.lib.errors import UserError


@dataclass(frozen=True)
class Names:
    """What an error calls the three numbers, where they were written."""

    rows: str
    batch: str
    devices: str


KEYS = Names("rows_per_update", "batch_size", "nodes × gpus_per_node")
FLAGS = Names("--rows-per-update", "--batch-size", "processes")


def steps_per_update(rows: int, batch_size: int, devices: int, names: Names = KEYS) -> int:
    """Return over how many steps the gradients of one update are added up.

    Raises UserError, which names the nearest numbers that fit, unless whole steps of all devices make just so many
    rows: another number would be another training, with another learning rate to match.
    """
    together = batch_size * devices
    if rows % together:
        raise UserError(
            f"{names.rows} ({rows}) must be a multiple of {names.batch} × {names.devices} "
            f"({batch_size} × {devices} = {together}); set {_remedy(rows, batch_size, devices, names)}"
        )
    return rows // together


def _remedy(rows: int, batch_size: int, devices: int, names: Names) -> str:
    together = batch_size * devices
    below = rows - rows % together
    multiples = [number for number in (below, below + together) if number]
    remedy = f"{names.rows} to {_either(multiples)}"
    fitting = [size for size in range(1, rows // devices + 1) if rows % (size * devices) == 0]
    nearest = [
        *[size for size in fitting if size < batch_size][-1:],
        *[size for size in fitting if size > batch_size][:1],
    ]
    return f"{remedy}, or {names.batch} to {_either(nearest)}" if nearest else remedy


def _either(numbers: list[int]) -> str:
    return " or ".join(map(str, numbers))
