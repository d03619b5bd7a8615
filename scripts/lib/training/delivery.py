"""What a finished training leaves in results/: the adapter or the model, its log, and a manifest of them."""

import os
import shutil
from pathlib import Path
from typing import Any

from scripts.lib import cli
from scripts.lib.models.files import ADAPTER_WEIGHTS, edit_json
from scripts.lib.models.loading import load_model, load_tokenizer
from scripts.lib.models.manifest import Manifest, write_manifest
from scripts.lib.models.ownership import clear_folder
from scripts.lib.models.probing import probe_logits
from scripts.lib.models.rounding import check_written, save_rounded
from scripts.lib.models.weights import check_finite_file
from scripts.lib.rows.files import read_json, sync
from scripts.lib.training.card import write_card
from scripts.lib.training.log import MARGIN, read_log, write_log

ADAPTER_FILES = (ADAPTER_WEIGHTS, "adapter_config.json")
LOG, STATE, CARD = "training_log.jsonl", "trainer_state.json", "README.md"


def deliver_adapter(finished: Path, manifest: Path, origin: dict[str, Any], model: Manifest) -> None:
    """Put a finished adapter beside its manifest: weights (all finite), configuration, log, card, and nothing pickled.

    Its configuration names the model that it was trained on as peft can load it: by the hub's name and revision, from
    anywhere, or else by the path as seen from here, which is the same in every copy of a project. The card says how
    to load it from elsewhere.
    """
    check_finite_file(finished / ADAPTER_WEIGHTS, f"delete {finished} and train again")
    folder = manifest.parent
    clear_folder(folder)
    for name in ADAPTER_FILES:
        shutil.copyfile(finished / name, folder / name)
    sync(folder / name for name in ADAPTER_FILES)
    write_log(folder / LOG, read_json(finished / STATE)["log_history"])
    config = read_json(folder / "adapter_config.json")
    base, revision = model.made_from.get("hub", os.path.relpath(model.directory)), model.made_from.get("revision")
    edit_json(
        folder / "adapter_config.json",
        # peft writes a set in any order and the path as it was given: neither may change the hash.
        target_modules=sorted(config["target_modules"]),
        base_model_name_or_path=base,
        revision=revision,
    )
    write_card(folder / CARD, base, revision)
    write_manifest(folder, "adapter", origin, exclude=(LOG, CARD))
    cli.say_where(manifest, in_words(folder / LOG))


def deliver_model(finished: Path, manifest: Path, origin: dict[str, Any], model: Manifest) -> None:
    """Put a model, all of whose weights were trained, beside its manifest: in bf16, checked as a merged one.

    `model` is the one that the training began with, whose tokenizer and template it keeps.
    """
    from transformers.integrations.deepspeed import unset_hf_deepspeed_config

    unset_hf_deepspeed_config()  # under ZeRO-3, each process would load a part of it
    folder = manifest.parent
    trained = load_model(finished, "float32")
    expected = probe_logits(trained, load_tokenizer(model.directory))
    saved = save_rounded(trained, model.directory, folder)
    del trained
    error = check_written(saved, expected)
    write_log(folder / LOG, read_json(finished / STATE)["log_history"])
    written = write_manifest(folder, "model", origin, exclude=(LOG,))
    cli.say_where(
        manifest,
        f"{in_words(folder / LOG)}; model {written.fingerprint}, logits off by {error:.1e} (rounding to bf16), stops "
        "at its end of turn",
    )


def in_words(log: Path) -> str:
    """Return how a training ended."""
    last = {key: value for row in read_log(log) for key, value in row.items()}
    validation = f", validation {last['eval_loss']:.3f}" if "eval_loss" in last else ", no validation (too few rows)"
    margin = f", margin {last[MARGIN]:.3f}" if MARGIN in last else ""
    return f"{last['step']} updates, last loss {last['loss']:.3f}{margin}{validation}"
