"""Comparing arms over seeds: the tables of made-up summaries whose answers can be told by hand."""

from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure

from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json, write_json
from tests.unit.made_up_summaries import ENGRAVING, held_out, iteration, measured, run_on, scored, summary, untested

HALF_OF_TWO, HALF_OF_THREE = 12.7062 / 2**0.5, 4.3027 / 3**0.5
"""What the standard deviation of two and of three values is multiplied with: t(0.975, n - 1) / sqrt(n)."""


def over_seeds(**arms):
    return [summary(arm, seed, (share,)) for arm, shares in arms.items() for seed, share in enumerate(shares, 1)]


@pytest.fixture
def compared(tmp_path, monkeypatch):
    """Return a function that compares summaries; it returns the numbers, the table's lines and what was drawn."""
    drawn = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda figure, *args, **kwargs: (drawn.append(figure), save(figure, *args, **kwargs))
    )

    def run(summaries):
        files = [tmp_path / f"{number}.json" for number in range(len(summaries))]
        for file, each in zip(files, summaries, strict=True):
            write_json(file, each)
        run_on(files, tmp_path)
        table = (tmp_path / "comparison.md").read_text()
        assert (tmp_path / "comparison.png").stat().st_size
        panels = {axes.get_title(): axes for axes in drawn[-1].axes}
        return SimpleNamespace(
            numbers=read_json(tmp_path / "comparison.json"), table=table, cells=cells(table), panels=panels
        )

    return run


def cells(table):
    """The texts of a table's cells: {title of the table: {name of the line: {title of the column: text}}}."""
    found = {}
    for block in table.split("\n\n"):
        if block.startswith("|"):
            lines = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in block.strip().split("\n")]
            (title, *columns), _, *rest = lines
            found[title] = {name: dict(zip(columns, texts, strict=True)) for name, *texts in rest}
    return found


def row(rows, **what):
    (found,) = [each for each in rows if what.items() <= each.items()]
    return found


def test_means_gains_and_paired_differences(compared):
    found = compared(over_seeds(self=[0.40, 0.50, 0.45], none=[0.30, 0.41, 0.35]))
    mean = row(found.numbers["accuracy"], arm="self", measure="strict")
    half = pytest.approx(HALF_OF_THREE * 0.05, abs=1e-4)
    assert mean == {"measure": "strict", "iteration": 1, "arm": "self", "seeds": 3, "mean": 0.45, "half": half}
    gain = row(found.numbers["gain"], arm="self", measure="strict")
    assert (gain["mean"], gain["half"]) == (0.15, half)
    # By seed: 0.10, 0.09 and 0.10, whose standard deviation is 0.01 / sqrt(3).
    difference = row(found.numbers["difference"], first="self", second="none", measure="strict")
    assert difference["mean"] == pytest.approx(0.0967, abs=1e-4)
    assert difference["half"] == pytest.approx(HALF_OF_THREE * 0.01 / 3**0.5, abs=1e-4)
    assert difference["p"] < 0.01


def test_every_table_has_a_column_for_each_arm(compared):
    found = compared(over_seeds(self=[0.40, 0.50, 0.45], none=[0.30, 0.41, 0.35]))
    base = "20.0% (16.0% to 24.0%)", "30.0% (26.0% to 34.0%)"
    for measure in ("strictly right", "right in the first line"):
        assert found.cells[f"held-out, {measure}"] == {
            "base, base format": {"self": base[0], "none": base[0]},
            "base, chat format": {"self": base[1], "none": base[1]},
            "iter1": {"self": "45.0% ± 12.4", "none": "35.3% ± 13.7"},
        }
        above = found.cells[f"above base, chat format, {measure}"]["iter1"]
        assert above["self"].startswith("+15.0 ± 12.4 (significant, p = 0.0")
        assert found.cells["difference between arms"]["iter1: self − none"][measure].startswith(
            "+9.7 ± 1.4 (significant"
        )
    assert found.cells["strictly right rows: the rule_filtered"]["iter1"] == {
        "self": "20.0% ± 0.0",
        "none": "20.0% ± 0.0",
    }
    assert found.cells["strictly right rows: the score_filtered"]["iter1"]["self"] == "50.0% ± 0.0"
    assert found.cells["rows"]["iter1: the score_filtered"] == {"self": "50 ± 0", "none": "50 ± 0"}
    assert found.cells["mean score"]["iter1: quality"]["none"] == "8.00 ± 0.00"
    assert found.cells["loss"] == {
        "iter1: training": {"self": "0.500 ± 0.000", "none": "0.500 ± 0.000"},
        "iter1: validation": {"self": "0.750 ± 0.000", "none": "0.750 ± 0.000"},
    }
    (families,) = [lines for title, lines in found.cells.items() if title.startswith("family")]
    assert families == {"plural": {"self": "30% → 45%", "none": "30% → 35%"}}
    assert "No p value is corrected" in found.table
    assert list(found.panels) == ["Held-out tasks strictly right", "Held-out tasks right in the first line"]


def test_a_difference_within_the_noise_is_called_that(compared):
    found = compared(over_seeds(self=[0.40, 0.30], none=[0.33, 0.36]))
    # By seed: +0.07 and -0.06.
    assert (
        "+0.5 ± 82.6 (not significant, p = 0.951)"
        in found.cells["difference between arms"]["iter1: self − none"].values()
    )


def test_equal_differences_have_no_p_value(compared):
    """Though 0.50 - 0.40 and 0.45 - 0.35 differ in their last bits."""
    found = compared(over_seeds(self=[0.50, 0.45], none=[0.40, 0.35]))
    assert row(found.numbers["difference"], measure="strict")["p"] is None


def test_only_seeds_of_both_arms_are_paired(compared):
    models = [summary("self", seed, (share,)) for seed, share in ((1, 0.4), (2, 0.5), (3, 0.9))]
    models += [summary("none", seed, (share,)) for seed, share in ((3, 0.3), (7, 0.2))]
    found = compared([*models, summary("alone", 8, (0.5,))])
    assert found.cells["difference between arms"] == {
        "iter1: self − none": {"seeds of both": "1", "strictly right": "+60.0", "right in the first line": "+60.0"}
    }


def test_arms_may_have_different_numbers_of_iterations(compared):
    models = [summary("long", 1, (0.4, 0.6, 0.7)), summary("long", 2, (0.5, 0.6)), summary("short", 1, (0.35,))]
    found = compared(models)
    lines = found.cells["held-out, strictly right"]
    assert lines["iter2"] == {"long": "60.0% ± 0.0", "short": "-"}
    assert lines["iter3"] == {"long": "70.0% (n = 1)", "short": "-"}
    step = row(found.numbers["step"], iteration=2, measure="strict")
    # Added by seed: 0.2 and 0.1.
    assert (step["mean"], step["half"]) == (0.15, pytest.approx(HALF_OF_TWO * 0.1 / 2**0.5, abs=1e-4))
    assert row(found.numbers["step"], iteration=3, measure="strict")["mean"] == 0.1
    assert [each["iteration"] for each in found.numbers["difference"]] == [1, 1]
    assert found.cells["arm"] == {
        "long": {"recipe": "isheep", "seeds": "1, 2", "iterations": "2, 3"},
        "short": {"recipe": "isheep", "seeds": "1", "iterations": "1"},
    }


@pytest.mark.parametrize("seed", [1, None])
def test_one_model_for_each_arm_gives_numbers_without_intervals(compared, seed):
    found = compared([summary("tiny", seed, (0.4,)), summary("any name, at all", seed, (0.5,))])
    assert found.cells["held-out, strictly right"]["iter1"] == {"tiny": "40.0%", "any name, at all": "50.0%"}
    assert found.cells["above base, chat format, strictly right"]["iter1"]["tiny"] == "+10.0"
    assert found.cells["difference between arms"]["iter1: tiny − any name, at all"]["strictly right"] == "-10.0"
    assert "±" not in found.table and "p value" not in found.table
    assert "Every arm has one seed" in found.table


def test_without_held_out_tasks_there_are_rows_scores_and_losses(compared):
    alone = {"iterations": [iteration(1, loss={"training": 0.25, "validation": None}, mean_scores={})]}
    found = compared([untested("self", 1), untested("self", 2), untested("none", 1, **alone)])
    assert list(found.cells) == ["arm", "rows", "mean score", "loss"]
    assert found.cells["loss"] == {
        "iter1: training": {"self": "0.500 ± 0.000", "none": "0.250"},
        "iter1: validation": {"self": "0.750 ± 0.000", "none": "-"},
    }
    assert found.cells["mean score"] == {"iter1: quality": {"self": "8.00 ± 0.00", "none": "-"}}
    assert list(found.panels) == ["Training loss", "Validation loss"]
    assert {axes.get_ylabel() for axes in found.panels.values()} == {"loss (nats)"}


def test_without_validation_only_the_training_loss_is_drawn(compared):
    found = compared([untested("self", 1, iterations=[iteration(1, loss={"training": 0.25, "validation": None})])])
    assert list(found.panels) == ["Training loss"]


def test_one_model_alone_may_have_held_out_tasks(compared):
    found = compared([summary("self", 1, (0.4,)), untested("none", 1)])
    assert found.cells["held-out, strictly right"]["iter1"] == {"self": "40.0%", "none": "-"}
    assert found.cells["held-out, strictly right"]["base, chat format"]["none"] == "-"
    assert "difference between arms" not in found.cells


def test_without_the_fair_baseline_nothing_is_above_it(compared):
    results = [result for result in held_out([0.4]) if (result["iteration"], result["format"]) != (0, "chat")]
    found = compared([summary("self", 1, held_out=results)])
    assert found.numbers["gain"] == []
    assert list(found.cells["held-out, strictly right"]) == ["base, base format", "iter1"]


@pytest.mark.parametrize(
    ("stages", "order"),
    [
        # Two ways of one recipe, of which the first has not the stage in the middle.
        ((["prompts", "kept", "training"], ["prompts", "kept", "rated", "training"]), "prompts kept rated training"),
        ((["kept", "training"], ["prompts", "kept", "training"]), "prompts kept training"),
        ((["prompts", "kept"], ["prompts", "kept", "training"]), "prompts kept training"),
        # Recipes that have nothing in common.
        ((["prompts", "kept"], ["answers", "pairs"]), "prompts kept answers pairs"),
    ],
)
def test_stages_stand_in_the_order_of_the_models(compared, stages, order):
    models = [
        untested(f"arm{number}", 1, iterations=[iteration(1, dict.fromkeys(names, 10 * number))])
        for number, names in enumerate(stages, 1)
    ]
    found = compared(models)
    assert [name.removeprefix("iter1: the ") for name in found.cells["rows"]] == order.split()
    for name in order.split():
        expected = [f"{10 * number}" if name in names else "-" for number, names in enumerate(stages, 1)]
        assert list(found.cells["rows"][f"iter1: the {name}"].values()) == expected


def test_names_that_stand_for_two_things_are_told_apart(compared):
    def named(number, label):
        stages = [{"name": name, "title": "trained on", "rows": 5} for name in ("sft", "dpo")]
        return iteration(number, label=label) | {"stages": stages}

    models = [
        untested("one", 1, iterations=[named(1, "first"), named(2, "next"), named(3, "next")]),
        untested("two", 1, iterations=[named(1, "start")]),
    ]
    assert list(compared(models).cells["rows"]) == [
        f"{label}: trained on ({stage})"
        for label in ("first / start", "next (2)", "next (3)")
        for stage in ("sft", "dpo")
    ]


def test_models_of_one_arm_with_different_bases_are_each_compared_with_their_own(compared):
    found = compared([summary("mixed", 1, (0.4,), base=0.3), summary("mixed", 2, (0.6,), base=0.5)])
    lines = found.cells["held-out, strictly right"]
    assert lines["base, chat format"] == {"mixed": "differs: 30.0% to 50.0%"}
    assert lines["base, base format"] == {"mixed": "20.0% (16.0% to 24.0%)"}
    assert found.cells["above base, chat format, strictly right"]["iter1"] == {"mixed": "+10.0 ± 0.0"}
    assert "The models of mixed come from different base models" in found.table


def test_arms_with_different_bases_have_their_own_columns_and_lines(compared):
    found = compared([summary("small", 1, base=0.3), summary("large", 1, base=0.5)])
    assert found.cells["held-out, strictly right"]["base, chat format"] == {
        "small": "30.0% (26.0% to 34.0%)",
        "large": "50.0% (46.0% to 54.0%)",
    }
    assert "Not all arms come from the same base model" in found.table
    levels = [line for line in found.panels["Held-out tasks strictly right"].lines if line.get_linestyle() == "--"]
    assert [line.get_ydata()[0] for line in levels if len(line.get_ydata())] == [0.3, 0.5]
    assert len({line.get_color() for line in levels}) == 3, "one for each arm, and the one of the legend"


def test_arms_in_the_picture_differ_in_colour_or_marker(compared):
    found = compared([summary(f"arm{number}", 1) for number in range(20)])
    lines = [line for line in found.panels["Held-out tasks strictly right"].lines if line.get_marker() in "osD^vPX"]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 20


def test_further_measures_of_models_are_compared_within_an_arm(compared):
    engraved, verbose = (1, "chat"), (2, "chat")
    shares = [{engraved: 0.50, verbose: 0.40}, {engraved: 0.52, verbose: 0.44}]
    found = compared([measured(seed, ENGRAVING | each) for seed, each in enumerate(shares, 1)])
    assert found.cells["held-out, honest where there is no answer"] == {
        "base, base format": {"whole": "10.0% (0.0% to 20.0%)"},
        "base, chat format": {"whole": "20.0% (10.0% to 30.0%)"},
        "base, under principles": {"whole": "60.0% (50.0% to 70.0%)"},
        "engraved": {"whole": "51.0% ± 12.7"},
        "verbose": {"whole": "42.0% ± 25.4"},
    }
    assert found.cells["held-out, length of replies (words)"]["verbose"] == {"whole": "7.0 ± 0.0"}
    above = found.cells["difference to base, chat format, honest where there is no answer"]
    assert list(above) == ["base, under principles", "engraved", "verbose"]
    assert above["base, under principles"] == {"whole": "+40.0 ± 0.0"}
    assert above["engraved"]["whole"].startswith("+31.0 ± 12.7 (significant, p = 0.02")
    before = found.cells["difference to the model measured before, honest where there is no answer"]
    assert list(before) == [
        "base, chat format − base, base format",
        "base, under principles − base, chat format",
        "engraved − base, under principles",
        "verbose − engraved",
    ]
    # By seed: -0.10 and -0.08.
    step = row(found.numbers["measure_step"], measure="honest", measured="verbose")
    assert (step["mean"], step["half"]) == (-0.09, pytest.approx(HALF_OF_TWO * 0.02 / 2**0.5, abs=1e-4))
    assert [title for title in found.panels if "right" not in title] == [
        "Honest where there is no answer",
        "Length of replies (words)",
    ]


def test_of_one_seed_further_measures_have_no_interval_over_seeds(compared):
    found = compared([measured(None)])
    assert found.cells["held-out, honest where there is no answer"]["engraved"] == {"whole": "50.0%"}
    differences = found.cells["difference to the model measured before, honest where there is no answer"]
    assert differences["verbose − engraved"] == {"whole": "-10.0"}


def test_a_recipe_without_further_measures_stands_beside_one_that_has_them(compared):
    found = compared([measured(1), summary("plain", 1, (0.4,))])
    cells = found.cells["held-out, honest where there is no answer"]
    assert cells["engraved / iter1"] == {"whole": "50.0%", "plain": "-"}
    assert found.cells["held-out, strictly right"]["base, under principles"]["plain"] == "-"


def test_measures_of_different_graders_are_not_compared(compared):
    other = measured(2)
    other["held_out"][0]["measures"]["words"]["unit"] = "characters"
    with pytest.raises(
        UserError, match=r"whole with seed 2: the measure 'words' is 'length of replies \(characters\)'"
    ):
        compared([measured(1), other])


def test_benchmarks_and_judged_quality_are_compared_as_accuracies_are(compared):
    models = [scored("self", seed, (0.2, right), (0.3, right)) for seed, right in ((1, 0.5), (2, 0.6))]
    models += [scored("none", seed, (0.2, right), (0.3, right)) for seed, right in ((1, 0.3), (2, 0.5))]
    found = compared(models)
    half, twice = (f"{100 * HALF_OF_TWO * apart / 2**0.5:.1f}" for apart in (0.1, 0.2))
    assert found.cells["benchmarks"] == {
        "riddles (3-shot): acc, base, base format": dict.fromkeys(("self", "none"), "20.0% (10.0% to 30.0%)"),
        "riddles (3-shot): acc, iter1": {"self": f"55.0% ± {half}", "none": f"40.0% ± {twice}"},
    }
    (gain,) = found.cells["benchmarks, above the base"].items()
    assert gain[0] == "riddles (3-shot): acc, iter1 − base, base format"
    assert gain[1]["self"].startswith(f"+35.0 ± {half} (not significant")
    # By seed: 0.5 - 0.3 and 0.6 - 0.5.
    difference = found.cells["benchmarks, difference between arms"]["riddles (3-shot): acc, iter1: self − none"]
    assert difference["seeds of both"] == "2" and difference["difference"].startswith(f"+15.0 ± {half} (not")
    lines = found.cells["judged quality"]
    assert lines["win rate against references, iter1"]["self"] == f"55.0% ± {half}"
    assert lines["score over two turns, base, chat format"] == dict.fromkeys(("self", "none"), "5.50 ± 6.35")
    assert not any("agreement" in line for line in lines)
    points = found.cells["judged quality, above the base"]["score over two turns, iter1 − base, chat format"]
    assert points == dict.fromkeys(("self", "none"), "+1.00 ± 0.00")
    assert "Benchmarks ask base models in plain text and trained ones in chats" in found.table
    assert {"Riddles (3-shot): acc", "Win rate against references", "Score over two turns"} < found.panels.keys()
    rising = found.panels["Win rate against references"].containers[0].lines[0].get_ydata()
    alone = found.panels["Riddles (3-shot): acc"].containers[0].lines[0].get_ydata()
    assert (list(rising), list(alone)) == ([0.3, 0.55], [0.55])


def test_what_every_iteration_adds_to_a_benchmark(compared):
    found = compared([scored("self", seed, (0.2, 0.4, last), (0.3,)) for seed, last in ((1, 0.5), (2, 0.7))])
    step = row(found.numbers["benchmark_step"], iteration=2)
    # Added by seed: 0.1 and 0.3.
    assert (step["mean"], step["half"]) == (0.2, pytest.approx(HALF_OF_TWO * 0.2 / 2**0.5, abs=1e-4))


def test_a_score_in_two_units_is_named(compared):
    models = [scored("self", 1, (0.2, 0.4), (0.3,)), scored("none", 1, (0.2, 0.4), (0.3,))]
    models[1]["benchmarks"][0]["scores"][0]["unit"] = "points"
    with pytest.raises(
        UserError, match=r"none with seed 1: the unit of 'riddles .*' is points here, and share in model of self"
    ):
        compared(models)
