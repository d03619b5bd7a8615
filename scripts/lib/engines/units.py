"""How many units a step has, told without a GPU: a shard beyond the last one has nothing to compute."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from scripts.lib.engines.batches import plan_batches
from scripts.lib.engines.requests import read_requests
from scripts.lib.engines.texts import Texts
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import count_rows


def count_units(requests: Path, model: Path, engine: str, batch_tokens: int) -> int:
    """Return how many units the plan of a step's requests has on a GPU, or more where that cannot be told.

    vLLM takes each request as a unit of its own. Batches of transformers are counted with the tokenizer in
    the folder `model`, unless "auto" may still mean vLLM, or something is wrong that the job itself will name.
    """
    state = requests.stat()
    exactly = engine == "transformers" or (engine == "auto" and not find_spec("vllm"))
    return _count(requests, state.st_mtime_ns, state.st_size, model if exactly else None, batch_tokens)


@cache
def _count(requests: Path, changed: int, size: int, model: Path | None, batch_tokens: int) -> int:
    count = count_rows(requests)
    if not count or model is None:
        return count
    try:
        return len(plan_batches(read_requests(requests), Texts(model), batch_tokens))
    except (UserError, OSError):
        return count
