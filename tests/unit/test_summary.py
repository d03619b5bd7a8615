"""The summary of a run, from made-up counts: what is in it, and what it says of rows that lie with another model."""

import re

import pytest

from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json, write_json
from scripts.lib.rows.grades import length_measure, share_measure
from scripts.lib.rows.jsonl import write_rows
from scripts.report import summary
from tests.unit.made_up_summaries import grades, measures


@pytest.fixture
def summed_up(tmp_path):
    """A function that writes counts by model and stage, sums up the model "loose", and returns numbers and table."""

    def run(counts, *more, recipe="isheep"):
        files = []
        for (model, stage), kept in counts.items():
            files.append(tmp_path / f"results/{model}/iter1/counts/{stage}.json")
            scores = {"mean_scores": {"quality": 7.5}} if stage == "evaluated" else {}
            write_json(files[-1], {"in": kept, "kept": kept, "rejected": {}, **scores})
        log = tmp_path / "results/loose/iter1/adapter/training_log.jsonl"
        write_rows(log, [{"step": 1, "loss": 0.9}, {"step": 2, "loss": 0.4, "eval_loss": 0.5}])
        outputs = {name: tmp_path / f"summary.{name}" for name in ("json", "txt", "png")}
        arguments = ["--model", "loose", "--recipe", recipe, "--counts", *files, "--training-logs", log]
        arguments += ["--merged", tmp_path / "results/loose/iter1/merged/manifest.json", "--output", outputs["json"]]
        arguments += ["--table", outputs["txt"], "--picture", outputs["png"], *more]
        summary.main(summary.parser().parse_args(map(str, arguments)))
        return read_json(outputs["json"]), outputs["txt"].read_text()

    return run


COUNTS = {
    ("tiny", "prompts"): 60,
    ("tiny", "outputs"): 60,
    ("tiny", "rule_filtered"): 50,
    ("tiny", "evaluated"): 50,
    ("loose", "score_filtered"): 30,
    ("loose", "training"): 29,
}
REPLIES = {("loose", stage): 60 for stage in ("outputs", "rule_filtered", "training")}


def test_stages_scores_losses_and_what_is_shared(summed_up):
    numbers, table = summed_up(COUNTS)
    (iteration,) = numbers["iterations"]
    assert [stage["rows"] for stage in iteration["stages"]] == [60, 60, 50, 50, 30, 29]
    assert iteration["mean_scores"] == {"quality": 7.5}
    assert iteration["loss"] == {"training": 0.4, "validation": 0.5}
    assert iteration["shared_with"] == dict.fromkeys(("prompts", "outputs", "rule_filtered", "evaluated"), "tiny")
    assert "iter1: shared with tiny: new instructions, answered, kept by rules, assessed" in table
    assert re.search(r"share kept +50%", table)
    assert (numbers["arm"], numbers["seed"], numbers["held_out"]) == ("loose", 1, [])


def test_an_iteration_that_selects_nothing_has_no_share_of_kept_rows(summed_up):
    _, table = summed_up({("loose", "outputs"): 8, ("loose", "rule_filtered"): 5}, recipe="autoif")
    assert "verified" in table and "share kept" not in table


def test_an_arm_and_a_seed_are_taken_from_the_command(summed_up):
    numbers, _ = summed_up(COUNTS, "--arm", "self", "--seed", "3")
    assert (numbers["arm"], numbers["seed"]) == ("self", 3)


def test_a_stage_of_no_recipe_is_named(summed_up):
    with pytest.raises(UserError, match=r"counts/topics\.json: the recipe 'isheep' has no stage 'topics'"):
        summed_up({**COUNTS, ("loose", "topics"): 3})


def measured(folder, **results):
    """The option that names results, such as iter0_chat; a result is what a grader gave beside accuracies."""
    files = []
    for name, result in results.items():
        number, _, format_name = name.partition("_")
        files.append(folder / f"results/loose/{number}/held_out_{format_name}.json")
        write_json(files[-1], grades(0.5) | result)
    return ["--held-out", *files]


def test_further_measures_have_a_table_of_their_own(summed_up, tmp_path):
    lengths = length_measure("length of replies", [2, 4, 6], "words")
    honest = share_measure("honest where there is no answer", [True] * 10 + [False] * 80)
    # The t quantile of two degrees of freedom times the standard error, and Wilson's interval of 10 of 90.
    assert lengths["interval"] == pytest.approx([4 - 4.3027 * 2 / 3**0.5, 4 + 4.3027 * 2 / 3**0.5], abs=1e-4)
    assert honest["interval"] == pytest.approx([0.0615, 0.1926], abs=1e-4)
    assert length_measure("length of replies", [3, 3], "words")["interval"] == [3, 3]

    held_out = measured(
        tmp_path,
        iter1_chat={"measures": {"honest": honest, "words": lengths}},
        iter0_principles={"measures": {"honest": honest}},
        iter0_chat={},
    )
    numbers, table = summed_up(REPLIES, *held_out, recipe="self_align")
    lines = [re.split(" {2,}", line.strip()) for line in table.split("\n\n")[-2].splitlines()]
    assert lines == [
        ["held-out measures", "honest where there is no", "length of replies"],
        ["answer", "(words)"],
        ["base, chat format", "-", "-"],
        ["base, under principles", "11.1% (6.2%-19.3%)", "-"],
        ["engraved", "11.1% (6.2%-19.3%)", "4.0 (-1.0-9.0)"],
    ]
    assert [result.get("measures") for result in numbers["held_out"]] == [
        None,
        {"honest": honest},
        {"honest": honest, "words": lengths},
    ]
    assert (tmp_path / "summary.png").stat().st_size


def test_without_further_measures_there_is_no_table_of_them(summed_up, tmp_path):
    numbers, table = summed_up(COUNTS, *measured(tmp_path, iter0_chat={}, iter1_chat={}))
    assert "held-out measures" not in table
    assert all("measures" not in result for result in numbers["held_out"])


def test_a_format_that_the_recipe_has_not_is_named(summed_up, tmp_path):
    with pytest.raises(UserError, match=r"held_out_song\.json: the recipe 'isheep' has no format 'song'"):
        summed_up(COUNTS, *measured(tmp_path, iter0_song={}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": ""}, r"measures\.honest\.title: String should have at least 1"),
        ({"value": "0.2"}, r"measures\.honest\.value: Input should be a valid number"),
        ({"value": 0.9}, r"measures\.honest: the interval 0\.1 to 0\.3 does not hold the value 0\.9"),
        ({"interval": [0.1]}, r"measures\.honest\.interval: List should have at least 2 items"),
        ({"interval": [-0.1, 0.3]}, r"measures\.honest: the interval of a share lies between 0 and 1"),
        ({"total": -1}, r"measures\.honest\.total: Input should be greater"),
        ({"unit": "pages"}, r"measures\.honest\.unit: Input should be 'share', 'words' or 'characters'"),
    ],
)
def test_a_measure_that_is_none_is_named(summed_up, tmp_path, change, message):
    found = measures(0.2, 3.0)
    found["honest"] |= change
    with pytest.raises(
        UserError, match=rf"^\S+held_out_chat\.json: {message}[^\n]*; delete the file and make it again$"
    ):
        summed_up(COUNTS, *measured(tmp_path, iter1_chat={"measures": found}))


def test_a_measure_that_means_two_things_is_named(summed_up, tmp_path):
    other = {"words": measures(0.2, 3.0)["words"] | {"unit": "characters"}}
    held_out = measured(tmp_path, iter0_chat={"measures": measures(0.2, 3.0)}, iter1_chat={"measures": other})
    with pytest.raises(UserError, match=r"'words' is 'length of replies \(characters\)' here, and .* in .*iter0"):
        summed_up(COUNTS, *held_out)


def scores_of_a_task(acc, error, documents=20, name="riddles"):
    """What score_task writes."""
    return {
        "format": "chat",
        "documents": documents,
        "metrics": {name: {"acc": acc, "acc_stderr": error, "bleu,strict": 31.5, "bleu_stderr,strict": 2.0}},
        "shares": ["acc"],
        "num_fewshot": {name: 3},
        "higher_is_better": {name: {"acc": True, "bleu": True}},
    }


def mean(value, interval=None):
    return {"number": 10, "mean": value, "interval": interval}


def share(value, interval=None):
    return {"share": value, "interval": interval}


PAIRWISE = {
    "questions": 12,
    "unreadable": 2,
    "win_rate": share(0.45, [0.2, 0.7]),
    "weighted_win_rate": mean(0.4, [0.3, 0.5]),
    "length_controlled_win_rate": share(None),
    "agreement_of_orders": share(0.8, [0.5, 0.9]),
}
TWO_TURNS = {"unreadable": 0, "score": mean(6.5), "turns": {"1": mean(7.0), "2": mean(6.0)}}


def scoring(folder, **files):
    """The options that name what benchmarks and a judge say; results by folder, iteration and name."""
    options = {"evaluation": ["--benchmarks"], "judged": ["--judged"]}
    for place, content in files.items():
        kind, number, name = place.split("__")
        file = folder / f"results/loose/{number}/{kind}/{name}.json"
        write_json(file, content)
        options[kind].append(file)
    return [argument for chosen in options.values() if len(chosen) > 1 for argument in chosen]


def test_benchmarks_and_judged_quality_have_tables_with_intervals(summed_up, tmp_path):
    options = scoring(
        tmp_path,
        # 5 of 20 right, by Wilson; and a standard error that no share of right documents has.
        evaluation__iter1__riddles=scores_of_a_task(0.25, (0.25 * 0.75 / 19) ** 0.5),
        evaluation__iter0__riddles={**scores_of_a_task(0.25, 0.05), "format": "base"},
        judged__iter1__pairwise=PAIRWISE,
        judged__iter1__two_turns=TWO_TURNS,
    )
    numbers, table = summed_up(COUNTS, *options)
    *_, benchmarks, judged, _ = (
        [re.split(" {2,}", line.strip()) for line in block.splitlines()] for block in table.split("\n\n")
    )
    assert benchmarks == [
        ["benchmarks", "base, base format", "iter1"],
        ["riddles (3-shot): acc", "25.0% (15.2%-34.8%)", "25.0% (11.2%-46.9%)"],
        ["riddles (3-shot): bleu (strict)", "31.50 (27.58-35.42)", "31.50 (27.58-35.42)"],
    ]
    assert judged == [
        ["judged quality", "iter1"],
        ["win rate against references", "45.0% (20.0%-70.0%)"],
        ["weighted win rate", "40.0% (30.0%-50.0%)"],
        ["length-controlled win rate", "-"],
        ["agreement of the judge's two orders", "80.0% (50.0%-90.0%)"],
        ["score over two turns", "6.50"],
        ["score of turn 1", "7.00"],
        ["score of turn 2", "6.00"],
        ["iter1: 2 verdicts could not be read, and are in no score"],
    ]
    assert [each["iteration"] for each in numbers["benchmarks"]] == [0, 1]
    assert [len(each["scores"]) for each in numbers["judged"]] == [4, 3]


def test_of_a_group_its_own_metrics_are_told_or_else_those_of_its_tasks(summed_up, tmp_path):
    whole, part = ({**scores_of_a_task(0.5, 0.1), "num_fewshot": {}} for _ in range(2))
    whole["metrics"] = {"all": {"acc": 0.5, "acc_stderr": 0.1}, "all_easy": {"acc": 0.7, "acc_stderr": 0.1}}
    part["metrics"] = {"some": {}, "some_easy": {"acc": 0.7}, "some_hard": {"acc": 0.3, "acc_stderr": None}}
    numbers, _ = summed_up(COUNTS, *scoring(tmp_path, evaluation__iter1__all=whole, evaluation__iter1__some=part))
    scores = [score for each in numbers["benchmarks"] for score in each["scores"]]
    assert [(score["title"], score["value"], score["total"]) for score in scores] == [
        ("all: acc", 0.5, 20),
        ("some, some_easy: acc", 0.7, None),
        ("some, some_hard: acc", 0.3, None),
    ]
    assert scores[2]["interval"] is None


@pytest.mark.parametrize(
    ("place", "content", "message"),
    [
        ("evaluation__iter1__riddles", {"metrics": {}}, r"riddles\.json: format: Field required; delete the file"),
        ("judged__iter1__two_turns", {"unreadable": 0}, r"two_turns\.json: score: Field required"),
        ("judged__iter1__essays", PAIRWISE, r"essays\.json: no way of judging is called 'essays'"),
    ],
)
def test_a_file_of_scores_that_is_none_is_named(summed_up, tmp_path, place, content, message):
    with pytest.raises(UserError, match=message):
        summed_up(COUNTS, *scoring(tmp_path, **{place: content}))
