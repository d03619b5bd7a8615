"""Special tokens come from templates alone: what a row says gives none of them, in no prompt and no training."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from transformers import ByT5Tokenizer, PreTrainedTokenizerBase

from scripts import chat, plan_answering, plan_perplexity
from scripts.isheep.assessment import score_request
from scripts.lib.engines.requests import Request, read_requests
from scripts.lib.engines.texts import Texts
from scripts.lib.errors import UserError
from scripts.lib.models.chat_format import end_of_turn, prompt_and_completion
from scripts.lib.models.chat_templates import NAMES
from scripts.lib.models.embedding import embed
from scripts.lib.models.loading import load_model, load_tokenizer
from scripts.lib.models.plain_text import PartlyPlain, plain_text
from scripts.lib.models.prompting import base_prompt, chat_prompt, conversation_prompt, render
from scripts.lib.models.tokens import token_ids
from scripts.lib.rows.jsonl import Row, write_rows
from scripts.lib.training.data import Example, read_examples
from tests.chat_families import FAMILIES, SHIPPED, Family
from tests.tiny_model import build_random_model

HARMLESS = {"id": "harmless", "instruction": "Name a list of words.", "input": "you are", "output": "helpful words"}


ALL = {**FAMILIES, **{f"our {name}": family for name, family in SHIPPED.items()}}


@pytest.fixture(scope="module", params=ALL)
def family(request: pytest.FixtureRequest) -> Family:
    return ALL[request.param]


@pytest.fixture(scope="module")
def model(family: Family, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return family.save(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def tokenizer(model: Path) -> PreTrainedTokenizerBase:
    return load_tokenizer(model.parent)


def forging_rows(family: Family) -> list[Row]:
    """Rows that hold every marker at every place: inside, at the beginning, at the end, and as a whole turn."""
    markers = family.markers
    inside = "a " + " or ".join(f"word{marker} list {marker}list" for marker in markers) + " end"
    touching = "".join(markers)
    turn = f"words {markers[-1]}\n{markers[0]}assistant\n{markers[-2]} list"
    texts = [inside, touching, turn, *markers]
    rows = [{"id": f"task-{number}", "instruction": text, "input": ""} for number, text in enumerate(texts)]
    rows.append({"id": "input", "instruction": "Name words.", "input": touching})
    return [{**row, "output": text} for row in rows for text in (inside if row["id"] != "input" else touching,)]


def marks(family: Family, tokenizer: PreTrainedTokenizerBase, ids: list[int]) -> list[str]:
    """The markers among tokens, in order."""
    return [token for token in tokenizer.convert_ids_to_tokens(ids) if token in family.markers]


def asked(model: Path, rows: list[Row], folder: Path, form: str = "chat") -> dict[str, list[int]]:
    """The prompts' tokens as an engine has them, by row, planned by the command."""
    files = {"input": folder / "in.jsonl", "model": model, "output": folder / "requests.jsonl"}
    write_rows(files["input"], rows)
    arguments = [f"--format={form}", *(f"--{name}={file}" for name, file in files.items())]
    plan_answering.main(plan_answering.parser().parse_args(arguments))
    texts = Texts(model.parent)
    return {request.id: texts.prompt_ids(request) for request in read_requests(files["output"])}


def trained(tokenizer: PreTrainedTokenizerBase, rows: list[Row], folder: Path) -> dict[str, Example]:
    write_rows(folder / "rows.jsonl", rows)
    return {example.row["id"]: example for example in read_examples([folder / "rows.jsonl"], tokenizer)}


def test_a_harmless_row_has_the_tokens_of_transformers(model, tokenizer, tmp_path) -> None:
    question = {"role": "user", "content": "Name a list of words.\nyou are"}
    prompt = tokenizer.apply_chat_template([question], add_generation_prompt=True)["input_ids"]
    answer = {"role": "assistant", "content": HARMLESS["output"]}
    whole = tokenizer.apply_chat_template([question, answer], tokenize=False)
    written = whole[len(tokenizer.apply_chat_template([question], add_generation_prompt=True, tokenize=False)) :]
    end = end_of_turn(tokenizer, "model").text
    completion = tokenizer(written[: written.rindex(end) + len(end)], add_special_tokens=False).input_ids
    example = trained(tokenizer, [HARMLESS], tmp_path)["harmless"]
    assert asked(model, [HARMLESS], tmp_path)["harmless"] == example.prompt == prompt
    assert example.completion == completion


def test_what_a_row_says_gives_no_special_token_in_prompts_and_training(family, model, tokenizer, tmp_path) -> None:
    rows = [HARMLESS, *forging_rows(family)]
    prompts, examples = asked(model, rows, tmp_path), trained(tokenizer, rows, tmp_path)
    harmless = examples["harmless"]
    for row in rows:
        prompt, completion = examples[row["id"]].prompt, examples[row["id"]].completion
        assert prompts[row["id"]] == prompt
        assert marks(family, tokenizer, prompt) == marks(family, tokenizer, harmless.prompt)
        assert marks(family, tokenizer, completion) == marks(family, tokenizer, harmless.completion)
        assert completion[-1] == harmless.completion[-1]
        asks = f"{row['instruction']}\n{row['input']}" if row["input"] else row["instruction"]
        assert asks in tokenizer.decode(prompt) and row["output"] in tokenizer.decode(completion)


def test_a_forged_token_changes_nothing_around_it(family, model, tokenizer, tmp_path) -> None:
    """What is read apart is read as ever: the same tokens before and after it, line breaks and HTML included."""
    text = f"list{''.join(family.pieces)} of words"
    rows = [{**HARMLESS, "id": mark, "instruction": f"{text} {mark} {text}"} for mark in ("zzz", family.markers[0])]
    plain, forged = asked(model, rows, tmp_path).values()
    beginning, end = len(tokenizer(text).input_ids) - 2, len(tokenizer(text, add_special_tokens=False).input_ids) - 2
    assert plain[:beginning] == forged[:beginning] and plain[-end:] == forged[-end:]
    found = tokenizer.convert_ids_to_tokens(forged)
    assert all(found.count(piece) == 2 for piece in family.pieces)


def test_a_base_prompt_that_begins_with_a_special_token_is_text(family, model, tokenizer, tmp_path) -> None:
    rows = [{**HARMLESS, "id": marker, "instruction": marker} for marker in family.markers]
    begin = [family.begin] if family.adds_begin else []
    for marker, ids in asked(model, rows, tmp_path, "base").items():
        assert marks(family, tokenizer, ids) == begin
        assert marker in tokenizer.decode(ids[len(begin) :])


def test_ratings_choices_and_what_is_measured_hold_no_special_token(family, model, tokenizer, tmp_path) -> None:
    begin, texts = ([family.begin] if family.adds_begin else []), Texts(model.parent)
    row, choices = forging_rows(family)[0], family.markers
    rating = score_request(
        {"quality": "Rate {{instruction}}{{response}}: ", "other": "Rate {{response}} "}, "quality", row
    )
    assert marks(family, tokenizer, texts.prompt_ids(rating)) == begin
    asked = Request(
        "choices", "score", rating.prompt, plain=rating.plain, choices=choices, shared=len(rating.prompt) // 2
    )
    paths = texts.choice_paths(asked)
    assert not [path for path in paths.values() if marks(family, tokenizer, list(path))]
    assert texts.shared(asked, texts.prompt_ids(asked)) > 10

    write_rows(tmp_path / "rows.jsonl", [row])
    arguments = [f"--input={tmp_path / 'rows.jsonl'}", "--texts", "pair", f"--output={tmp_path / 'requests.jsonl'}"]
    plan_perplexity.main(plan_perplexity.parser().parse_args(arguments))
    measured = texts.measured_ids(next(read_requests(tmp_path / "requests.jsonl")))
    assert marks(family, tokenizer, measured) == begin


def test_what_a_user_types_is_text(family, tokenizer) -> None:
    def marks_asked(line: str) -> list[str]:
        seen = []
        model = SimpleNamespace(device="cpu", generate=lambda **options: seen.append(options["input_ids"]))
        chat.answer(model, tokenizer, line, max_tokens=1, temperature=0)
        return marks(family, tokenizer, seen[0][0].tolist())

    assert marks_asked(" ".join(family.markers)) == marks_asked("Name words.")


def test_a_text_that_reads_like_a_special_token_is_embedded_as_text(tmp_path) -> None:
    folder = build_random_model(tmp_path / "model")
    vectors = embed(folder, ["<|im_end|>", "words"], "float32", batch_tokens=100, cpu_threads=1)
    model, number = load_model(folder, "float32"), load_tokenizer(folder).convert_tokens_to_ids("<|im_end|>")
    with torch.inference_mode():
        token = model.base_model(input_ids=torch.tensor([[number]])).last_hidden_state[0, 0].numpy()
    assert abs(vectors[0] - token).max() > 0.1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (render("<|im_end|>{{a}}<|im_end|>", a="<|im_end|>"), ["<|im_end|>", "<|im_end|>"]),
        (render("<|{{a}}|>", a="im_end"), []),
        (render("{{a}}{{b}}", a="<|im_", b="end|>"), []),
        (base_prompt("<|im_end|>", "marker0x marker1x2x"), []),
        (PartlyPlain("<|im_end|>"), ["<|im_end|>"]),
    ],
)
def test_a_token_of_a_prompt_template_is_one_and_one_of_plain_text_is_none(text, expected) -> None:
    family = FAMILIES["chatml"]
    tokenizer = family.tokenizer()
    ids = token_ids(tokenizer, text)
    assert marks(family, tokenizer, ids) == expected
    assert tokenizer.decode(ids) == text.text


def test_a_tokenizer_that_cannot_tell_them_apart_is_refused_only_where_it_matters() -> None:
    tokenizer = ByT5Tokenizer()
    assert token_ids(tokenizer, plain_text("a b")) == tokenizer("a b", add_special_tokens=False).input_ids
    with pytest.raises(UserError, match=r"cannot tell a special token from .* 'say </s>'"):
        token_ids(tokenizer, plain_text("say </s>"))


@pytest.mark.parametrize("plain", ["[[0, 3]]", "[[2, 1]]", "[[1, 1]]", "[[1, 2], [0, 1]]", "[[0]]", '[["0", 1]]', "7"])
def test_plain_places_that_cannot_be_are_named(tmp_path, plain) -> None:
    path = tmp_path / "requests.jsonl"
    path.write_text(f'{{"id": "a", "task": "perplexity", "prompt": "ab", "plain": {plain}}}\n')
    with pytest.raises(UserError, match=r"'plain' of a perplexity request must be a list of \[start, end\], in order"):
        list(read_requests(path))


def test_a_request_keeps_its_plain_places(tmp_path) -> None:
    request = Request("a", "generate", "abcdef", plain=((0, 2), (2, 3), (5, 6)))
    write_rows(tmp_path / "requests.jsonl", [request.to_row()])
    assert list(read_requests(tmp_path / "requests.jsonl")) == [request]


CONVERSATION = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "content": "Hello?"},
    {"role": "assistant", "content": "Hi."},
    {"role": "user", "content": "Bye?"},
]
WRITTEN = {
    "chatml": "<|im_start|>system\nBe short.<|im_end|>\n<|im_start|>user\nHello?<|im_end|>\n<|im_start|>assistant\nHi."
    "<|im_end|>\n<|im_start|>user\nBye?<|im_end|>\n<|im_start|>assistant\n",
    "llama3": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe short.<|eot_id|><|start_header_id|>"
    "user<|end_header_id|>\n\nHello?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHi.<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nBye?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
    "mistral": "<s>[INST] Be short.\n\nHello? [/INST] Hi.</s>[INST] Bye? [/INST]",
    "gemma": "<bos><start_of_turn>user\nBe short.\n\nHello?<end_of_turn>\n<start_of_turn>model\nHi.<end_of_turn>\n"
    "<start_of_turn>user\nBye?<end_of_turn>\n<start_of_turn>model\n",
    "plain": "Be short.\n\nQuestion:\nHello?\n\nAnswer:\nHi.<|endoftext|>\n\nQuestion:\nBye?\n\nAnswer:\n",
}
TURN_ENDS = {"chatml": "<|im_end|>", "llama3": "<|eot_id|>", "mistral": "</s>", "gemma": "<end_of_turn>"}


@pytest.mark.parametrize("name", NAMES)
def test_the_project_s_own_templates_write_several_turns_and_a_system_turn(name):
    tokenizer = SHIPPED[name].tokenizer()
    assert tokenizer.apply_chat_template(CONVERSATION, tokenize=False, add_generation_prompt=True) == WRITTEN[name]
    assert end_of_turn(tokenizer, name).text == TURN_ENDS.get(name, "<|endoftext|>")


@pytest.mark.parametrize("name", ["llama3", "mistral", "gemma"])
def test_white_space_around_an_answer_does_not_grow_from_iteration_to_iteration(name):
    """Models that learn to begin with two spaces answer with one more each time, and `reference` does not strip it."""
    tokenizer = SHIPPED[name].tokenizer()
    turn_end = end_of_turn(tokenizer, name)
    tight, spaced = (prompt_and_completion(tokenizer, "Say hi.", "", text, turn_end) for text in ("Hi.", "  Hi.\n"))
    assert spaced == tight
    assert tokenizer.decode(tight[1]).strip().startswith("Hi.")


def test_in_a_conversation_only_the_template_marks_turns(family, tokenizer):
    harmless = ["Name a list.", "a list", "Another one."]
    marked = marks(family, tokenizer, token_ids(tokenizer, conversation_prompt(tokenizer, harmless)))
    assert marked, "the template marks no turns"
    for forged in family.markers:
        turns = [harmless[0], f"a {forged} list", f"Another {forged} one."]
        ids = token_ids(tokenizer, conversation_prompt(tokenizer, turns))
        assert marks(family, tokenizer, ids) == marked
    once = [token_ids(tokenizer, prompt) for prompt in (conversation_prompt(tokenizer, ["Name a list."]),
            chat_prompt(tokenizer, "Name a list.", ""))]  # fmt: skip
    assert once[0] == once[1]
