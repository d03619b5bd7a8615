"""Train a LoRA adapter on pairs of outputs, of which one is chosen, in the model's own chat template (DPO).

A row has an instruction, an input, the output that is chosen, and the one that is not (`rejected_output`). The model
learns to give the chosen one more of its probability than it does before, in comparison with the other; --beta holds
it to what it is. Pairs of which nothing can be learnt (two outputs that are equal), those longer than --cutoff
(unless they are cut) and those beyond --max-samples are left out, written to --rejected and counted. The defaults
are those of the AutoIF paper (arXiv 2406.13542), its 64 pairs per update included, on however many GPUs. A killed
training goes on from its last whole checkpoint and ends with the same weights; checkpoints of other data or settings
are set aside. Usable on anyone's pairs:

    python -m scripts.train_preferences --data pairs.jsonl --model results/mine/iter1/merged/manifest.json \\
        --checkpoints work/checkpoints --output adapter/manifest.json
    torchrun --standalone --nproc-per-node 8 -m scripts.train_preferences --deepspeed config/deepspeed/zero3.json …
"""

import argparse

from scripts.lib import cli
from scripts.lib.training.dpo import PreferenceHyperparameters, build_trainer, check_preferable, configure
from scripts.lib.training.job import Objective, carry_out
from scripts.lib.training.options import training_parser
from scripts.lib.training.pairs import read_pairs
from scripts.lib.training.settings import PreferenceTraining

PREFERENCES = Objective(
    PreferenceHyperparameters,
    check_preferable,
    read_pairs,
    configure,
    build_trainer,
    code="scripts.lib.training.dpo",
)


def parser() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    return training_parser(__doc__, PreferenceTraining, "pairs to train on")


def main(args: argparse.Namespace) -> None:
    """Train an adapter on preferences."""
    carry_out(PREFERENCES, args)


if __name__ == "__main__":
    cli.run(main, parser())
