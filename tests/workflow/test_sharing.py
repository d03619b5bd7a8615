"""Models that differ in one setting share what it cannot change: counted from plans, and in a run that has been."""

import json

from tests.workflow.conftest import Project, small_config

FIRST_ITERATION = ("finish_synthesis", "collect_answering", "collect_assessment", "score_filter", "train_adapter")


def planned_jobs(project: Project, variants: dict, *targets: str) -> list[int]:
    """Configure versions of the tiny model, and count the jobs that one iteration of all of them needs."""
    config = {**small_config(), "iterations": 1, "variants": {"tiny": variants}}
    config["default_model"] = next(iter(variants["arms"])) if "arms" in variants else "tiny-1"
    if "grid" in variants:
        config["default_model"] = "threshold8"
    project.configure(config)
    jobs = project.jobs(*(targets or ("all",)))
    return [jobs[rule] for rule in FIRST_ITERATION]


def test_seven_thresholds_need_one_synthesis_one_answering_and_one_assessment(project):
    grid = {"isheep.selection.threshold": [-1, 0, 2, 4, 6, 8, 9]}
    assert planned_jobs(project, {"grid": grid}) == [1, 1, 1, 7, 7]


def test_arms_share_what_comes_before_they_differ(project):
    arms = {
        "self": {},
        "none": {"isheep": {"selection": {"threshold": 0}}},
        "oracle": {"isheep": {"assessment": {"oracle": "scripts.tiny_world.oracle"}}},
    }
    assert planned_jobs(project, {"arms": arms}) == [1, 1, 2, 3, 3]


def test_criteria_share_answers(project):
    criteria = {name: {"isheep": {"assessment": {"criteria": name}}} for name in ("quality", "following", "both")}
    assert planned_jobs(project, {"arms": criteria}) == [1, 1, 3, 3, 3]


def test_five_seeds_share_nothing_but_the_base(project):
    assert planned_jobs(project, {"seeds": [1, 2, 3, 4, 5]}) == [5, 5, 5, 5, 5]
    jobs = project.jobs("all")
    assert (jobs["prepare_base"], jobs["collect_seeds"]) == (1, 1)
    assert jobs["plan_held_out"] == 2 + 5  # the base model in both formats, and each seed's model


def test_where_and_with_how_much_a_job_runs_is_shared_and_how_it_computes_is_not(project):
    where = {"engine": {"shards": 4, "mem_mb": 9000}, "training": {"runtime": 600}}
    assert planned_jobs(project, {"arms": {"here": {}, "there": where}}) == [1, 1, 1, 1, 1]
    how = {"engine": {"batch_tokens": 8192}}
    assert planned_jobs(project, {"arms": {"here": {}, "there": how}}) == [2, 2, 2, 2, 2]


def loose_beside_tiny(project: Project, models: tuple[str, ...] = ("tiny", "loose")) -> None:
    """Configure a second model that selects more of the same rows, before or after the first, or alone."""
    config = small_config()
    tiny = config["models"]["tiny"]
    entries = {"tiny": tiny, "loose": {**tiny, "isheep": {"selection": {"threshold": 5.5}}}}
    config["models"] = {name: entries[name] for name in models}
    config["default_model"] = models[0]
    project.configure(config)


def units(project: Project) -> int:
    """How many units models have computed in all."""
    journals = project.folder.glob("work/*/*/*/journal/*.jsonl")
    return len({json.loads(line)["fingerprint"] for file in journals for line in file.read_text().splitlines()})


def test_another_model_reads_what_it_shares_and_has_it_as_links_where_asked(rerun):
    loose_beside_tiny(rerun)
    computed = units(rerun)
    kept, asked = "results/loose/iter1/score_filtered.jsonl", "results/loose/iter1/prompts.jsonl"
    base = "results/loose/iter0/merged/manifest.json"
    assert set(rerun.jobs(kept)) == {"score_filter"}
    rerun.snakemake("--cores", "2", kept, asked, base)
    assert units(rerun) == computed
    assert (rerun.folder / asked).readlink().as_posix() == "../../tiny/iter1/prompts.jsonl"
    loaded = rerun.command("scripts.chat", "--model", "results/loose/iter0/merged", "--max-tokens", "1")
    assert loaded.returncode == 0
    assert rerun.planned(kept, asked, base) == {}
    forced = set(rerun.jobs("--forcerun", "rule_filter", "--", kept))
    assert forced == {"rule_filter", "plan_assessment", "complete", "collect_assessment", "score_filter"}


def test_who_owns_it_next_computes_nothing_again(rerun):
    kept, base = "results/loose/iter1/score_filtered.jsonl", "results/loose/iter0/merged/manifest.json"
    loose_beside_tiny(rerun)
    rerun.snakemake("--cores", "2", kept, base)
    computed, before = units(rerun), (rerun.folder / kept).read_bytes()
    loose_beside_tiny(rerun, models=("loose",))
    done = rerun.snakemake("--cores", "2", kept)
    assert "iter1, prompts: loose goes on from what lies with tiny" in done.stdout
    assert units(rerun) == computed
    assert (rerun.folder / kept).read_bytes() == before
    assert not (rerun.folder / "results/loose/iter1/prompts.jsonl").is_symlink()
    assert rerun.planned(kept) == {}


def test_another_number_of_shards_computes_nothing_and_trains_nothing_again(rerun):
    computed = units(rerun)
    config = small_config()
    config["engine"]["shards"] = 2
    rerun.configure(config)
    target = "results/tiny/iter1/merged/manifest.json"
    before = (rerun.folder / target).read_bytes()
    assert {"complete", "train_adapter", "merge_adapter"} <= set(rerun.jobs(target))
    said = rerun.snakemake("--cores", "2", target).stdout
    assert units(rerun) == computed
    assert "training:" not in said and "merged before and unchanged" in said
    assert (rerun.folder / target).read_bytes() == before
