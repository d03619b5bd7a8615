"""Figures of rows: how many score high, and where they lie beside a reference."""

import json

import numpy
import pytest

from scripts.lib.errors import UserError
from scripts.lib.rows.files import write_json
from scripts.lib.rows.jsonl import write_rows
from scripts.report.figures import embed_rows, high_scores, projection
from tests.unit.made_up_figures import drawn

SCORES = [(9, 9), (9.5, 7), (8, 10), (None, 10), (2, 3)]


def rated(folder, scores=SCORES, generated=10, name="one"):
    """Files of rated rows, and of counts of those that they come from."""
    rows = [{"id": f"{place}", "scores": {"quality": q, "following": f}} for place, (q, f) in enumerate(scores)]
    write_rows(folder / f"{name}.jsonl", rows)
    write_json(folder / f"{name}.json", {"in": generated, "kept": generated, "rejected": {}})
    return folder / f"{name}.jsonl", folder / f"{name}.json"


def test_shares_are_of_all_generated_rows(tmp_path):
    rows, counts = rated(tmp_path)
    found = drawn(high_scores, tmp_path, "--rows", rows, "--generated", counts, "--arms", "tiny", "--iterations", 1)
    shares = {row["criterion"]: (row["share"], row["of_rated"], row["above"]) for row in found.numbers}
    assert shares == {"quality": ("0.2", "0.4", "2"), "following": ("0.3", "0.6", "3"), "both": ("0.1", "0.2", "1")}
    # Wilson's interval of 1 in 10.
    assert found.tables["model"]["tiny, 1"]["both"] == "10.0% (1.8% to 40.4%)"
    assert "n = 10 generated rows, one seed of each arm, 95 % intervals over rows" in found.caption


def test_the_threshold_is_an_option_and_seeds_are_taken_together(tmp_path):
    files = [rated(tmp_path, generated=10, name="one"), rated(tmp_path, SCORES[:1], generated=10, name="two")]
    options = ["--rows", *(rows for rows, _ in files), "--generated", *(counts for _, counts in files)]
    options += ["--arms", "tiny", "tiny", "--iterations", 1, 1, "--threshold", 7.5]
    (both,) = [row for row in drawn(high_scores, tmp_path, *options).numbers if row["criterion"] == "both"]
    assert (both["share"], both["seeds"], both["generated"]) == ("0.15", "2", "20")


def test_rows_that_were_rated_by_one_criterion_have_no_both(tmp_path):
    rows, counts = rated(tmp_path)
    write_rows(rows, [{"id": "a", "scores": {"quality": 9}}])
    found = drawn(high_scores, tmp_path, "--rows", rows, "--generated", counts, "--arms", "x", "--iterations", 1)
    assert [row["criterion"] for row in found.numbers] == ["quality"]


@pytest.mark.parametrize(
    ("row", "generated", "arms", "message"),
    [
        ({"id": "a"}, 1, ["x"], r"one.jsonl: row 'a' has no \"scores\""),
        ({"id": "a", "scores": {"quality": "9"}}, 1, ["x"], "scores.quality must be a number or null, not '9'"),
        ({"id": "a", "scores": {"quality": 9}}, 0, ["x"], "0 rows were generated, and 1 of them rated"),
        ({"id": "a", "scores": {"quality": 9}}, 1, ["x", "y"], "--arms: 2 of them for 1 --rows"),
    ],
)
def test_rows_that_cannot_be_counted_are_an_error(tmp_path, row, generated, arms, message):
    rows, counts = rated(tmp_path, generated=generated)
    write_rows(rows, [row])
    with pytest.raises(UserError, match=message):
        drawn(high_scores, tmp_path, "--rows", rows, "--generated", counts, "--arms", *arms, "--iterations", 1)


def vectors(folder, name, points, width=6):
    """Vectors that differ in two of their numbers alone."""
    spread = numpy.zeros((len(points), width), dtype="float32")
    spread[:, 1:3] = points
    about = {"ids": json.dumps([f"{name}-{place}" for place in range(len(points))]), "of": f"{2 * len(points)}"}
    embed_rows.write_vectors(folder / f"{name}.safetensors", spread, about)
    return folder / f"{name}.safetensors"


def test_points_lie_in_the_plane_in_which_vectors_differ(tmp_path):
    reference = vectors(tmp_path, "seeds", [(-3, 0), (3, 0)])
    first = vectors(tmp_path, "first", [(5, 1), (5, -1), (6, 0)])
    options = ["--reference", reference, "--named", "seeds", "--vectors", first, "--arms", "tiny", "--iterations", 1]
    found = drawn(projection, tmp_path, *options)
    assert [row["id"] for row in found.numbers] == ["seeds-0", "seeds-1", "first-0", "first-1", "first-2"]
    across = {row["id"]: float(row["x"]) for row in found.numbers}
    assert across["first-2"] - across["seeds-0"] == pytest.approx(9, abs=1e-3)
    line = found.tables["model"]["tiny, iteration 1"]
    assert (line["rows"], line["its centre from the reference's"]) == ("3 of 6", "5.333")
    assert "which hold 100% of their variance" in found.caption


@pytest.mark.parametrize("broken", ["width", "none", "alike"])
def test_vectors_that_make_no_plane_are_an_error(tmp_path, broken):
    reference = vectors(tmp_path, "seeds", [(1, 0), (1, 0)])
    other = vectors(tmp_path, "other", [(1, 0), (1, 0)], width=7 if broken == "width" else 6)
    if broken == "none":
        other.write_bytes(b"nothing of the kind")
    options = ["--reference", reference, "--named", "seeds", "--vectors", other, "--arms", "tiny", "--iterations", 1]
    message = {"width": "one embedding model", "none": "no vectors of scripts", "alike": "no plane"}[broken]
    with pytest.raises(UserError, match=message):
        drawn(projection, tmp_path, *options)


def embedded(folder, base, rows, most=3):
    write_rows(folder / "rows.jsonl", rows)
    options = [
        "--input",
        folder / "rows.jsonl",
        "--model",
        base,
        "--rows",
        most,
        "--cpu-threads",
        1,
        "--dtype",
        "float32",
    ]
    command = [str(text) for text in (*options, "--output", folder / "vectors.safetensors")]
    embed_rows.main(embed_rows.parser().parse_args(command))
    return projection.read_cloud(folder / "vectors.safetensors", "tiny", 1)


def test_a_sample_of_rows_has_vectors_of_its_own(tmp_path, base):
    rows = [{"id": f"{place}", "instruction": f"Name {place} words."} for place in range(9)]
    few, all_ = embedded(tmp_path, base, rows), embedded(tmp_path, base, rows, most=20)
    assert (len(few.ids), few.rows, len(all_.ids)) == (3, 9, 9)
    assert few.ids == embedded(tmp_path, base, rows).ids == sorted(few.ids)
    places = [all_.ids.index(name) for name in few.ids]
    assert numpy.allclose(few.vectors, all_.vectors[places], atol=1e-5)


def test_what_cannot_be_embedded_is_an_error(tmp_path, base, monkeypatch):
    with pytest.raises(UserError, match="no rows to show"):
        embedded(tmp_path, base, [])
    monkeypatch.setattr(embed_rows, "PACKAGE", "no_such_package")
    with pytest.raises(UserError, match="sentence-transformers, which is not installed"):
        embed_rows.by_sentence_transformer("any", ["text"], 1)
