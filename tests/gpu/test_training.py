"""Training in bfloat16 on a GPU: it learns, a killed one ends with the same bytes, and what it made merges and runs."""

import random
from importlib.util import find_spec

import pytest

from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.conftest import contents
from tests.gpu.commands import DEVICE, kill_when, run
from tests.gpu.requests import BATCH_TOKENS, WORDS, write_requests

SETTINGS = "--epochs 4 --rows-per-update 8 --batch-size 4 --learning-rate 1e-3 --warmup-steps 2 --save-steps 5"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Rows to train on, of mixed lengths, whose answers can be learnt: the instruction's words, the last one first."""
    file, rng = tmp_path_factory.mktemp("data") / "rows.jsonl", random.Random(1)
    tasks = [rng.choices(WORDS, k=rng.randint(2, 60)) for _ in range(48)]
    write_rows(
        file,
        (
            {"id": f"row-{number:02d}", "instruction": " ".join(words), "input": "", "output": " ".join(words[::-1])}
            for number, words in enumerate(tasks)
        ),
    )
    return file


@pytest.fixture(scope="module")
def base(model):
    """The manifest of the model as a base model, as prepare_base checks it on the GPU."""
    manifest = model.with_name("base") / "manifest.json"
    run("scripts.prepare_base", f"--base={model}", f"--output={manifest}")
    return manifest


def options(base, data, folder, *more):
    files = [f"--data={data}", f"--model={base}", f"--checkpoints={folder / 'work'}"]
    return [*files, f"--output={folder / 'adapter' / 'manifest.json'}", *SETTINGS.split(), "--cpu-threads=2", *more]


@pytest.fixture(scope="module")
def trained(base, data, tmp_path_factory):
    """The folder of a training that nothing disturbed, in what the command takes by itself on a GPU."""
    folder = tmp_path_factory.mktemp("trained")
    run("scripts.train_adapter", *options(base, data, folder, "--dtype=bfloat16"))
    return folder


def losses(folder, kind="loss"):
    return [row[kind] for row in read_rows(folder / "adapter" / "training_log.jsonl") if kind in row]


def test_it_learns_in_bfloat16(trained):
    assert read_json(trained / "adapter" / "manifest.json")["made_from"]["settings"]["dtype"] == "bfloat16"
    assert losses(trained, "eval_loss")[-1] < 0.9 * losses(trained)[0]


def test_its_first_loss_is_that_of_a_cpu_in_float32(base, data, trained, tmp_path):
    """Before the first update an adapter changes nothing, and its dropout neither."""
    run("scripts.train_adapter", *options(base, data, tmp_path, "--dtype=float32", "--epochs=0.2"), device="cpu")
    assert losses(trained)[0] == pytest.approx(losses(tmp_path)[0], rel=0.02)


def test_auto_is_bfloat16_where_the_gpu_computes_in_it(base, data, tmp_path):
    run("scripts.train_adapter", *options(base, data, tmp_path, "--dtype=auto", "--epochs=0.2"))
    assert read_json(tmp_path / "adapter" / "manifest.json")["made_from"]["settings"]["dtype"] == "bfloat16"


def test_a_training_killed_twice_ends_with_the_same_bytes(base, data, trained, tmp_path):
    asked = options(base, data, tmp_path, "--dtype=bfloat16")
    for moment in ("checkpoint-5/whole.json", "checkpoint-10/adapter_model.safetensors"):
        kill_when((tmp_path / "work" / moment).exists, "scripts.train_adapter", *asked)
    run("scripts.train_adapter", *asked)
    assert losses(tmp_path) == losses(trained)
    expected, found = contents(trained / "adapter"), contents(tmp_path / "adapter")
    assert expected.keys() == found.keys()
    # The rate of tokens in the log is the machine's, not the training's.
    assert [name for name in found if found[name] != expected[name]] in ([], ["training_log.jsonl"])


def test_what_was_trained_merges_and_runs_on_the_gpu_as_on_a_cpu(base, trained, tmp_path):
    merged = tmp_path / "merged" / "manifest.json"
    run("scripts.merge_adapter", f"--base={base}", f"--adapter={trained / 'adapter'}", f"--output={merged}")
    write_requests(tmp_path / "requests.jsonl")
    measured = {}
    for device in ("gpu", "cpu"):
        files = [f"--requests={tmp_path / 'requests.jsonl'}", f"--model={merged}", f"--journal={tmp_path / device}"]
        how = ["--engine=transformers", "--dtype=float32", f"--batch-tokens={BATCH_TOKENS}", "--cpu-threads=2"]
        run("scripts.complete", *files, *how, f"--output={tmp_path / device}.jsonl", device=device)
        rows = list(read_rows(tmp_path / f"{device}.jsonl"))
        measured[device] = {row["id"]: row["nll"] for row in rows if "nll" in row}
    assert {row["made_by"]["device"] == DEVICE for row in read_rows(tmp_path / "gpu.jsonl")} == {True}
    assert measured["gpu"] == pytest.approx(measured["cpu"], rel=1e-3)


@pytest.mark.skipif(not find_spec("bitsandbytes"), reason="needs bitsandbytes, which is not among the requirements")
def test_weights_in_four_bits_are_learnt_on_as_whole_ones_are(base, data, trained, tmp_path):
    run("scripts.train_adapter", *options(base, data, tmp_path, "--dtype=bfloat16", "--quantization=nf4"))
    assert losses(tmp_path)[0] != losses(trained)[0]
    assert losses(tmp_path)[0] == pytest.approx(losses(trained)[0], rel=0.3)
    assert losses(tmp_path, "eval_loss")[-1] < 0.9 * losses(tmp_path)[0]
    merged = tmp_path / "merged" / "manifest.json"
    run("scripts.merge_adapter", f"--base={base}", f"--adapter={tmp_path / 'adapter'}", f"--output={merged}")
