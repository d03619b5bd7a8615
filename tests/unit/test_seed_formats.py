"""Seeds in the forms in which people have them: each is read as what it means, or refused by file and row."""

import datetime

import pytest

from scripts.lib.rows.jsonl import read_rows
from tests.unit.seed_files import collect, lines, refused, table, task

ASKED, ANSWERED = {"role": "user", "content": "Name a river."}, {"role": "assistant", "content": "Elbe"}
TASK = ("Name a river.", "", "Elbe")


def chat(*turns, field="messages"):
    return {field: list(turns)}


def said(role, content):
    return {"role": role, "content": content}


def parts(*texts):
    return [{"type": "text", "text": text} for text in texts]


def sharegpt(*turns):
    return {"conversations": [{"from": speaker, "value": text} for speaker, text in turns]}


ROWS = {
    "ours": ({"instruction": "Name it.", "input": "A river", "output": "Elbe"}, ("Name it.", "A river", "Elbe")),
    "input null": ({"instruction": "Name a river.", "input": None, "output": "Elbe"}, TASK),
    "output null": ({"instruction": "Name a river.", "output": None}, ("Name a river.", "", "")),
    "instance null": ({"instruction": "Name a river.", "instances": [{"input": None, "output": "Elbe"}]}, TASK),
    "dolly": ({"instruction": "Name it.", "context": "A river", "response": "Elbe"}, ("Name it.", "A river", "Elbe")),
    "dolly without context": ({"instruction": "Name a river.", "response": "Elbe"}, TASK),
    "prompt": ({"prompt": "Name a river.", "completion": "Elbe"}, TASK),
    "question": ({"question": "Name a river.", "answer": "Elbe"}, TASK),
    "chat": (chat(ASKED, ANSWERED), TASK),
    "chat with its prompt beside it": ({"prompt": "Name a river.", **chat(ASKED, ANSWERED)}, TASK),
    "chat of sharegpt": (sharegpt(("human", "Name a river."), ("gpt", "Elbe")), TASK),
    "chat with a system": (
        chat(said("system", "Be brief."), ASKED, ANSWERED), ("Be brief.\n\nName a river.", "", "Elbe"),
    ),
    "chat with an empty system": (chat(said("system", " "), ASKED, ANSWERED), TASK),
    "chat in parts": (
        chat(said("user", parts("Name a", "river.")), said("assistant", parts("Elbe"))), ("Name a\nriver.", "", "Elbe"),
    ),
    "chat without answer": (chat(ASKED), ("Name a river.", "", "")),
    "chat that goes on": (chat(ASKED, ANSWERED, said("user", "Why?"), said("tool", [1])), TASK),
    "chat that the assistant opens": (sharegpt(("gpt", "Hello!"), ("human", "Name a river."), ("gpt", "Elbe")), TASK),
    "chat that asks twice": (chat(ASKED, said("user", "A long one."), ANSWERED), ("Name a river.", "", "")),
    "chat with a call of a tool": (chat(ASKED, said("assistant", None)), ("Name a river.", "", "")),
}  # fmt: skip

FILES = {
    "a.csv": "instruction,input,output\nName a river.,,Elbe\n",
    "b.csv": '\ufeffinstruction, output\r\n"Name a river.",Elbe\r\n',
    "c.tsv": "prompt\tcompletion\nName a river.\tElbe\n",
    "d.csv": ",question,answer\n0,Name a river.,Elbe\n",
    "short.csv": "instruction,output,input\nName a river.,Elbe\n",
}

BAD_ROWS = {
    "instruction null": ({"instruction": None, "output": "x"}, "'instruction' must be text, but is null"),
    "input a number": ({"instruction": "Name it.", "input": 0}, "'input' must be text, but is 0"),
    "response a list": ({"instruction": "Name it.", "response": ["a"]}, "'response' must be text, but is [\"a\"]"),
    "prompt alone": ({"prompt": "Name it."}, "'instruction' must be text, but is missing"),
    "prompt blank": ({"prompt": " ", "completion": "x"}, "the instruction is blank"),
    "turns as text": ({"messages": "Hello"}, "'messages' must be a list of turns"),
    "no turn": (chat(), "no user speaks"),
    "no user": (chat(ANSWERED), "no user speaks"),
    "a turn as text": (chat("Hello"), "turn 1: it does not say who speaks"),
    "a turn of nobody": (chat(ASKED, {"content": "Elbe"}), "turn 2: it does not say who speaks"),
    "a blank turn": (chat(said("system", "Be brief."), said("user", ""), ANSWERED), "the instruction is blank"),
    "a picture": (chat(said("user", [*parts("Look"), {"type": "image_url"}])), "turn 1: what is said must be text"),
    "a part of a number": (chat(said("user", parts(7))), "turn 1: what is said must be text"),
    "an answer in numbers": (chat(ASKED, said("assistant", 7)), "turn 2: what is said must be text, not 7"),
}

BAD_FILES = {
    "more.csv": ("instruction,output\na,b\nc,d,e\n", "row 2: more fields than the header"),
    "open.csv": ('instruction,output\na,b\n"c,d\n', "row 2: broken CSV"),
    "twice.csv": ("instruction,output,output\na,b,c\n", "two columns are called 'output'"),
    "semicolons.csv": ("instruction;output\na;b\n", "row 1 (id 'semicolons-000001'): 'instruction' must be text"),
    "blank.csv": ("instruction,output\n,b\n", "row 1 (id 'blank-000001'): the instruction is blank"),
    "same.csv": ("id,instruction\n1,a\n1,b\n", "row 2: the id '1' occurs twice"),
    "header.csv": ("instruction,output\n", "there are no tasks"),
    "empty.tsv": ("", "there are no tasks"),
    "latin.csv": ("instruction\nGrüße\n".encode("latin-1"), "not UTF-8"),
    "text.parquet": ("instruction\na\n", "cannot be read as Parquet"),
    "absent.parquet": (None, "no such file; give a CSV, TSV or Parquet file"),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_row_is_read_as_what_it_means_from_json_and_from_parquet(case, tmp_path):
    row, expected = ROWS[case]
    (seed,) = collect(tmp_path, lines(tmp_path / "mine.jsonl", row))
    assert task(seed) == expected
    if case != "chat that goes on":  # a column of a table has one type, which the content of a tool has not
        assert collect(tmp_path, table(tmp_path / "mine.parquet", row))[0] == seed


@pytest.mark.parametrize("name", FILES)
def test_a_table_is_read_as_its_rows(name, tmp_path):
    (tmp_path / name).write_text(FILES[name], newline="")
    (seed,) = collect(tmp_path, tmp_path / name)
    assert task(seed) == TASK
    assert seed["id"] == f"{name.partition('.')[0]}-000001" and set(seed) == {"id", "instruction", "input", "output"}


def test_text_of_a_csv_stays_as_it_is(tmp_path):
    (tmp_path / "a.csv").write_text('id,instruction,output,level\n7,"Say\n""NA"".",NA,007\n')
    seed = {"id": "7", "instruction": 'Say\n"NA".', "input": "", "output": "NA", "level": "007"}
    assert collect(tmp_path, tmp_path / "a.csv") == [seed]


def test_other_columns_of_a_parquet_file_become_what_json_has(tmp_path):
    row = {"id": 7, "instruction": "Name a river.", "made": datetime.date(2024, 2, 29), "score": float("nan"), "n": 1.5}
    (seed,) = collect(tmp_path, table(tmp_path / "a.parquet", row | {"tags": ["a"], "none": None}))
    assert seed["id"] == "7" and seed["made"] == "2024-02-29"
    assert (seed["score"], seed["n"], seed["tags"], seed["none"]) == (None, 1.5, ["a"], None)


def test_turns_that_are_left_out_are_counted_aloud(tmp_path, caplog):
    caplog.set_level("INFO")
    collect(tmp_path, lines(tmp_path / "a.jsonl", chat(ASKED, ANSWERED, ASKED), chat(ANSWERED, said("user", "Why?"))))
    assert "2 turns of chats left out" in caplog.text


def test_of_equal_tasks_the_first_is_kept_and_the_others_are_counted_and_set_aside(tmp_path, caplog):
    caplog.set_level("INFO")
    first = lines(tmp_path / "a.jsonl", {"id": "x", "instruction": "Name a river.", "output": "Elbe"})
    again = {"instruction": " name  a River.", "output": "Oder"}
    other = {"instruction": "Name a river.", "input": "in Asia"}
    seeds = collect(tmp_path, first, lines(tmp_path / "b.jsonl", again, other, again))
    assert [seed["id"] for seed in seeds] == ["x", "b-000002"]
    rejected = list(read_rows(tmp_path / "rejected.jsonl"))
    assert [row["id"] for row in rejected] == ["b-000001", "b-000003"] and rejected[0]["output"] == "Oder"
    assert all(row["rejected"] == {"rule": "duplicate", "detail": '{"of": "x"}'} for row in rejected)
    assert "2 duplicates of earlier seeds left out" in caplog.text


@pytest.mark.parametrize("name", ["general", "tiny"])
def test_no_seed_of_the_project_is_left_out(name, root, tmp_path):
    source = root / f"config/seeds/{name}.jsonl"
    assert len(collect(tmp_path, source)) == len(source.read_text().splitlines())
    assert (tmp_path / "rejected.jsonl").read_text() == ""


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_row_that_means_nothing_is_refused_by_its_place(case, tmp_path):
    row, message = BAD_ROWS[case]
    answer = refused(tmp_path, lines(tmp_path / "bad.jsonl", {"instruction": "Name a town."}, row))
    assert "bad.jsonl:2 (id 'bad-000002'): " in answer and message in answer


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_table_that_cannot_be_read_is_refused_by_its_name(name, tmp_path):
    content, message = BAD_FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    answer = refused(tmp_path, tmp_path / name)
    assert f"{name}: {message}" in answer


def test_bytes_in_a_table_are_refused_by_their_column(tmp_path):
    table(tmp_path / "bad.parquet", {"instruction": "Look.", "image": {"bytes": b"\x89PNG"}})
    assert "bad.parquet: row 1: 'image' holds bytes" in refused(tmp_path, tmp_path / "bad.parquet")


def test_too_few_seeds_are_told_with_their_duplicates(tmp_path):
    row = {"instruction": "Name a river."}
    answer = refused(tmp_path, lines(tmp_path / "bad.jsonl", row, row, row), "--at-least", 2)
    assert "1 seed tasks (and 2 that repeat them), but 2 are needed" in answer
