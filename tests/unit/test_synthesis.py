"""From seeds to new instructions, through the command lines: planning, collecting, finishing."""

import pytest

from scripts import collect_synthesis, finish_synthesis, plan_synthesis
from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.lib.rows.verdicts import reject
from scripts.lib.self_instruct.reasons import REASONS
from tests.unit.rejected_rows import others_of, verdict_of

SEEDS = [
    {"id": f"seed-{n}", "instruction": f"Do the seed task of kind {word}.", "input": "", "output": word}
    for n, word in enumerate(["apple", "river", "stone", "cloud", "piano", "tiger"])
]
MADE_BY = {"model": "0123", "engine": "transformers", "seed": 7}


@pytest.fixture
def files(tmp_path):
    """A folder with seeds and a template."""
    write_rows(tmp_path / "seeds.jsonl", SEEDS)
    (tmp_path / "template.txt").write_text("Write {{count}} tasks:\n")
    return tmp_path


def plan(files, *more, target=6, round_number=1):
    output = files / f"requests_{round_number}.jsonl"
    arguments = ["--seeds", files / "seeds.jsonl", "--template", files / "template.txt", "--target", target]
    arguments += ["--iteration", 1, "--round", round_number, "--expected-yield", 2, "--output", output, *more]
    plan_synthesis.main(plan_synthesis.parser().parse_args(map(str, arguments)))
    return list(read_rows(output))


def collect(files, texts, *more, finish_reason="stop", name="kept"):
    requests = plan(files, target=2 * len(texts))
    completions = [
        {"id": request["id"], "text": text, "finish_reason": finish_reason, "made_by": MADE_BY}
        for request, text in zip(requests, texts, strict=True)
    ]
    write_rows(files / "completions.jsonl", completions)
    arguments = ["--requests", files / "requests_1.jsonl", "--completions", files / "completions.jsonl"]
    arguments += ["--seeds", files / "seeds.jsonl", "--iteration", 1]
    arguments += ["--output", files / f"{name}.jsonl", "--rejected", files / "rejected.jsonl", *more]
    collect_synthesis.main(collect_synthesis.parser().parse_args(map(str, arguments)))
    return list(read_rows(files / f"{name}.jsonl")), list(read_rows(files / "rejected.jsonl"))


def task(number, instruction, given="<noinput>"):
    heading = "" if number == 6 else f"\n###\n{number}. Instruction:"
    return f"{heading} {instruction}\n{number}. Input:\n{given}"


def test_a_prompt_shows_five_examples_and_opens_the_sixth_and_the_seed_decides_which(files):
    requests = plan(files)
    assert len(requests) == 3
    prompt = requests[0]["prompt"]
    assert prompt.startswith("Write 20 tasks:\n###\n1. Instruction: Do the seed task")
    assert prompt.endswith("<noinput>\n###\n6. Instruction:")
    assert requests == plan(files)
    assert requests != plan(files, "--seed", "2")
    assert len({request["seed"] for request in requests}) == 3


def test_no_stop_string_fires_on_a_year_or_a_number(files):
    (stop,) = plan(files)[0]["stop"]
    assert stop not in "In 1721 the 21. Regiment marched.\n21 people: 21. Input:"
    assert plan(files, "--stop-after", "16")[0]["stop"] == ["\n17. Instruction:"]


def test_kept_rows_take_the_places_that_origin_samples_leaves(files):
    measured = {"perplexity": {"task": 5.0}}
    kept = [{**row, **measured, "id": f"kept-{row['id']}", "instruction": "A kept row."} for row in SEEDS]
    write_rows(files / "kept.jsonl", kept)
    before = ("--kept-before", files / "kept.jsonl")
    mixed = ("--origin-samples", 3, "--few-shot-choice", "ppl")
    for options, places in (((), 0), (mixed, 2)):
        prompts = [request["prompt"] for request in plan(files, *before, *options, target=30)]
        assert {prompt.count("Do the seed task") for prompt in prompts} == {5 - places}
        assert {prompt.count("A kept row.") for prompt in prompts} == {places}
    with pytest.raises(UserError, match=r"row 'kept-seed-\d'.*perplexity"):
        write_rows(files / "kept.jsonl", [{**row, "perplexity": None} for row in kept])
        plan(files, *before, *mixed, target=30)


def test_a_choice_of_examples_by_perplexity_needs_it(files):
    with pytest.raises(UserError, match=r"row 'seed-\d'.*perplexity"):
        plan(files, "--few-shot-choice", "ppl")


def test_a_later_round_asks_for_what_is_missing_by_the_yield_that_was_seen(files):
    plan(files, target=20)
    write_rows(files / "kept.jsonl", [{"id": f"k{n}", "instruction": "Do.", "input": ""} for n in range(10)])
    asked = ["--earlier-requests", files / "requests_1.jsonl"]
    more = ["--kept-before", files / "kept.jsonl", *asked]
    assert len(plan(files, *more, target=20, round_number=2)) == 10
    assert plan(files, *more, target=10, round_number=2) == []


def test_every_piece_of_every_text_becomes_a_row_or_a_rejected_row_with_its_rule(files):
    text = (
        task(6, "Name three rivers that flow through Germany.")
        + task(7, "Sort these words.", "b\na")
        + task(8, "Do the seed task of the kind river.")
        + task(9, "Draw a horse in a field.")
        + task(10, "Name three rivers that flow through all Germany.")
        + "\n###\n11. Something else entirely"
        + task(12, "Explain in one sentence why the sky is blue.")
    )
    kept, rejected = collect(files, [text])
    assert [row["instruction"] for row in kept] == [
        "Name three rivers that flow through Germany.",
        "Explain in one sentence why the sky is blue.",
    ]
    assert [row["id"] for row in kept] == ["i1-r1-000001-06", "i1-r1-000001-12"]
    assert {row["iteration"] for row in kept} == {others_of(row)["iteration"] for row in rejected} == {1}
    reasons = {row["id"][-2:]: row["rejected"]["rule"] for row in rejected}
    assert reasons == {
        "07": "instruction_too_short",
        "08": "too_similar",
        "09": "blacklisted_word",
        "10": "too_similar",
        "11": "malformed",
    }
    near = {row["id"][-2:]: verdict_of(row) for row in rejected}
    assert near["08"]["to"] == "seed-1"
    assert near["10"]["to"] == "i1-r1-000001-06"
    assert near["10"]["rouge_l"] > 0.7
    assert near["11"]["text"] == "\n11. Something else entirely\n"


def test_a_last_task_that_may_be_cut_off_is_not_used(files):
    text = task(6, "Name three rivers that flow through Germany.") + task(7, "Explain in one sentence why the sky is")
    assert len(collect(files, [text])[0]) == 2
    assert len(collect(files, [text], finish_reason="length")[0]) == 1
    assert len(collect(files, [text], "--keep-last", "never")[0]) == 1


def test_held_out_tasks_and_rows_of_earlier_iterations_are_never_new(files):
    write_rows(files / "held_out.jsonl", [{"id": "h", "instruction": "name  three rivers in FRANCE.", "input": ""}])
    write_rows(files / "earlier.jsonl", [{"id": "i0-x", "instruction": "Tell me why the sky is blue."}])
    texts = [task(6, "Name three rivers in France."), task(6, "Tell me why the sky is blue.")]
    more = ["--held-out", files / "held_out.jsonl", "--earlier", files / "earlier.jsonl"]
    kept, rejected = collect(files, [*texts], *more)
    assert kept == []
    assert [row["rejected"]["rule"] for row in rejected] == ["held_out", "too_similar"]
    kept, _ = collect(files, [*texts], *more, "--scope", "iteration")
    assert [row["instruction"] for row in kept] == ["Tell me why the sky is blue."]


@pytest.mark.parametrize(("scope", "copies"), [("run", 0), ("iteration", 0), ("call", 8)])
def test_only_the_scope_of_a_call_forgets_what_was_kept_in_the_call_before(files, scope, copies):
    """64 requests are two batches of 32: of the first, all 128 rows are new; the second repeats 8 of them."""
    names = [f"{first}{rest}" for first in "bcdfghjkl" for rest in ("anner", "ottle", "ucket", "asket")]

    def four_tasks(text):
        tasks = [f"Explain {names[text]}{n} to {names[-1 - n]}{text} now." for n in range(4)]
        return "".join(task(6 + n, instruction) for n, instruction in enumerate(tasks))

    texts = [four_tasks(text) for text in range(32)] + [four_tasks(0), four_tasks(1)] + ["no task"] * 30
    instructions = [row["instruction"] for row in collect(files, texts, "--scope", scope)[0]]
    assert len(set(instructions)) == 128
    assert len(instructions) == 128 + copies


def finish(files, kept, *more, fallen=("link",)):
    write_rows(files / "kept.jsonl", [{"id": f"k{n}"} for n in range(kept)])
    reasons = {reason.name: reason for reason in REASONS}
    write_rows(files / "fallen.jsonl", [reject({"id": f"f{n}"}, reasons[name]) for n, name in enumerate(fallen)])
    arguments = ["--input", files / "kept.jsonl", "--input-rejected", files / "fallen.jsonl", "--target", 4]
    arguments += ["--output", files / "prompts.jsonl", "--rejected", files / "prompts_rejected.jsonl"]
    arguments += ["--counts", files / "counts.json", *more]
    finish_synthesis.main(finish_synthesis.parser().parse_args(map(str, arguments)))


def test_rows_beyond_the_target_stand_in_the_rejected_file(files):
    finish(files, kept=6)
    assert [row["id"] for row in read_rows(files / "prompts.jsonl")] == ["k0", "k1", "k2", "k3"]
    assert [row["id"] for row in read_rows(files / "prompts_rejected.jsonl")] == ["k4", "k5", "f0"]
    assert read_json(files / "counts.json") == {"in": 7, "kept": 4, "rejected": {"beyond_target": 2, "link": 1}}


def test_too_few_rows_are_an_error_that_says_how_many_of_how_many_and_why(files):
    with pytest.raises(UserError, match=r"only 1 of 4 new instructions.*link 1.*rounds of synthesis"):
        finish(files, kept=1)
    assert not (files / "prompts.jsonl").exists()
    finish(files, 1, "--minimum-share", "0.25")
    assert (files / "prompts.jsonl").exists()


@pytest.mark.parametrize(
    ("kept", "share", "fallen", "advised", "not_advised"),
    [
        (1, 0.5, ["last_piece"] * 8 + ["link"], "against last_piece, raise synthesis.max_tokens", "link,"),
        (1, 0.5, ["too_similar"] * 8, "more varied, seeds, raise synthesis.temperature", "max_tokens"),
        (1, 0.5, ["too_similar", "last_piece"], "max_tokens.*temperature|temperature.*max_tokens", "malformed"),
        (1, 0.5, [], "lower its target or minimum_share", "against"),
        (0, 0.0, ["malformed"], "give more, and more varied, seeds", "minimum_share"),
        (0, 0.5, ["malformed"], "docs/rejected.md explains", "minimum_share"),
    ],
)
def test_the_advice_is_by_reasons(files, kept, share, fallen, advised, not_advised):
    with pytest.raises(UserError, match=advised) as error:
        finish(files, kept, "--minimum-share", share, fallen=fallen)
    assert not_advised not in str(error.value).split("; each stands", 1)[1]
