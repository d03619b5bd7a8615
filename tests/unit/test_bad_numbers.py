"""Numbers that options must not take: refused with the option, the limit and the value, before anything runs."""

import importlib

import pytest

from scripts.lib.config.options import checked
from tests.unit.refusals import refusal
from tests.unit.test_bad_files import COMMANDS

COMPLETE = "complete --requests rows.jsonl --model model --journal journal --output out"
TRAIN = "train_adapter --data rows.jsonl --model model --checkpoints work --output adapter/manifest.json"
PLAN = "plan_synthesis --seeds rows.jsonl --template rows.jsonl --iteration 1 --round 1 --output out"
COLLECT = (
    "collect_synthesis --requests rows.jsonl --completions rows.jsonl --seeds rows.jsonl --iteration 1 "
    "--output out --rejected rejected"
)
ASSESS = "isheep.plan_assessment --input rows.jsonl --templates rows.jsonl --output out"
FILES = "--input rows.jsonl --output out --rejected rejected"
NOVELTY, SCORES = f"novelty_filter {FILES}", f"isheep.score_filter {FILES}"
FINISH = f"finish_synthesis --input-rejected rows.jsonl {FILES}"
CLUSTER = "cluster_rows --input rows.jsonl --model model --output out"
MERGE = "merge_adapter --base model --adapter adapter --output merged/manifest.json"
MEASURE = "tiny_world.measure --model model --output out --table table"
PREFER = TRAIN.replace("train_adapter", "train_preferences")
CROSS, VERIFY = f"autoif.cross_validate {FILES}", f"autoif.verify_responses {FILES}"
DRAW = "autoif.draw_prompts --functions rows.jsonl --queries rows.jsonl --output out --rejected rejected"
PAIR = "autoif.make_pairs --kept rows.jsonl --output out --rejected rejected"
RESPOND = "autoif.plan_responding --input rows.jsonl --template rows.jsonl --model model --output out"
PRETRAIN = "tiny_world.pretrain --corpus rows.jsonl --checkpoint work --output new/manifest.json"

HUGE = "9" * 5000

CASES = [
    *((COMPLETE, "--cpu-threads", value) for value in ("0", "-1", "1.5", "nan", "two", "", HUGE)),
    *((COMPLETE, "--batch-tokens", value) for value in ("0", "255", "inf")),
    (COMPLETE, "--gpus", "-1"),
    *(
        (COMPLETE, "--shard", value)
        for value in ("0-of-0", "x", "0-of-2", "3-of-2", "-1-of-2", "1-of-", "1-of-٢", HUGE)
    ),
    *((TRAIN, "--epochs", value) for value in ("0", "-1", "nan", "inf", "1e999")),
    *((TRAIN, "--batch-size", value) for value in ("0", "-2")),
    (TRAIN, "--rows-per-update", "0"),
    *((TRAIN, "--max-samples", value) for value in ("0", "-5", "all")),
    *((TRAIN, "--validation-share", value) for value in ("-0.5", "1", "nan")),
    *((TRAIN, "--learning-rate", value) for value in ("0", "-1e-5", "nan", "inf")),
    *((TRAIN, option, "0") for option in ("--lora-rank", "--lora-alpha", "--cutoff", "--save-steps", "--cpu-threads")),
    *((TRAIN, "--lora-dropout", value) for value in ("1", "-0.1", "nan")),
    *((TRAIN, option, "-1") for option in ("--warmup-steps", "--seed")),
    *((PLAN, "--expected-yield", value) for value in ("0", "-3", "nan", "inf")),
    *(
        (PLAN, option, "0")
        for option in ("--examples", "--target", "--iteration", "--round", "--max-tokens", "--top-p")
    ),
    *((PLAN, option, "-1") for option in ("--iteration", "--origin-samples", "--seed", "--temperature")),
    *((PLAN, option, "nan") for option in ("--temperature", "--top-p", "--round")),
    (PLAN, "--examples", "51"),
    *((COLLECT, "--threshold", value) for value in ("nan", "-0.1", "1.1")),
    *((COLLECT, "--iteration", value) for value in ("-1", "0", "one")),
    *((ASSESS, "--attempt", value) for value in ("0", "-1", "nan")),
    (ASSESS, "--temperature", "inf"),
    *((NOVELTY, "--threshold", value) for value in ("nan", "inf", "-inf", "2")),
    *((SCORES, "--threshold", value) for value in ("nan", "inf", "-2", "11")),
    *((SCORES, "--max-perplexity", value) for value in ("0", "nan", "inf")),
    *((FINISH, "--target", value) for value in ("0", "-1")),
    *((FINISH, "--minimum-share", value) for value in ("nan", "1.5")),
    *((CLUSTER, "--clusters", value) for value in ("0", "1", "-3")),
    (CLUSTER, "--seed", "-1"),
    (MERGE, "--cpu-threads", "0"),
    *(("chat --model model", "--max-tokens", value) for value in ("0", "-1")),
    *(("chat --model model", "--temperature", value) for value in ("-1", "nan", "inf")),
    *(("collect_seeds --input rows.jsonl --output out", "--at-least", value) for value in ("0", "-1", "few")),
    *((MEASURE, option, "0") for option in ("--lists", "--held-out", "--cpu-threads")),
    (MEASURE, "--threshold", "nan"),
    *((PREFER, "--beta", value) for value in ("0", "-0.3", "nan", "inf")),
    *((PREFER, option, "0") for option in ("--rows-per-update", "--max-samples", "--learning-rate")),
    *((CROSS, option, "0") for option in ("--least-functions", "--least-cases", "--workers")),
    *(
        (CROSS, option, value)
        for option in ("--case-agreement", "--function-accuracy")
        for value in ("-0.1", "1.1", "nan")
    ),
    *((VERIFY, "--threshold", value) for value in ("-0.1", "1.1", "nan")),
    (VERIFY, "--workers", "0"),
    *((DRAW, option, value) for option in ("--per-instruction", "--shorter-than") for value in ("0", "-1", "1.5")),
    (DRAW, "--longer-than", "-1"),
    *((PAIR, "--chosen", value) for value in ("-0.1", "1.1", "nan")),
    *((PAIR, "--most", value) for value in ("0", "all")),
    *((RESPOND, "--samples", value) for value in ("0", "1001", "nan")),
    *((f"autoif.select_by_score {FILES}", "--threshold", value) for value in ("-1", "11", "nan")),
    (PRETRAIN, "--cpu-threads", "0"),
    (PRETRAIN, "--seed", "-1"),
    ("tiny_world.corpus --output out", "--documents", "0"),
    ("tiny_world.held_out --output out", "--count", "-1"),
    ("tiny_world.seeds --output out", "--seed", "-1"),
    (
        "report.summary --model m --recipe isheep --counts c --merged m --output out --table t --picture p",
        "--seed",
        "x",
    ),
]


@pytest.mark.parametrize(("command", "option", "value"), CASES)
def test_a_number_out_of_range_is_refused_by_its_option(tmp_path, monkeypatch, command, option, value):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text("")
    name, *arguments = command.split()
    said = refusal(name, *arguments, f"{option}={value}", inputs=tmp_path)
    assert said.startswith(f"error: argument {option}: ") and said.count("\n") == 1
    assert f"not {value[:60]!r}" in said


def test_options_that_do_not_fit_together_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text("")
    name, *arguments = PLAN.split()
    said = refusal(name, *arguments, "--examples=3", "--origin-samples=3", inputs=tmp_path)
    assert said.startswith("error: options: origin_samples (3) must be less than examples (3)")


def test_no_command_takes_a_number_that_is_not_checked():
    for command in COMMANDS:
        for action in importlib.import_module(f"scripts.{command}").parser()._actions:
            assert action.type not in (int, float), f"{command}: {action.option_strings} needs a type with a range"


def test_a_number_within_its_range_is_taken_as_it_is():
    assert (checked(int)("12"), checked(float)("1e-3")) == (12, 0.001)
