"""Seed tasks: the project's own are fit for use, and any file is either understood or refused by name."""

import json
import subprocess
import sys

import pytest

from scripts import collect_seeds
from scripts.isheep.rules import select_rules
from scripts.lib.errors import UserError
from scripts.lib.rows.jsonl import read_rows
from scripts.lib.rows.novelty import NoveltyFilter
from scripts.lib.rows.rules import first_failing
from scripts.lib.self_instruct.rules import RULES

SEED = {"id": "s1", "instruction": "Name three rivers.", "input": "", "output": "Nile, Danube, Amur"}


def collect(output, *files, at_least=1):
    arguments = ["--input", *map(str, files), "--output", str(output), "--at-least", str(at_least)]
    collect_seeds.main(collect_seeds.parser().parse_args(arguments))
    return list(read_rows(output))


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def own_seeds(root, tmp_path):
    return collect(tmp_path / "seeds.jsonl", root / "config/seeds/general.jsonl")


def test_own_seeds_are_many_and_varied(own_seeds):
    assert len(own_seeds) >= 185
    assert len({tag for seed in own_seeds for tag in seed["tags"]}) >= 20
    with_input = sum(bool(seed["input"]) for seed in own_seeds)
    assert 0.4 < with_input / len(own_seeds) < 0.6


@pytest.mark.parametrize("rules", ["reference", "precise"])
def test_own_seeds_pass_the_rules_that_generated_rows_must_pass(own_seeds, rules):
    for seed in own_seeds:
        assert first_failing(seed, RULES) is None, seed["id"]
        assert first_failing(seed | {"finish_reason": "stop"}, select_rules(rules)) is None, seed["id"]


def test_own_seeds_are_not_like_one_another_nor_like_public_ones(own_seeds, shared_data, tmp_path):
    public = collect(tmp_path / "public.jsonl", shared_data / "seeds/self_instruct_seed_tasks.jsonl")
    for threshold, known in ((0.7, []), (0.5, public)):
        novelty = NoveltyFilter(threshold)
        for seed in known:
            novelty.add_known(seed["id"], seed["instruction"])
        for seed in own_seeds:
            near = novelty.check(seed["instruction"]) if known else novelty.admit(seed["id"], seed["instruction"])
            assert near is None, seed["id"]


def test_self_instruct_file_gives_its_first_instances(shared_data, tmp_path):
    seeds = collect(tmp_path / "seeds.jsonl", shared_data / "seeds/self_instruct_seed_tasks.jsonl")
    assert len(seeds) == 175
    assert seeds[1]["id"] == "seed_task_1"
    assert seeds[1]["input"] == "Night : Day :: Right : Left"
    assert seeds[1]["name"] == "antonym_relation"
    assert not any("instances" in seed for seed in seeds)


def test_alpaca_files_without_ids_fit_together(tmp_path):
    rows = [{"instruction": f"Name {count} rivers.", "input": "", "output": ""} for count in range(4)]
    first = write(tmp_path / "first.json", rows[:2])
    second = write(tmp_path / "second.json", rows[2:])
    seeds = collect(tmp_path / "seeds.jsonl", first, second)
    assert [seed["id"] for seed in seeds] == ["first-000001", "first-000002", "second-000001", "second-000002"]


def test_unknown_fields_stay_and_absent_input_is_empty(tmp_path):
    file = write(tmp_path / "own.json", [{"id": "x", "instruction": "Say hello in Dutch.", "level": 3}])
    assert collect(tmp_path / "seeds.jsonl", file) == [
        {"id": "x", "instruction": "Say hello in Dutch.", "input": "", "output": "", "level": 3}
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"bad\.jsonl: there are no tasks"),
        ('{"id": "a", "instruction": "Name a river."}\n\n{"id": "b", "instr', r"bad\.jsonl:3: broken JSON"),
        ("7\n", r"bad\.jsonl:1: a row must be a JSON object"),
        ([SEED, SEED], r"bad\.jsonl: row 2: the id 's1' occurs twice"),
        ([SEED | {"id": 5}], r"bad\.jsonl: row 1: the id must be text"),
        ([SEED | {"instruction": ["a"]}], r"bad\.jsonl: row 1 .*'instruction' must be text, but is \[\"a\"\]"),
        ([{"prompt": "Name a river."}], r"bad\.jsonl: row 1 .*'instruction' must be text, but is missing"),
        ([SEED | {"input": ["a"]}], r"bad\.jsonl: row 1 .*'input' must be text, but is \[\"a\"\]"),
        ([SEED, SEED | {"id": "s2", "instruction": " \n"}], r"bad\.jsonl: row 2 .*instruction is blank"),
        ([SEED | {"instances": []}], r"bad\.jsonl: row 1 .*'instances' must be a list of objects"),
        ([SEED | {"instances": [{"output": 1}]}], r"bad\.jsonl: row 1 .*'output' must be text, but is 1"),
        ([SEED], r"bad\.jsonl: 1 seed tasks, but 5 are needed"),
    ],
)
def test_what_cannot_be_used_is_refused_by_file_and_place(tmp_path, content, message):
    file = write(tmp_path / "bad.jsonl", content)
    with pytest.raises(UserError, match=message):
        collect(tmp_path / "seeds.jsonl", file, at_least=5)
    assert not (tmp_path / "seeds.jsonl").exists()


def test_text_that_is_not_utf8_is_refused_by_line(tmp_path):
    file = tmp_path / "latin.jsonl"
    file.write_bytes(json.dumps(SEED).encode() + '\n{"instruction": "Sag Grüße"}\n'.encode("latin-1"))
    with pytest.raises(UserError, match=r"latin\.jsonl:2: not UTF-8"):
        collect(tmp_path / "seeds.jsonl", file)


def test_an_id_in_two_files_is_refused_with_both_names(tmp_path):
    first, second = write(tmp_path / "first.json", [SEED]), write(tmp_path / "second.json", [SEED])
    with pytest.raises(UserError, match=r"second\.json: the id 's1' is also in .*first\.json"):
        collect(tmp_path / "seeds.jsonl", first, second)


def test_rows_without_ids_of_files_of_one_name_are_told_apart(tmp_path):
    files = [tmp_path / folder / "train.csv" for folder in ("x", "y")]
    for file in files:
        file.parent.mkdir()
        file.write_text(f"instruction,output\nName a thing in {file.parent.name}.,it\n")
    made = collect(tmp_path / "seeds.jsonl", *files)
    assert [row["id"] for row in made] == ["train-000001", "train_2-000001"]


def test_the_command_line_fails_in_one_line_and_writes_nothing(root, tmp_path):
    command = [sys.executable, "-m", "scripts.collect_seeds"]
    output = tmp_path / "seeds.jsonl"
    done = subprocess.run(
        [*command, "--input", tmp_path / "absent.jsonl", "--output", output], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error:") and "absent.jsonl: no such file" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not output.exists()
