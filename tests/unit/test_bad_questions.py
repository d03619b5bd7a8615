"""Bad seeds, topics, templates and completions of SELF-ALIGN's prompts: one clear line each, and nothing is written."""

import json
from pathlib import Path

import pytest

from scripts.lib.rows.jsonl import write_rows
from tests.unit.refusals import refusal
from tests.unit.topic_guided import MADE_BY, SEEDS, plan_of_questions, plan_of_topics, prepare

TOPICS = "self_align.plan_topics --seeds {seeds} --template {topics} --round 1 --output out"
LATER = TOPICS + " --known-before bad"
COLLECT = (
    "self_align.collect_topics --requests {requests} --completions {completions} --seeds {seeds} --round 1 "
    "--output out --rejected rejected"
)
FINISH = "self_align.finish_topics --input bad --input-rejected empty --output out --rejected rejected"
QUESTIONS = "self_align.plan_questions --topics {known} --seeds {seeds} --template {questions} --output out"
ASKED = (
    "self_align.collect_questions --requests asked.jsonl --completions {completions} --topics {known} "
    "--output out --rejected rejected"
)
MERGE = "self_align.merge_prompts --output out --rejected rejected"
CLEAN = "self_align.clean_prompts --input {given} --model model --output out --rejected rejected"
GOOD = {
    "seeds": "seeds.jsonl",
    "topics": "topics.txt",
    "questions": "questions.txt",
    "requests": "requests_1.jsonl",
    "completions": "completions.jsonl",
    "known": "topics.jsonl",
    "given": "seeds.jsonl",
}
TOPIC = {"id": "t", "question_type": "the sea", "topic": "Sand"}
WRITTEN = {"text": " Sand", "finish_reason": "stop", "made_by": MADE_BY}


def line(row, **changes):
    """Return a row as a line of JSON; what is None is left out."""
    return json.dumps({key: value for key, value in {**row, **changes}.items() if value is not None})


@pytest.fixture
def world(tmp_path, monkeypatch, root):
    """A folder with all that the commands need, to be spoilt by the file "bad"."""
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    write_rows("topics.jsonl", [TOPIC])
    write_rows("completions.jsonl", [{**WRITTEN, "id": request["id"]} for request in plan_of_topics(tmp_path)])
    plan_of_questions(tmp_path)
    Path("empty").write_text("")
    Path("model").symlink_to(root / "config/models/tiny")
    return tmp_path


BAD = [
    (TOPICS, "seeds", "", "bad: there are no questions in this file; give rows of question_type, topic"),
    (TOPICS, "seeds", line(SEEDS[0], topic=None), "bad:1 (id 'seed-0'): 'topic' must be text, but is missing"),
    (TOPICS, "seeds", line(SEEDS[0], topic=" "), "'topic' must be a line of text, but is \" \""),
    (TOPICS, "seeds", line(SEEDS[0], question_type="a\nb"), "'question_type' must be a line of text, but is \"a\\nb\""),
    (TOPICS, "seeds", line(SEEDS[0], instruction=["x"]), "bad:1 (id 'seed-0'): 'instruction' must be text"),
    (TOPICS, "topics", "{{count}} topics:\n", "must have the slots ['count', 'question_type'], but has ['count']"),
    (TOPICS, "topics", "{{count}} {{question_type}} {{hints}}", "'hints'"),
    (LATER, "", line(TOPIC, question_type="the moon"), "bad: row 't': no seed has the type \"the moon\"; delete the"),
    (LATER, "", line(TOPIC, topic=5), "bad:1 (id 't'): 'topic' must be text, but is 5"),
    (LATER, "", "", "bad: there are no topics in this file"),
    (COLLECT, "completions", line(WRITTEN, id="topics-r1-009-000001"), "has no request in requests_1.jsonl"),
    (COLLECT, "completions", line(WRITTEN, id="topics-r1-001-000001"), "no completion of 'topics-r1-001-000002'"),
    (COLLECT, "completions", line(WRITTEN, id="x", finish_reason="tired"), "finish_reason: Input should be 'stop'"),
    (COLLECT, "seeds", line(SEEDS[0]), "the request 'topics-r1-002-000001' asks for topics of no type of bad"),
    (COLLECT, "seeds", line(SEEDS[4]), "the request 'topics-r1-001-000001' asks for topics of no type of bad"),
    (FINISH, "", "", "bad: there are no topics in this file; give rows of question_type and topic"),
    (FINISH, "", line(TOPIC, question_type=None), "bad:1 (id 't'): 'question_type' must be text, but is missing"),
    (QUESTIONS, "known", "", "bad: there are no topics in this file"),
    (QUESTIONS, "known", line(TOPIC, topic="Sand\nSea"), "'topic' must be a line of text"),
    (
        QUESTIONS,
        "seeds",
        line(SEEDS[0]),
        "bad: 1 seed questions, but a prompt shows 5; add some, or lower questions.ex",
    ),
    (QUESTIONS, "questions", "Ask:\n", "must have the slots ['hints'], but has []"),
    (ASKED, "completions", line(WRITTEN, id="questions-000002"), "the completion of 'questions-000002' has no request"),
    (ASKED, "completions", line(WRITTEN, id="questions-000001", text=None), "text: Field required"),
    (ASKED + " --examples 3", "completions", line(WRITTEN, id="questions-000001"), "topics (--wanted) behind 3 exampl"),
    (
        ASKED.format_map({**GOOD, "known": "bad", "completions": "made"}),
        "",
        line(TOPIC, topic="Salt"),
        "do not ask abo",
    ),
    (
        ASKED.format_map({**GOOD, "known": "bad", "completions": "made"}),
        "",
        line(TOPIC, made_by="me"),
        "made_by must be",
    ),
    (MERGE, "", "", "there is no file to take prompts from"),
    (MERGE + " --instructions bad", "", line(TOPIC), "bad:1 (id 't'): 'instruction' must be text, but is missing"),
    (MERGE + " --instructions seeds.jsonl --questions bad", "", line(SEEDS[0]), "bad: the id 'seed-0' is in another f"),
    (MERGE + " --instructions seeds.jsonl --topic-guided-share 1.5", "", "", "less than or equal to 1"),
    (CLEAN, "given", "", "bad: there are no"),
    (CLEAN, "given", line({"id": "c", "messages": 5}), "bad:1 (id 'c'): 'messages' must be a list of turns, not 5"),
    (CLEAN, "given", line({"id": "c", "text": "x"}), "'instruction' must be text, but is missing; a task is {"),
    (CLEAN + " --least-tokens 9 --most-tokens 8", "", "", "least_tokens (9) must not be above most_tokens (8)"),
    (CLEAN.replace("--model model", "--model bad"), "", "", "bad"),
]


@pytest.mark.parametrize(("command", "spoilt", "content", "message"), BAD)
def test_what_a_command_cannot_use_is_named_in_one_line(world, command, spoilt, content, message):
    write_rows("made", [{**WRITTEN, "id": "questions-000001"}])
    Path("bad").write_text(content)
    name, *arguments = command.format_map({**GOOD, spoilt: "bad"}).split()
    said = refusal(name, *arguments, inputs=world)
    assert message in said
    assert said.count("\n") == 1, said
