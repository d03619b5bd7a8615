"""Figures of measures, arms, curves and stages: from made-up summaries, whose numbers can be told by hand."""

import pytest

from scripts.configuration import read_config_files, read_figures
from scripts.lib.errors import UserError
from scripts.report.figures import arms, curve, metrics, stages
from scripts.report.figures.reported import read_reported
from tests.conftest import ROOT
from tests.unit.made_up_figures import drawn, summary_files
from tests.unit.made_up_summaries import iteration, measured, scored, summary, untested

HALF_OF_TWO = 12.7062 / 2**0.5
"""What the standard deviation of two values is multiplied with: t(0.975, 1) / sqrt(2)."""


def test_one_seed_has_intervals_over_the_tasks(tmp_path):
    found = drawn(metrics, tmp_path, "--summaries", *summary_files([summary("tiny", 1, (0.4, 0.6, 0.5))], tmp_path))
    assert found.tables["model"] == {
        f"tiny, {name}": {"strictly right (%)": text, "right in the first line (%)": text}
        for name, text in {
            "base, base format": "20.0 (16.0 to 24.0)",
            "base, chat format": "30.0 (26.0 to 34.0)",
            "iter1": "40.0 (36.0 to 44.0)",
            "iter2": "**60.0** (56.0 to 64.0)",
            "iter3": "50.0 (46.0 to 54.0)",
        }.items()
    }
    assert "n = 500 held-out tasks, one seed of each arm; 95 % intervals over the tasks" in found.caption


def test_several_seeds_have_t_intervals_and_their_common_base_its_own(tmp_path):
    files = summary_files([summary("tiny", 1, (0.4,)), summary("tiny", 2, (0.5,))], tmp_path)
    found = drawn(metrics, tmp_path, "--summaries", *files)
    (trained,) = [row for row in found.numbers if (row["iteration"], row["measure"]) == ("1", "strictly right")]
    assert (trained["mean"], trained["seeds"]) == ("0.45", "2")
    assert float(trained["high"]) - 0.45 == pytest.approx(HALF_OF_TWO * 0.1 / 2**0.5, abs=1e-4)
    assert found.tables["model"]["tiny, base, chat format"]["strictly right (%)"] == "30.0 (26.0 to 34.0)"
    assert "2 seeds of each arm; 95 % intervals over seeds; those of the base model are over the tasks" in found.caption


def test_further_measures_have_columns_and_no_best(tmp_path):
    found = drawn(metrics, tmp_path, "--summaries", *summary_files([measured(1)], tmp_path))
    columns = found.tables["model"]["whole, verbose"]
    assert columns["length of replies (words)"] == "7.00 (6.00 to 8.00)"
    assert [name for name, cell in columns.items() if "**" in cell] == [
        "strictly right (%)",
        "right in the first line (%)",
    ]


def test_benchmarks_and_judged_quality_are_measures_like_others(tmp_path):
    models = [scored("tiny", seed, (0.2, right, 0.5), (0.3, 0.4, 0.4)) for seed, right in ((1, 0.6), (2, 0.7))]
    found = drawn(metrics, tmp_path, "--summaries", *summary_files(models, tmp_path))
    cells = found.tables["model"]
    assert list(cells) == [f"tiny, {name}" for name in ("base, base format", "base, chat format", "iter1", "iter2")]
    assert cells["tiny, base, base format"] == {
        **{"riddles (3-shot): acc (%)": "20.0 (10.0 to 30.0)", "win rate against references (%)": "-"},
        "score over two turns": "-",
    }
    assert cells["tiny, base, chat format"]["score over two turns"] == "5.50 (-0.85 to 11.85)"
    assert cells["tiny, iter1"]["riddles (3-shot): acc (%)"].startswith("**65.0** (1.5 to")
    assert "n = 20 documents, 5 to 20 questions, 2 seeds of each arm" in found.caption
    assert "those of the base model are over the documents or questions" in found.caption


def test_a_score_without_an_interval_is_drawn_and_a_loss_is_best_where_it_is_least(tmp_path):
    (model,) = [scored("tiny", 1, (0.2, 0.6, 0.5), (0.3, 0.4, 0.4))]
    for each in model["benchmarks"]:
        each["scores"][0] |= {"interval": None, "higher_is_better": False}
    found = drawn(metrics, tmp_path, "--summaries", *summary_files([model], tmp_path))
    column = {name: cells["riddles (3-shot): acc (%)"] for name, cells in found.tables["model"].items()}
    assert (column["tiny, iter1"], column["tiny, iter2"]) == ("60.0", "**50.0**")
    assert found.numbers[0]["low"] == found.numbers[0]["high"] == ""


def test_stages_of_any_recipe_are_drawn_in_its_order(tmp_path):
    """AutoIF: functions and answers in the first iteration, and pairs of them in the second."""
    made = {"verifiers": 60, "cross_validated": 40, "consistent": 30, "outputs": 500, "rule_filtered": 200}
    iterations = [iteration(1, made, label="SFT"), iteration(2, {"pairs": 90, "training": 80}, label="offline DPO")]
    model = untested("tiny", 1, recipe="autoif", iterations=iterations)
    table = drawn(stages, tmp_path, "--summaries", *summary_files([model], tmp_path)).tables["model"]
    assert list(table["tiny, SFT"].values()) == ["60", "40", "30", "500", "200", "-", "-"]
    assert list(table["tiny, offline DPO"].values()) == ["-"] * 5 + ["90", "80"]


def test_the_best_arm_of_each_iteration_is_marked(tmp_path):
    files = summary_files([summary("self", 1, (0.4, 0.7)), summary("none", 1, (0.5, 0.6))], tmp_path)
    table = drawn(arms, tmp_path, "--summaries", *files).tables["strictly right (%)"]
    assert [name for name, cells in table.items() if "**" in cells["iter1"]] == ["none"]
    assert [name for name, cells in table.items() if "**" in cells["iter2"]] == ["self"]
    assert "**" not in table["self"]["base, chat format"]


def test_arms_may_end_earlier_than_others(tmp_path):
    files = summary_files([summary("long", 1, (0.4, 0.7)), summary("short", 1, (0.5,))], tmp_path)
    assert drawn(arms, tmp_path, "--summaries", *files).tables["strictly right (%)"]["short"]["iter2"] == "-"


def test_a_curve_takes_the_seeds_of_a_value_together(tmp_path):
    models = [summary(f"threshold{value}", seed, (share,)) for value, seed, share in CURVE]
    options = ["--setting", "isheep.selection.threshold", "--values", *(value for value, _, _ in CURVE)]
    files = summary_files(models, tmp_path)
    found = drawn(curve, tmp_path, *options, "--summaries", *files, "--left-out", "everything")
    table = found.tables["strictly right (%), by isheep.selection.threshold"]
    assert [(name, cells["iter1"].partition(" ")[0]) for name, cells in table.items()] == [
        *[("-1", "35.0"), ("6", "**45.0**"), ("8", "44.0")]
    ]
    assert found.caption.endswith("left out: everything.")


CURVE = [(8, 1, 0.40), (8, 2, 0.48), (6, 1, 0.45), (6, 2, 0.45), (-1, 1, 0.30), (-1, 2, 0.40)]


def test_curves_of_one_setting_have_names(tmp_path):
    files = summary_files([summary(f"arm{number}", 1, (0.3 + number / 10,)) for number in range(4)], tmp_path)
    options = ["--setting", "size", "--values", 1000, 100000, 1000, 100000]
    found = drawn(curve, tmp_path, *options, "--curves", "own", "own", "base", "base", "--summaries", *files)
    assert list(found.tables["strictly right (%), by size"]) == [
        "1,000, base",
        "100,000, base",
        "1,000, own",
        "100,000, own",
    ]


def test_rows_at_stages_are_means_over_seeds(tmp_path):
    models = [untested("tiny", 1, shares=(0.4, 0.5)), untested("tiny", 2, shares=(0.4, 0.5))]
    models[1]["iterations"][0]["stages"][2]["rows"] = 60
    found = drawn(stages, tmp_path, "--summaries", *summary_files(models, tmp_path))
    half = round(HALF_OF_TWO * 10 / 2**0.5)
    assert found.tables["model"]["tiny, iter1"] == {
        "the prompts": "240 ± 0",
        "the rule_filtered": "200 ± 0",
        "the score_filtered": f"55 ± {half}",
    }


def test_the_same_numbers_give_the_same_bytes(tmp_path):
    files = summary_files([summary("tiny", 1, (0.4,))], tmp_path)
    first, second = (drawn(metrics, tmp_path, "--summaries", *files).pictures for _ in range(2))
    assert first == second
    assert first["svg"].startswith(b"<?xml") and first["pdf"].startswith(b"%PDF") and first["png"][1:4] == b"PNG"
    assert b"<dc:date>" not in first["svg"] and b"/CreationDate" not in first["pdf"]


@pytest.mark.parametrize(
    ("module", "models", "options", "message"),
    [
        (metrics, [untested("self", 1)], [], "no model of these was measured; set held_out:"),
        (arms, [summary("self", 1)], [], "fewer than two arms of these were measured"),
        (arms, [summary("self", 1), untested("none", 1)], [], "fewer than two arms of these were measured"),
        (curve, [untested("self", 1)], ["--setting", "x", "--values", 1], "no model of these was measured"),
        (
            curve,
            [summary("self", 1)],
            ["--setting", "x", "--values", 1, 2],
            "there are 1, with 2 --values and 1 --curves",
        ),
    ],
)
def test_what_cannot_be_drawn_is_an_error(tmp_path, module, models, options, message):
    with pytest.raises(UserError, match=message):
        drawn(module, tmp_path, *options, "--summaries", *summary_files(models, tmp_path))


REPORTED = """arm,iteration,strictly right (%),score over two turns,a measure of theirs
tiny,0,25,5.5,1
tiny,2,62.5,,
another,1,99,9,9
"""


@pytest.fixture
def reported(tmp_path):
    file = tmp_path / "reported.csv"
    file.write_text(REPORTED)
    return file


def test_reported_numbers_stand_beside_the_runs_own_and_are_no_best_ones(tmp_path, reported, caplog):
    caplog.set_level("INFO")
    files = summary_files([summary("tiny", 1, (0.4, 0.6))], tmp_path)
    found = drawn(metrics, tmp_path, "--summaries", *files, "--reported", reported)
    column = {name: cells["strictly right (%)"] for name, cells in found.tables["model"].items()}
    assert column == {
        "tiny, base, base format": "20.0 (16.0 to 24.0)",
        "tiny, base, base format, reported": "25.0",
        "tiny, base, chat format": "30.0 (26.0 to 34.0)",
        "tiny, iter1": "40.0 (36.0 to 44.0)",
        "tiny, iter2": "**60.0** (56.0 to 64.0)",
        "tiny, iter2, reported": "62.5",
    }
    assert found.tables["model"]["tiny, iter2, reported"]["right in the first line (%)"] == "-"
    assert [row["reported"] for row in found.numbers if row["measure"] == "strictly right"] == ["0.25", "", "", "0.625"]
    assert found.caption.endswith("hollow signs: numbers of reported.csv, measured elsewhere.")
    assert "not measured here, and so not shown: score over two turns, a measure of theirs" in caplog.text
    assert b"tiny, reported" in drawn(metrics, tmp_path, "--summaries", *files, "--reported", reported).pictures["svg"]


def test_reported_numbers_of_arms_have_lines_of_their_own(tmp_path, reported):
    files = summary_files([summary("tiny", 1, (0.4, 0.7)), summary("none", 1, (0.5, 0.6))], tmp_path)
    tables = drawn(arms, tmp_path, "--summaries", *files, "--reported", reported).tables
    assert list(tables["strictly right (%)"]) == ["tiny", "tiny, reported", "none"]
    assert list(tables["strictly right (%)"]["tiny, reported"].values()) == ["25.0", "-", "-", "62.5"]
    assert list(tables["right in the first line (%)"]) == ["tiny", "none"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model,iteration,acc\ntiny,1,1\n", r"there is no column 'arm'"),
        ("arm,iteration,acc\ntiny,iter1,1\n", r"row 1: iteration is 'iter1'; it must be a number"),
        ("arm,iteration,acc\ntiny,1,1\ntiny,1,2\n", r"row 2: a second line of tiny, iteration 1"),
        ("arm,iteration,acc (%)\ntiny,1,101\n", r"row 1: 'acc \(%\)' is 101; a share in percent lies between"),
        ("arm,iteration,acc\ntiny,1,nan\n", r"row 1: 'acc' is 'nan', and no number"),
        ("arm,iteration,acc\n", r"there is no line"),
    ],
)
def test_reported_numbers_that_cannot_be_are_refused(tmp_path, text, message):
    file = tmp_path / "reported.csv"
    file.write_text(text)
    files = summary_files([summary("tiny", 1)], tmp_path)
    with pytest.raises(UserError, match=message):
        drawn(metrics, tmp_path, "--summaries", *files, "--reported", file)
    assert not (tmp_path / "figure.md").exists()


def test_the_numbers_of_the_paper_are_of_models_that_its_configurations_have():
    models = set()
    for file in sorted((ROOT / "config/paper").glob("isheep-*.yaml")):
        if read_figures([file]).reported:
            _, sharing = read_config_files([file])
            models |= {(model.arm, iteration) for model in sharing.models.values() for iteration in model.iterations}
    reported = read_reported(ROOT / "config/paper/isheep-reported.csv").values
    assert len(reported) == 58
    assert reported.keys() <= models
