"""AutoIF's instructions, through the command lines: prompts, what a list gives, rounds, and seeds before all others."""

import pytest

from scripts.autoif import collect_instructions, finish_instructions, plan_instructions
from scripts.lib.models.prompting import read_template
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.unit.autoif_steps import written
from tests.unit.commands import run
from tests.unit.refusals import refusal
from tests.unit.rejected_rows import verdict_of

SEEDS = [{"id": f"seed-{n}", "instruction": text} for n, text in enumerate(["Use no commas.", "Write three lines."])]


@pytest.fixture
def folder(tmp_path):
    write_rows(tmp_path / "seeds.jsonl", SEEDS)
    (tmp_path / "instructions.txt").write_text("{{wanted}} more like:\n{{examples}}\nNow:\n")
    return tmp_path


def planned(folder, round_number, *more, model="unread"):
    output = folder / f"requests_{round_number}.jsonl"
    files = ["--seeds", folder / "seeds.jsonl", "--template", folder / "instructions.txt", "--output", output]
    run(
        plan_instructions,
        *files,
        "--model",
        model,
        "--format",
        "base",
        "--round",
        round_number,
        "--calls",
        3,
        "--wanted",
        5,
        *more,
    )
    return list(read_rows(output))


def collected(folder, round_number, texts, *before, finish_reason="stop"):
    texts = {f"instructions-r{round_number}-{n:06d}": text for n, text in enumerate(texts, start=1)}
    completions = written(folder / "completions.jsonl", texts, finish_reason)
    kept, rejected = (folder / f"{name}_{round_number}.jsonl" for name in ("kept", "rejected"))
    requests = ["--requests", folder / f"requests_{round_number}.jsonl", "--seeds", folder / "seeds.jsonl"]
    run(
        *(collect_instructions, *requests, "--completions", completions),
        *("--output", kept, "--rejected", rejected, *before),
    )
    return list(read_rows(kept)), list(read_rows(rejected))


def test_the_first_round_shows_seeds_and_a_later_one_also_what_was_written(folder):
    first = planned(folder, 1)
    assert {request["prompt"] for request in first} == {"5 more like:\n- Use no commas.\n- Write three lines.\nNow:\n"}
    assert len({request["seed"] for request in first}) == 3
    kept = [{"id": f"w-{n}", "instruction": f"Use the digit {n}."} for n in range(9)]
    write_rows(folder / "kept.jsonl", kept)
    later = planned(folder, 2, "--kept-before", folder / "kept.jsonl")
    assert all(request["prompt"].count("\n- ") == len(SEEDS) for request in later)
    assert any("Use the digit" in request["prompt"] for request in later)
    assert later == planned(folder, 2, "--kept-before", folder / "kept.jsonl")


def test_a_chat_template_is_put_around_the_whole_prompt(folder, base):
    asked = planned(folder, 1, "--format", "chat", "--calls", 1, model=base)[0]
    plain = planned(folder, 1, "--calls", 1)[0]
    start = asked["prompt"].index(plain["prompt"].strip())
    assert start > 0 and asked["plain"][0][0] == start, "what is asked is plain, and the frame is not"
    assert asked["template"] != plain["template"]


LIST = """Here are five:
- Use no digits at all.
* "End with a full stop."
3. Write four paragraphs.
- Rhyme

- use  NO commas
- **Begin with a verb.**
- Write every word back"""


def test_every_line_is_an_instruction_or_a_rejected_row_with_its_rule(folder):
    planned(folder, 1)
    kept, rejected = collected(folder, 1, [LIST, "- End with a full stop", ""], finish_reason="length")
    assert [row["instruction"] for row in kept] == [
        *("Use no digits at all.", "End with a full stop.", "Write four paragraphs.", "Begin with a verb."),
    ]
    assert [row["id"][-9:] for row in kept] == ["000001-02", "000001-03", "000001-04", "000001-08"]
    assert kept[0]["made_by"]["instruction"]["model"] == "0123"
    assert [(row["instruction"], verdict_of(row)["rule"]) for row in rejected] == [
        ("Here are five:", "no_bullet"),
        ("Rhyme", "too_few_words"),
        ("use  NO commas", "too_similar"),
        ("Write every word back", "cut_off_item"),
        ("End with a full stop", "cut_off_item"),
    ]


def test_rounds_are_carried_over_and_seeds_come_first(folder):
    planned(folder, 1)
    collected(folder, 1, ["- Use no digits at all.\nno", "", ""])
    before = ("--kept-before", folder / "kept_1.jsonl", "--rejected-before", folder / "rejected_1.jsonl")
    planned(folder, 2, "--kept-before", folder / "kept_1.jsonl")
    collected(folder, 2, ["- Use no digits at all!", "- Begin with a verb.", "- End with a noun."], *before)
    files = ["--seeds", folder / "seeds.jsonl", "--input", folder / "kept_2.jsonl"]
    files += ["--input-rejected", folder / "rejected_2.jsonl", "--output", folder / "instructions.jsonl"]
    files += ["--rejected", folder / "fallen.jsonl", "--counts", folder / "counts.json"]
    run(finish_instructions, *files, "--most", 2)
    rows = list(read_rows(folder / "instructions.jsonl"))
    assert [(row["origin"], row["instruction"]) for row in rows] == [
        *(("seed", seed["instruction"]) for seed in SEEDS),
        *(("written", "Use no digits at all."), ("written", "Begin with a verb.")),
    ]
    rules = {"no_bullet": 1, "too_similar": 1, "beyond_most": 1}
    assert read_json(folder / "counts.json") == {"in": 7, "kept": 4, "rejected": rules, "seeds": 2, "written": 2}


@pytest.mark.parametrize("row", [{}, {"instruction": " "}, {"instruction": "Two\nlines."}])
def test_a_seed_that_is_no_line_of_text_is_named(tmp_path, row):
    given = tmp_path / "given"
    write_rows(given / "seeds.jsonl", [{"id": "a", **row}])
    (given / "t.txt").write_text("{{examples}}")
    files = [
        "--seeds",
        given / "seeds.jsonl",
        "--template",
        given / "t.txt",
        "--model",
        "none",
        "--format",
        "base",
        "--round",
        1,
    ]
    said = refusal("autoif.plan_instructions", *files, "--output", tmp_path / "r.jsonl", inputs=given)
    assert "seeds.jsonl:1 (id 'a'): 'instruction' must be" in said


def test_our_own_seeds_are_36_of_more_than_ten_kinds(root):
    rows = list(read_rows(root / "config/seeds/constraints.jsonl"))
    assert len({row["instruction"] for row in rows}) == len(rows) == 36
    assert len({row["kind"] for row in rows}) > 10


def test_the_prompt_asks_for_the_bullets_that_are_read(root):
    template = read_template(root / "config/prompts/autoif/instructions.txt", "examples", "wanted")
    assert template.endswith("New instructions:\n") and 'begins with "- "' in template
