"""Train a LoRA adapter on rows of instruction, input and output, in the model's own chat template.

The loss is taken on the answer and, unless --no-end-of-turn, on the token that ends the turn, so that
the model learns to stop. Rows longer than --cutoff (unless they are cut) and rows beyond --max-samples
are left out, written to --rejected and counted. The defaults are those of the I-SHEEP paper (appendix E), its 16
rows per update included, on however many GPUs. A killed training goes on from its last whole
checkpoint and ends with the same weights; checkpoints of other data or settings are set aside.
Usable on anyone's rows:

    python -m scripts.train_adapter --data rows.jsonl --model results/mine/iter0/merged/manifest.json \\
        --checkpoints work/checkpoints --output adapter/manifest.json
    torchrun --standalone --nproc-per-node 8 -m scripts.train_adapter --deepspeed config/deepspeed/zero3.json …
"""

import argparse

from scripts.lib import cli
from scripts.lib.training.adapters import check_adaptable
from scripts.lib.training.data import read_examples
from scripts.lib.training.hyperparameters import Hyperparameters
from scripts.lib.training.job import Objective, carry_out
from scripts.lib.training.options import training_parser
from scripts.lib.training.settings import Training
from scripts.lib.training.sft import build_trainer, configure

ANSWERS = Objective(
    Hyperparameters,
    check_adaptable,
    read_examples,
    configure,
    build_trainer,
    code="scripts.lib.training.sft",
)


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    return training_parser(__doc__, Training, "rows to train on")


def main(args: argparse.Namespace) -> None:
    """Train an adapter on answers."""
    carry_out(ANSWERS, args)


if __name__ == "__main__":
    cli.run(main, parser())
