"""What every loaded model must be: all its tensors there and no others, of the right shape, all numbers finite."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.lib.errors import UserError

if TYPE_CHECKING:
    import torch

NAMED = 3
"""How many tensors an error names; a model may lack hundreds."""

COMPUTED = re.compile(
    r"\.(?:attn|attn\.attention)\.(?:bias|masked_bias|causal_mask)$"  # GPT-2, GPT-J, CodeGen; GPT-Neo
    r"|\.self_attention\.(?:maybe_)?rotary\.inv_freq$"  # Falcon
)
"""What old checkpoints hold beside their weights: masks and frequencies, which the model computes itself.

None is a weight of another name: attention as a whole has no bias, only its projections have.
"""


def check_complete(directory: Path, report: Mapping[str, Any]) -> None:
    """Raise UserError naming the tensors unless a model was loaded whole.

    `report` is what from_pretrained gives with output_loading_info. transformers itself has taken out of it
    weights tied to others, experts that it fuses while loading, and the buffers of some old formats; those of
    others are passed over here. It would set what is missing to random numbers.
    """
    unexpected = [name for name in report["unexpected_keys"] if not COMPUTED.search(name)]
    shapes = [f"{name} {list(found)}, not {list(wanted)}" for name, found, wanted in report["mismatched_keys"]]
    faults = [
        _some(report["missing_keys"], "missing from its safetensors"),
        _some(unexpected, "no part of this architecture"),
        _some(shapes, "of another shape"),
        _some(report["error_msgs"], "not to be loaded"),
    ]
    if any(faults):
        raise UserError(
            f"{directory}: its weights do not fit its config.json: {'; '.join(filter(None, faults))}; "
            "give weights and config.json that save_pretrained wrote together"
        )


def check_finite(place: Path, tensors: Iterable[tuple[str, "torch.Tensor"]], remedy: str) -> None:
    """Raise UserError naming `place`, the tensors and the remedy unless all their numbers are finite."""
    broken = [name for name, tensor in tensors if not _is_finite(tensor)]
    if broken:
        raise UserError(f"{place}: holds numbers that are not finite (NaN or infinite): {_names(broken)}; {remedy}")


def check_finite_file(file: Path, remedy: str) -> None:
    """Raise UserError naming the file, its tensors and the remedy unless all its numbers are finite.

    One tensor after the other is read, so that no more memory is needed than for the largest.
    """
    from safetensors import safe_open

    with safe_open(str(file), framework="pt") as opened:
        check_finite(file, ((name, opened.get_tensor(name)) for name in sorted(opened.keys())), remedy)


def _is_finite(tensor: "torch.Tensor") -> bool:
    """Return whether a tensor's smallest and largest number are finite: NaN would be both.

    This is one pass, many times as fast as isfinite().all() on a CPU. Passed over are what lies elsewhere (on
    the meta device, or offloaded), and numbers of one byte, which torch does not compare.
    """
    import torch

    tensor = getattr(tensor, "ds_tensor", tensor).detach()  # under ZeRO-3, each process has a part of its own
    if not tensor.is_floating_point() or tensor.is_meta or not tensor.numel() or tensor.element_size() == 1:
        return True
    return bool(torch.stack(torch.aminmax(tensor)).isfinite().all())


def _some(names: Iterable[str], fault: str) -> str:
    listed = sorted(map(str, names))
    return f"{len(listed)} {fault} ({_names(listed)})" if listed else ""


def _names(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
