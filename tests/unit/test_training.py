"""From rows to an adapter: what is trained on, what is left out, and what a kill costs."""

import json
import random
import re
import shutil
from itertools import pairwise
from typing import Any

import pytest

from scripts.lib.errors import UserError
from scripts.lib.models.chat_format import end_of_turn
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest, write_manifest
from scripts.lib.models.prompting import chat_prompt
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.training.data import NO_LOSS, Example, read_examples, select
from scripts.lib.training.doubts import doubts, updates_of
from scripts.lib.training.hyperparameters import Hyperparameters
from scripts.lib.training.order import training_order
from scripts.report import draw_loss
from tests.conftest import contents
from tests.unit.rejected_rows import verdict_of
from tests.unit.training_runs import ROWS, kill_at, losses, start, train, weights


def test_the_loss_is_on_the_answer_and_the_end_of_its_turn(base, tmp_path):
    write_rows(tmp_path / "rows.jsonl", ROWS)
    tokenizer = load_tokenizer(base.parent)
    example = read_examples([tmp_path / "rows.jsonl"], tokenizer)[1]
    assert tokenizer.decode(example.prompt) == chat_prompt(tokenizer, "Name word 1.", "a list").text
    assert tokenizer.decode(example.prompt).endswith("Name word 1.\na list<|im_end|>\n<|im_start|>assistant\n")
    assert tokenizer.decode(example.completion) == "words words <|im_end|>"
    assert example.completion[-1] == end_of_turn(tokenizer, "model").id
    assert example.labels == [NO_LOSS] * len(example.prompt) + example.completion


def test_training_lowers_the_loss_and_leaves_what_a_reader_needs(adapter):
    log = list(read_rows(adapter.parent / "training_log.jsonl"))
    training, validation = [r for r in log if "loss" in r], [r for r in log if "eval_loss" in r]
    assert [row["step"] for row in training] == list(range(1, 18))
    assert {"loss", "learning_rate", "tokens_per_second"} <= set(training[0])
    assert [row["step"] for row in validation] == [5, 10, 15, 17]
    assert validation[-1]["eval_loss"] < 0.8 * training[0]["loss"]
    assert set(load_manifest(adapter, "adapter").files) == {"adapter_config.json", "adapter_model.safetensors"}


def test_an_adapter_brings_its_base_along_when_peft_loads_it_by_its_path(adapter):
    from peft import AutoPeftModelForCausalLM

    loaded = AutoPeftModelForCausalLM.from_pretrained(adapter.parent)
    assert loaded.peft_config["default"].r == 8


def test_the_lines_on_an_adapters_card_load_it_from_another_folder(adapter, base, tmp_path, monkeypatch):
    card = (adapter.parent / "README.md").read_text()
    named = read_json(adapter.parent / "adapter_config.json")["base_model_name_or_path"]
    lines = card.partition("```python\n")[2].partition("```")[0]
    lines = lines.replace(f"PATH/OF/{named}", str(base.parent)).replace("PATH/OF/THIS/FOLDER", str(adapter.parent))
    monkeypatch.chdir(tmp_path)
    made: dict[str, Any] = {}
    exec(lines, made)  # noqa: S102 - a text of ours
    assert made["model"].peft_config["default"].r == 8


def test_an_adapter_of_a_hub_model_names_it_with_its_revision(base, tmp_path):
    model = shutil.copytree(base.parent, tmp_path / "model", ignore=shutil.ignore_patterns("manifest.json", ".*"))
    write_manifest(model, "model", {"hub": "org/name", "revision": "abc"})
    made = train(tmp_path, model / "manifest.json", ROWS[:4], "--epochs", "1")
    named = read_json(made.parent / "adapter_config.json")
    assert (named["base_model_name_or_path"], named["revision"]) == ("org/name", "abc")
    assert "base_model: org/name\n" in (made.parent / "README.md").read_text()


def test_the_loss_is_drawn_from_the_log(adapter, tmp_path):
    def draw(log, picture):
        draw_loss.main(draw_loss.parser().parse_args([f"--log={log}", f"--output={picture}"]))
        return picture.read_bytes()

    drawn = draw(adapter.parent / "training_log.jsonl", tmp_path / "pictures/loss.png")
    assert drawn.startswith(b"\x89PNG")
    assert draw(adapter.parent / "training_log.jsonl", tmp_path / "again.png") == drawn
    write_rows(tmp_path / "other.jsonl", ROWS)
    with pytest.raises(UserError, match=r"other\.jsonl: there is no loss in this log"):
        draw(tmp_path / "other.jsonl", tmp_path / "other.png")


def test_every_row_is_trained_on_held_back_or_rejected_with_a_reason(base, tmp_path):
    long = {"id": "long", "instruction": "Repeat.", "input": "", "output": "words " * 500}
    empty = {**long, "id": "empty", "output": ""}
    known = {**long, "id": "known", "instruction": "REPEAT  me.", "output": "me"}
    write_rows(tmp_path / "held_out.jsonl", [{"id": "h", "instruction": "Repeat me.", "input": ""}])
    options = ["--max-samples", "20", "--cutoff", "300", "--held-out", str(tmp_path / "held_out.jsonl")]
    train(tmp_path, base, [*ROWS, long, empty, known], *options)
    rejected = list(read_rows(tmp_path / "rejected.jsonl"))
    assert read_json(tmp_path / "counts.json") == {
        "in": 27,
        "kept": 20,
        "rejected": {"over_max_samples": 4, "no_output": 1, "held_out": 1, "over_cutoff": 1},
        "validation": 2,
        "cut": 0,
    }
    assert [row["id"] for row in rejected[:3]] == ["empty", "known", "long"]
    found = verdict_of(rejected[2])
    assert found["rule"] == "over_cutoff"
    assert found["tokens"] > found["cutoff"] == 300
    assert len(rejected) == 7


@pytest.mark.parametrize(
    ("prompt", "completion", "kept"),
    [
        (70, 30, (70, 30)),
        (400, 49, (51, 49)),
        (49, 400, (49, 51)),
        (50, 400, (12, 88)),
        (200, 100, (67, 33)),
        (100, 100, (50, 50)),
        (10_000, 50, None),
    ],
)
def test_a_row_that_is_too_long_is_cut_as_the_published_trainer_did(prompt, completion, kept):
    """By hand: up to half the cutoff stays whole, else each gets its share; without any answer, it is no row."""
    task = {"id": "a", "instruction": "Repeat.", "input": "", "output": "a"}
    row = Example("1/a", task, list(range(prompt)), list(range(completion)))
    whole = {"held_out": (), "max_samples": None, "subset": "first", "validation_share": 0, "seed": 1}
    dropped, cut = (select([row], cutoff=100, over_cutoff=choice, **whole) for choice in ("drop", "cut"))
    assert len(dropped.training) == (prompt + completion <= 100) and dropped.cut == 0
    parts = [(each.prompt, each.completion) for each in cut.training]
    assert parts == ([(list(range(kept[0])), list(range(kept[1])))] if kept else [])
    assert cut.cut == (kept is not None and prompt + completion > 100)
    assert len(cut.rejected) == (kept is None)


def test_rows_that_are_cut_are_trained_on_and_counted(base, tmp_path):
    long = [{"id": f"long-{n}", "instruction": "Repeat.", "input": "", "output": "words " * 500} for n in range(3)]
    options = ["--over-cutoff", "cut", "--cutoff", "60", "--max-samples", "null", "--epochs", "1"]
    train(tmp_path, base, [*ROWS, *long], *options)
    assert read_json(tmp_path / "counts.json") == {"in": 27, "kept": 27, "rejected": {}, "validation": 2, "cut": 3}


def selected(rows, tokenizer, folder, subset):
    write_rows(folder / "rows.jsonl", rows)
    examples = read_examples([folder / "rows.jsonl"], tokenizer)
    data = select(
        examples,
        held_out=(),
        cutoff=512,
        over_cutoff="drop",
        max_samples=10,
        subset=subset,
        validation_share=0.2,
        seed=1,
    )
    return {example.row["id"] for example in data.training}, {example.row["id"] for example in data.validation}


def test_a_sample_does_not_depend_on_the_order_of_the_file(base, tmp_path):
    tokenizer = load_tokenizer(base.parent)
    sample = selected(ROWS, tokenizer, tmp_path, "sample")
    assert sample == selected(ROWS[::-1], tokenizer, tmp_path, "sample")
    first = selected(ROWS, tokenizer, tmp_path, "first")
    assert set.union(*first) == {row["id"] for row in ROWS[:10]} != set.union(*sample)
    assert len(sample[1]) == len(first[1]) == 2


def test_each_epoch_has_every_row_once_and_an_order_of_its_own():
    lengths = [5, 3, 9, 7, 1, 8, 2, 6, 4, 10, 12]
    order = training_order(lengths, epochs=2.5, rows_per_update=2, seed=1)
    assert sorted(order[:11]) == sorted(order[11:22]) == list(range(11))
    assert order[:11] != order[11:22]
    assert len(order) == 28
    assert order != training_order(lengths, epochs=2.5, rows_per_update=2, seed=2)


def test_shuffled_rows_are_in_an_order_of_their_own_in_each_epoch_whatever_their_length():
    order = training_order([9] * 50 + [1] * 50, epochs=2, rows_per_update=4, seed=1, order="shuffled")
    assert sorted(order[:100]) == sorted(order[100:]) == list(range(100))
    assert order[:100] != order[100:]
    assert order == training_order([1] * 100, epochs=2, rows_per_update=8, seed=1, order="shuffled")
    mixed = [len({place < 50 for place in order[start : start + 4]}) == 2 for start in range(0, 200, 4)]
    assert sum(mixed) > 35


def test_rows_of_like_length_are_trained_on_together_in_no_order_of_length():
    rng = random.Random(1)
    lengths = [round(rng.lognormvariate(5, 0.6)) + 10 for _ in range(500)]
    order = [lengths[place] for place in training_order(lengths, epochs=2, rows_per_update=8, seed=1)]
    updates = [order[start : start + 8] for start in range(0, len(order), 8)]
    assert sum(order) > 0.9 * sum(len(update) * max(update) for update in updates)
    longest = [max(update) for update in updates]
    rises = sum(later > earlier for earlier, later in pairwise(longest))
    assert 0.4 < rises / len(longest) < 0.6


def test_a_handful_of_rows_is_trained_on_without_validation_and_with_warnings(base, tmp_path, caplog):
    adapter = train(tmp_path, base, ROWS[:4], "--warmup-steps", "3")
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [re.search("only 4 rows|3 updates in all, but 3|no validation", line)[0] for line in said] == [
        *("only 4 rows", "3 updates in all, but 3", "no validation"),
    ]
    assert all(line.startswith(f"warning: {tmp_path / 'rows.jsonl'}: ") for line in said)
    log = list(read_rows(adapter.parent / "training_log.jsonl"))
    assert read_json(tmp_path / "counts.json")["validation"] == 0
    assert not any("eval_loss" in row for row in log)


SETTINGS = {**dict.fromkeys(Hyperparameters.__annotations__), "warmup_steps": 20, "epochs": 2.0}
SETTINGS |= {"batch_size": 1, "rows_per_update": 2}


@pytest.mark.parametrize(
    ("rows", "held_back", "share", "changes", "expected"),
    [
        (3, 0, 0.1, {}, ["only 3 rows", "3 updates in all, but 20 to warm up", "of 3 rows is none.* at least 10 rows"]),
        (1, 0, 0, {"epochs": 1.0}, ["only 1 row ", "1 update in all"]),
        (3, 1, 0.3, {"warmup_steps": 0}, ["only 3 rows"]),
        (40, 4, 0.1, {"warmup_steps": 40}, ["40 updates in all, but 40 to warm up.*--warmup-steps"]),
        (40, 4, 0.1, {"warmup_steps": 39}, []),
        (64, 0, 0, {}, []),
    ],
)
def test_what_is_doubtful_about_a_training_is_said_with_what_to_change(rows, held_back, share, changes, expected):
    found = list(doubts(rows, held_back, share, Hyperparameters(**SETTINGS | changes)))
    assert len(found) == len(expected)
    for line, pattern in zip(found, expected, strict=True):
        assert re.search(pattern, line), line


def test_updates_are_counted_as_the_trainer_counts_them(adapter):
    made = json.loads(adapter.read_text())["made_from"]
    last = list(read_rows(adapter.parent / "training_log.jsonl"))[-1]
    settings = Hyperparameters(**made["settings"])
    assert updates_of(made["rows"]["training"], settings) == last["step"]
    assert updates_of(100, settings) == 75


def test_an_update_is_the_same_however_many_rows_are_in_memory_at_once(base, tmp_path):
    def logged(size):
        options = ["--batch-size", size, "--lora-dropout", "0", "--epochs", "1", "--validation-share", "0"]
        return losses(train(tmp_path / size, base, ROWS, *options).parent)

    one, four = logged("1"), logged("4")
    assert [row["step"] for row in one] == [row["step"] for row in four] == list(range(1, 7))
    assert [row["loss"] for row in one] == pytest.approx([row["loss"] for row in four], rel=1e-3)


@pytest.mark.parametrize(
    ("options", "processes", "message"),
    [
        (
            ["--batch-size", "3"], 1,
            r"--rows-per-update \(4\) must be a multiple of --batch-size × processes \(3 × 1 = 3\); set "
            "--rows-per-update to 3 or 6, or --batch-size to 2 or 4",
        ),
        (["--batch-size", "2"], 4, r"\(2 × 4 = 8\); set --rows-per-update to 8, or --batch-size to 1$"),
        (["--batch-size", "1"], 3, r"\(1 × 3 = 3\); set --rows-per-update to 3 or 6$"),
    ],
)  # fmt: skip
def test_an_update_that_is_no_whole_number_of_steps_is_refused(
    base, tmp_path, monkeypatch, options, processes, message
):
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    with pytest.raises(UserError, match=message):
        train(tmp_path, base, ROWS, *options)
    assert not (tmp_path / "counts.json").exists()


@pytest.mark.slow
def test_a_training_killed_twice_ends_at_the_same_step_with_the_same_weights(base, adapter, tmp_path):
    for moment in ("checkpoint-5/adapter_model.safetensors", "checkpoint-10/whole.json"):
        kill_at(moment, "scripts.train_adapter", tmp_path, base, ROWS)
    half_written = tmp_path / "work" / "checkpoint-15"
    half_written.mkdir(exist_ok=True)
    (half_written / "adapter_model.safetensors").write_bytes(b"cut off")
    resumed = start("scripts.train_adapter", tmp_path, base, ROWS)
    _, said = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, said
    assert "checkpoint-15: half-written, removed" in said
    assert losses(tmp_path / "adapter") == losses(adapter.parent)
    expected = weights(adapter)
    for name, weight in weights(tmp_path / "adapter" / "manifest.json").items():
        assert (weight - expected[name]).abs().max() < 1e-5


def test_a_finished_training_that_is_run_again_is_delivered_again_and_loads_no_model(
    base, tmp_path, monkeypatch, capsys
):
    """Snakemake forgets what finished while it was dead, and deletes its outputs before it runs the job again."""
    adapter = train(tmp_path, base, ROWS)
    delivered = contents(adapter.parent)
    with monkeypatch.context() as patch:
        patch.setattr("scripts.lib.training.sft.assemble", lambda *arguments: pytest.fail("a model is loaded"))
        adapter.unlink()
        train(tmp_path, base, ROWS)
        assert contents(adapter.parent) == delivered
        shutil.rmtree(adapter.parent)
        train(tmp_path, base, ROWS)
        assert contents(adapter.parent) == delivered
    capsys.readouterr()
    train(tmp_path, base, ROWS, "--seed", "2")
    assert "of a finished training with other data or settings, removed" in capsys.readouterr().err
    assert contents(adapter.parent) != delivered
    assert not list(tmp_path.glob("work.set-aside*"))


def test_checkpoints_of_another_training_are_set_aside_aloud(base, adapter, tmp_path, capsys):
    foreign = tmp_path / "work" / "checkpoint-10"
    foreign.mkdir(parents=True)
    (tmp_path / "work" / "fingerprint.json").write_text('"of other settings"')
    train(tmp_path, base, ROWS)
    assert "checkpoints of other data or settings, set aside as" in capsys.readouterr().err
    assert (tmp_path / "work.set-aside-1" / "checkpoint-10").is_dir()
    assert load_manifest(tmp_path / "adapter", "adapter").fingerprint == load_manifest(adapter, "adapter").fingerprint


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([], [], r"rows\.jsonl: no row is left to train on, of 0 read"),
        (ROWS, ["--cutoff", "16"], r"rows\.jsonl: no row is left to train on, of 24 read.* --cutoff \(now 16 tokens\)"),
        ([{"id": "a", "instruction": "Hi"}], [], r"rows\.jsonl.*'output' must be text"),
        (ROWS, ["--deepspeed", "no.json"], r"no\.json: no such file"),
        (ROWS, ["--model", "nowhere"], "nowhere: no such manifest"),
    ],
)
def test_a_training_that_cannot_be_is_refused_and_writes_no_adapter(base, tmp_path, rows, options, message):
    with pytest.raises(UserError, match=message):
        train(tmp_path, base, rows, *options)
    assert not (tmp_path / "adapter").exists()


def test_settings_in_the_manifest_are_those_of_the_command_line(adapter):
    origin = json.loads(adapter.read_text())["made_from"]
    assert origin["settings"]["lora_rank"] == 8
    assert origin["settings"]["learning_rate"] == 5e-3
    assert origin["rows"] == {"training": 22, "validation": 2}
