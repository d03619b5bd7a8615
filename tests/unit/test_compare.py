"""Comparing arms over seeds: the tables of made-up summaries whose answers can be told by hand."""

import pytest

from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json, write_json
from scripts.report import compare


def accuracy(share):
    return {"accuracy": share, "interval": [share - 0.04, share + 0.04]}


def summary(strict, right):
    models = {"base, base format": 0.2, "base, chat format": 0.3, "iter1": strict}
    return {
        "held_out": [
            {"model": name, "strict": accuracy(share), "first_line": accuracy(share), "families": {"plural": share}}
            for name, share in models.items()
        ],
        "rows": {"1": {"prompts": 240, "rule_filtered": 200, "score_filtered": 50}},
        "right": {"1": {"rule_filtered": {"strict": accuracy(0.2)}, "score_filtered": {"strict": accuracy(right)}}},
    }


def compared(folder, arms):
    for name, strict in arms.items():
        write_json(folder / name / "summary.json", summary(strict, right=0.5))
    files = [str(folder / name / "summary.json") for name in arms]
    outputs = {name: folder / f"comparison.{name}" for name in ("json", "md", "png")}
    options = ["--output", outputs["json"], "--table", outputs["md"], "--picture", outputs["png"]]
    compare.main(compare.parser().parse_args(["--summaries", *files, *map(str, options)]))
    return read_json(outputs["json"]), outputs["md"].read_text()


def test_means_gains_and_paired_differences(tmp_path):
    arms = {"self-1": 0.40, "self-2": 0.50, "self-3": 0.45, "none-1": 0.30, "none-2": 0.41, "none-3": 0.35}
    numbers, table = compared(tmp_path, arms)
    mean = next(row for row in numbers["accuracy"] if row["arm"] == "self")
    # The half width is t(0.975, 2) x 0.05 / sqrt(3), t(0.975, 2) being 4.3027.
    assert (mean["seeds"], mean["mean"], mean["half"]) == (3, 0.45, pytest.approx(4.3027 * 0.05 / 3**0.5, abs=1e-4))
    gain = next(row for row in numbers["gain"] if row["arm"] == "self")
    assert gain["mean"] == 0.15
    (difference,) = (row for row in numbers["difference"] if row["measure"] == "strict")
    assert (difference["first"], difference["second"]) == ("self", "none")
    # Paired by seed: 0.10, 0.09, 0.10.
    assert difference["mean"] == pytest.approx(0.0967, abs=1e-4)
    assert difference["p"] < 0.01
    assert "| iter1: self − none | +9.7 ± 1.4 (significant" in table
    assert "| iter1: score_filtered | 50 ± 0 | 50 ± 0 |" in table
    assert "| plural | 30% → 45% | 30% → 35% |" in table
    assert "| right answers among kept rows | self | none |\n|---|---|---|\n| iter1 | 50.0% ± 0.0 |" in table


def test_a_difference_within_the_noise_is_called_that(tmp_path):
    _, table = compared(tmp_path, {"self-1": 0.40, "self-2": 0.30, "none-1": 0.33, "none-2": 0.36})
    assert "not significant" in table


def test_a_name_without_a_seed_is_refused(tmp_path):
    with pytest.raises(UserError, match="named {arm}-{seed}"):
        compared(tmp_path, {"tiny": 0.4})
