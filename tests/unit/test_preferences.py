"""From pairs to an adapter: what is learnt of two outputs, which pairs are left out, and what a kill costs."""

import math

import pytest

from scripts import merge_adapter, train_preferences
from scripts.lib.errors import UserError
from scripts.lib.models.chat_format import end_of_turn
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.prompting import chat_prompt
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.training.data import select
from scripts.lib.training.log import ACCURACY, CHOSEN, MARGIN, REJECTED
from scripts.lib.training.pairs import Pair, read_pairs
from scripts.report import draw_loss
from tests.unit.rejected_rows import verdict_of
from tests.unit.training_runs import ROWS, kill_at, losses, training_arguments

PAIRS = [{**row, "rejected_output": "other " * (place % 3 + 1)} for place, row in enumerate(ROWS)]


def prefer(folder, base, rows, *options):
    arguments = training_arguments(folder, base, rows, *options)
    train_preferences.main(train_preferences.parser().parse_args(arguments))
    return folder / "adapter" / "manifest.json"


def log_of(manifest, kind="loss"):
    return [row for row in read_rows(manifest.parent / "training_log.jsonl") if kind in row]


@pytest.fixture(scope="module")
def preferring(base, tmp_path_factory):
    """The manifest of an adapter trained on pairs without disturbance."""
    return prefer(tmp_path_factory.mktemp("preferring"), base, PAIRS)


def test_both_outputs_stand_behind_one_prompt_and_end_their_turns(base, tmp_path):
    write_rows(tmp_path / "rows.jsonl", PAIRS)
    tokenizer = load_tokenizer(base.parent)
    pair = read_pairs([tmp_path / "rows.jsonl"], tokenizer)[1]
    endless = read_pairs([tmp_path / "rows.jsonl"], tokenizer, learns_to_end=False)[1]
    end = end_of_turn(tokenizer, "model").id
    assert tokenizer.decode(pair.prompt) == chat_prompt(tokenizer, "Name word 1.", "a list").text
    assert tokenizer.decode(pair.chosen) == "words words <|im_end|>"
    assert tokenizer.decode(pair.rejected) == "other other <|im_end|>"
    assert [pair.prompt, pair.chosen, pair.rejected] == [
        endless.prompt,
        [*endless.chosen, end],
        [*endless.rejected, end],
    ]
    assert len(pair) == len(pair.prompt) + max(len(pair.chosen), len(pair.rejected))


def test_training_on_pairs_moves_the_chosen_output_away_from_the_rejected_one(preferring):
    updates, evaluations = log_of(preferring), log_of(preferring, "eval_loss")
    first, last = updates[0], evaluations[-1]
    assert [row["step"] for row in updates] == list(range(1, 18))
    assert [row["step"] for row in evaluations] == [5, 10, 15, 17]
    # Before the first update the model is its own reference: no reward, and even odds.
    assert first["loss"] == pytest.approx(math.log(2), abs=1e-6)
    assert first[CHOSEN] == first[REJECTED] == first[MARGIN] == 0
    assert last["eval_loss"] < 0.1 and last[f"eval_{ACCURACY}"] == 1
    assert last[f"eval_{MARGIN}"] == pytest.approx(last[f"eval_{CHOSEN}"] - last[f"eval_{REJECTED}"], rel=1e-4)
    made = load_manifest(preferring, "adapter").made_from
    assert made["settings"]["beta"] == 0.3 and made["rows"] == {"training": 22, "validation": 2}


def test_rewards_are_beta_times_what_the_model_says_more_than_its_base(base, preferring):
    """The validation margin of the best checkpoint, computed anew with peft on the delivered adapter, without TRL."""
    import torch
    from peft import AutoPeftModelForCausalLM

    tokenizer = load_tokenizer(base.parent)
    model = AutoPeftModelForCausalLM.from_pretrained(preferring.parent, dtype=torch.float32).eval()
    pairs = read_pairs([preferring.parent.parent / "rows.jsonl"], tokenizer)
    everything = {"held_out": (), "max_samples": None, "over_cutoff": "drop", "subset": "sample"}
    held_back = select(pairs, cutoff=4096, validation_share=0.1, seed=1, **everything).validation

    def log_probability(prompt, output):
        with torch.no_grad():
            logits = model(torch.tensor([prompt + output])).logits[0, len(prompt) - 1 : -1]
        return logits.log_softmax(-1)[range(len(output)), output].sum().item()

    def reward(pair, output):
        with model.disable_adapter():
            before = log_probability(pair.prompt, output)
        return 0.3 * (log_probability(pair.prompt, output) - before)

    margins = [reward(pair, pair.chosen) - reward(pair, pair.rejected) for pair in held_back]
    best = min(log_of(preferring, "eval_loss"), key=lambda row: row["eval_loss"])
    assert sum(margins) / len(margins) == pytest.approx(best[f"eval_{MARGIN}"], rel=1e-4)


def test_a_stronger_hold_changes_the_rewards(base, tmp_path, preferring):
    weak = prefer(tmp_path, base, PAIRS, "--beta=0.01", "--epochs=1")
    assert 0 < log_of(weak)[-1][MARGIN] < 0.2 * log_of(preferring)[5][MARGIN]


def test_an_update_is_the_same_however_many_pairs_are_in_memory_at_once(base, tmp_path):
    def logged(size):
        options = ["--batch-size", size, "--epochs", "1", "--validation-share", "0", "--learning-rate", "1e-4"]
        return log_of(prefer(tmp_path / size, base, PAIRS, *options))

    one, four = logged("1"), logged("4")
    assert len(one) == 6
    for name in ("loss", MARGIN):
        assert [row[name] for row in one] == pytest.approx([row[name] for row in four], rel=1e-3, abs=1e-6)


def test_the_dropout_of_the_adapter_is_a_setting_and_the_reference_has_none(base, tmp_path):
    options = ["--epochs=1", "--validation-share=0"]
    plain = log_of(prefer(tmp_path / "plain", base, PAIRS, *options))
    dropped = log_of(prefer(tmp_path / "dropped", base, PAIRS, *options, "--lora-dropout=0.5"))
    assert dropped[0]["loss"] == plain[0]["loss"] and dropped[0][MARGIN] == 0
    assert dropped[-1]["loss"] != plain[-1]["loss"]


@pytest.mark.slow
def test_a_training_on_pairs_that_is_killed_ends_with_the_same_bytes(base, preferring, tmp_path):
    options = ["--lora-dropout=0.1"]
    whole = prefer(tmp_path / "whole", base, PAIRS, *options)
    killed = tmp_path / "killed"
    for moment in ("checkpoint-5/adapter_model.safetensors", "checkpoint-10/whole.json"):
        kill_at(moment, "scripts.train_preferences", killed, base, PAIRS, *options)
    resumed = prefer(killed, base, PAIRS, *options)
    for name in ("adapter_model.safetensors", "adapter_config.json", "manifest.json"):
        assert (resumed.parent / name).read_bytes() == (whole.parent / name).read_bytes(), name
    assert losses(resumed.parent) == losses(whole.parent)


def test_an_adapter_of_preferences_is_merged_as_any_other(base, preferring, tmp_path):
    command = ["--base", base, "--adapter", preferring, "--output", tmp_path / "merged" / "manifest.json"]
    merge_adapter.main(merge_adapter.parser().parse_args([*map(str, command), "--cpu-threads=1"]))
    merged = load_manifest(tmp_path / "merged", "model")
    assert merged.made_from["adapter"] == load_manifest(preferring, "adapter").fingerprint


def test_rewards_are_drawn_below_the_loss(preferring, adapter, tmp_path):
    from PIL import Image

    for log, picture in ((preferring, "pairs.png"), (adapter, "answers.png")):
        arguments = [f"--log={log.parent / 'training_log.jsonl'}", f"--output={tmp_path / picture}"]
        draw_loss.main(draw_loss.parser().parse_args(arguments))
    sizes = {name: Image.open(tmp_path / name).size for name in ("pairs.png", "answers.png")}
    assert sizes["pairs.png"][1] == 2 * sizes["answers.png"][1]


def test_every_pair_is_trained_on_held_back_or_rejected_with_a_reason(base, tmp_path):
    first = PAIRS[0]
    unfit = [
        {**first, "id": "same", "rejected_output": first["output"]},
        {**first, "id": "nothing chosen", "output": ""},
        {**first, "id": "nothing asked", "instruction": " "},
        {**first, "id": "long", "rejected_output": "other " * 500},
        {**first, "id": "known", "instruction": "REPEAT  me."},
    ]
    ends_at_once = {**first, "id": "ends at once", "rejected_output": ""}
    write_rows(tmp_path / "held_out.jsonl", [{"id": "h", "instruction": "Repeat me.", "input": ""}])
    options = ["--epochs=1", "--cutoff=300", "--max-samples=20", f"--held-out={tmp_path / 'held_out.jsonl'}"]
    prefer(tmp_path, base, [*PAIRS, ends_at_once, *unfit], *options)
    rejected = {row["id"]: verdict_of(row) for row in read_rows(tmp_path / "rejected.jsonl")}
    expected = ["same_outputs", "no_choice", "no_prompt", "over_cutoff", "held_out"]
    assert [rejected[row["id"]]["rule"] for row in unfit] == expected
    assert rejected["long"]["tokens"] > rejected["long"]["cutoff"] == 300
    assert read_json(tmp_path / "counts.json") == {
        "in": 30,
        "kept": 20,
        "rejected": {"over_max_samples": 5, **dict.fromkeys(expected, 1)},
        "validation": 2,
        "cut": 0,
    }


@pytest.mark.parametrize(
    ("prompt", "chosen", "rejected", "kept"),
    [
        (200, range(100), range(50, 100), (67, 33, 33)),
        (400, range(10), range(49, 98), (51, 10, 49)),
        (49, range(400), range(1, 6), (49, 51, 5)),
        (200, range(100), [*range(90), 0], None),
        (10_000, range(50), range(1, 51), None),
    ],
)
def test_a_pair_that_is_too_long_is_cut_to_the_share_of_its_longer_output(prompt, chosen, rejected, kept):
    """By hand; outputs that would no longer differ stay whole, and are too long."""
    pair = Pair("1/a", {}, list(range(prompt)), list(chosen), list(rejected))
    cut = pair.cut(100)
    assert cut.is_cut == (kept is not None)
    assert (cut if kept is None else (len(cut.prompt), len(cut.chosen), len(cut.rejected))) == (kept or pair)


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        ([], [], r"rows\.jsonl: no row is left to train on, of 0 read"),
        (ROWS, [], r"rows\.jsonl:1 \(id 'row-00'\): 'rejected_output' must be text, but is missing"),
        ([{**PAIRS[0], "rejected_output": ["a"]}], [], r"'rejected_output' must be text, but is \[\"a\"\]"),
        ([{"instruction": "a", "rejected_output": "b"}], [], r"rows\.jsonl:1 .*'output' must be text, but is missing"),
        ([{**row, "rejected_output": row["output"]} for row in ROWS], [], r"no row is left to train on, of 24 read"),
        (
            PAIRS,
            ["--lora-targets", "lm_head"],
            r"output layer as it is; leave it out of autoif\.dpo\.lora_targets .*lm_head",
        ),
        (PAIRS, ["--lora-targets", "c_attn"], r"no module c_attn, which autoif\.dpo\.lora_targets"),
    ],
)
def test_pairs_that_cannot_be_trained_on_are_refused_and_no_adapter_is_written(base, tmp_path, rows, options, message):
    with pytest.raises(UserError, match=message):
        prefer(tmp_path, base, rows, *options)
    assert not (tmp_path / "adapter").exists()


def test_a_training_on_pairs_that_diverges_stops_before_it_is_saved(base, tmp_path):
    with pytest.raises(UserError, match=r"so that the training has diverged; lower autoif\.dpo\.learning_rate"):
        prefer(tmp_path, base, PAIRS, "--learning-rate=1e30", "--warmup-ratio=0")
    assert not (tmp_path / "adapter").exists()


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf"])
def test_a_hold_that_is_none_is_refused(base, tmp_path, capsys, value):
    with pytest.raises(SystemExit):
        prefer(tmp_path, base, PAIRS, f"--beta={value}")
    assert "--beta" in capsys.readouterr().err
