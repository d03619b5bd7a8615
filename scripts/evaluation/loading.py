"""Tasks of lm-eval loaded, with the examples that they show: the same for planning and for scoring."""

import contextlib
import logging
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import datasets
import numpy as np
from lm_eval.defaults import DEFAULT_OTHER_SEED, DEFAULT_RANDOM_SEED
from lm_eval.tasks.manager import TaskDict

from scripts.evaluation.finding import find
from scripts.lib.errors import UserError, first_line

log = logging.getLogger(__name__)


def load_tasks(task: str, data: Path | None, num_fewshot: int | None) -> TaskDict:
    """Return the tasks that a name or a file stands for, as `lm_eval.evaluator.evaluate` takes them.

    `data` is the folder that data sets were exported to, by which they are loaded without a network; None: they are
    files, or fetched. Examples are chosen by lm-eval's own seed, so that prompts are those of published numbers.
    Raises UserError, with the reason, for what cannot be loaded or evaluated.
    """
    found = find(task)
    # datasets takes a folder of this name, as seen from where it runs, for the data set of this name.
    place = contextlib.chdir(data) if data is not None else contextlib.nullcontext()
    try:
        with place:
            loaded = found.manager.load([found.spec])
    except Exception as error:  # tasks are code of many people, and fail in any way
        told = first_line(error)
        raise UserError(f"{task}: lm-eval cannot load it ({type(error).__name__}: {told}); {_remedy(data)}") from error
    for name, each in loaded["tasks"].items():
        own = each.get_config("num_fewshot")
        if num_fewshot is not None and own == 0 and num_fewshot:
            log.warning("%s shows no examples, whatever is asked for: its own file says so", name)
        elif num_fewshot is not None or own is None:
            each.set_config(key="num_fewshot", value=num_fewshot or 0)
        each.set_fewshot_seed(seed=DEFAULT_OTHER_SEED)
    return loaded


@contextlib.contextmanager
def as_lm_eval_does() -> Iterator[None]:
    """Seed what tasks draw while they ask and score, as lm-eval does, and keep prepared data in a folder of their own.

    The folder goes with the process: what was prepared of other data is never taken for these.
    """
    random.seed(DEFAULT_RANDOM_SEED)
    np.random.seed(DEFAULT_OTHER_SEED)
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        datasets.config.HF_DATASETS_CACHE = Path(folder)
        yield


def _remedy(data: Path | None) -> str:
    if data is not None:
        return "export its data again, or look into its task file"
    return "export its data first (python -m scripts.evaluation.export_data), or look into its task file"
