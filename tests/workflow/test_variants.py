"""The paper's other ways to sample, rate and select, and training on given rows, each run for real."""

from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.workflow.conftest import small_config

ARMS = {
    "density": {"synthesis": {"few_shot_choice": "density_ppl"}, "selection": {"by": "density_perplexity"}},
    "perplexity": {
        "synthesis": {"few_shot_choice": "inverse_ppl", "origin_samples": 3, "expected_yield": 12},
        "selection": {"by": "perplexity", "max_perplexity": 500, "measured_by": "base"},
    },
    "parsed": {"assessment": {"score": "parsed", "retries": 1, "max_tokens": 4}, "selection": {"threshold": 1}},
    "oracle": {"assessment": {"oracle": "scripts.tiny_world.oracle"}},
}


def test_every_way_to_choose_rate_and_select_keeps_rows_for_its_own_reason(project):
    config = small_config()
    config["isheep"]["synthesis"].update(target=24)
    config["isheep"]["selection"]["clusters"] = 8
    config["variants"] = {"tiny": {"arms": {name: {"isheep": changes} for name, changes in ARMS.items()}}}
    config["default_model"] = "oracle"
    project.configure(config)
    project.snakemake("--cores", "2", *(f"results/{name}/iter1/score_filtered.jsonl" for name in ARMS))
    folder = {name: project.folder / f"results/{name}/iter1" for name in ARMS}
    kept = {name: list(read_rows(folder[name] / "score_filtered.jsonl")) for name in ARMS}
    assert sorted(row["cluster"] for row in kept["density"]) == list(range(8))
    assert all(row["perplexity"]["pair"] < 500 for row in kept["perplexity"])
    assert all(row["scores"]["quality"] in range(2, 11) for row in kept["parsed"])
    assert all(row["scores"]["quality"] == 10 for row in kept["oracle"])
    work = project.folder / "work/perplexity/iter1"
    written = [row["instruction"] for row in read_rows(work / "synthesis_1/kept.jsonl")]
    asked = [request["prompt"] for request in read_rows(work / "synthesis_2/requests.jsonl")]
    assert asked and all(any(instruction in prompt for instruction in written) for prompt in asked)
    counts = {name: read_json(folder[name] / "counts/score_filtered.json") for name in ARMS}
    assert set(counts["density"]["rejected"]) == {"cluster_taken"}
    assert set(counts["perplexity"]["rejected"]) <= {"high_perplexity", "no_perplexity"}


def test_a_model_is_trained_on_given_rows_but_for_those_that_measure_it(project):
    project.snakemake("--cores", "2", "results/tiny_world/held_out.jsonl")
    held_out = next(read_rows(project.folder / "results/tiny_world/held_out.jsonl"))
    given = [{"instruction": f"Say {word}.", "output": word} for word in ("one", "two", "three", "")]
    given.append({"instruction": held_out["instruction"], "input": held_out["input"], "output": "no matter"})
    write_rows(project.folder / "given.jsonl", given)
    config = small_config()
    config.update(recipe="fine_tuning", iterations=1)
    config["models"]["tiny"]["seeds"] = ["given.jsonl"]
    project.configure(config)
    project.snakemake("--cores", "2", "results/tiny/iter1/merged")
    assert (project.folder / "results/tiny/iter1/merged/model.safetensors").is_file()
    rejected = read_rows(project.folder / "results/tiny/iter1/training_rejected.jsonl")
    assert [row["rejected"]["rule"] for row in rejected] == ["no_output", "held_out"]
    assert not (project.folder / "results/tiny/iter1/prompts.jsonl").exists()
