"""A classifier tells which functions contradict their instructions: proven, by its own labels, padding masked."""

import json
import shutil

import pytest
import torch
from transformers import DebertaV2ForSequenceClassification

from scripts import prepare_classifier
from scripts.autoif import classify_consistency, collect_consistency
from scripts.autoif.consistency import LABELS
from scripts.lib.models.loading import load_tokenizer
from scripts.lib.models.manifest import load_manifest
from scripts.lib.models.tokens import pair_encoding
from scripts.lib.rows.jsonl import read_rows, write_rows
from tests.tiny_classifier import MARKS, OWN_LABELS, build_random_classifier
from tests.unit.autoif_steps import function_row, least_words
from tests.unit.commands import run
from tests.unit.refusals import refusal

TRANSLATIONS = ["name a list", "you are a helpful assistant and list instruction words " * 9, None, "words", "[SEP] a"]
ROWS = [
    function_row("a", number, least_words(number), ("x", False), back_translation=text)
    for number, text in enumerate(TRANSLATIONS, start=1)
]


@pytest.fixture(scope="module")
def nli(tmp_path_factory):
    return build_random_classifier(tmp_path_factory.mktemp("nli"))


def prepared(nli, folder):
    run(prepare_classifier, "--base", nli, "--labels", *LABELS, "--output", folder / "merged/manifest.json")
    return folder / "merged"


def classified(classifier, folder, *more):
    write_rows(folder / "rows.jsonl", ROWS)
    files = ["--input", folder / "rows.jsonl", "--output", folder / "classified.jsonl", "--classifier", classifier]
    run(classify_consistency, *files, "--dtype", "float32", "--cpu-threads", 1, *more)
    return (folder / "classified.jsonl").read_bytes()


def test_pairs_get_the_probabilities_that_the_model_gives_each_alone(nli, tmp_path):
    classifier = prepared(nli, tmp_path)
    bytes_of_all = classified(classifier, tmp_path)
    assert bytes_of_all == classified(classifier, tmp_path)
    found = {row["id"]: row for row in read_rows(tmp_path / "classified.jsonl")}
    assert list(found) == ["a/1", "a/2", "a/4", "a/5"]
    model, tokenizer = DebertaV2ForSequenceClassification.from_pretrained(nli), load_tokenizer(nli)
    for number in (1, 2, 4):
        texts = ("Instruction a.", TRANSLATIONS[number - 1])
        with torch.inference_mode():
            logits = model.eval()(**tokenizer(*texts, truncation=True, max_length=64, return_tensors="pt")).logits[0]
        wanted = {OWN_LABELS[place].lower(): share for place, share in enumerate(logits.softmax(-1).tolist())}
        assert found[f"a/{number}"]["probabilities"] == pytest.approx(wanted, abs=1e-5)
    assert len({max(row["probabilities"], key=row["probabilities"].get) for row in found.values()}) > 1
    assert found["a/1"]["made_by"]["model"] == load_manifest(classifier, "classifier").fingerprint


def test_what_it_says_is_what_the_filter_reads(nli, tmp_path, filter_rows):
    classified(prepared(nli, tmp_path), tmp_path)
    said = {row["id"]: row["probabilities"] for row in read_rows(tmp_path / "classified.jsonl")}
    found = filter_rows(collect_consistency, ROWS, "--completions", tmp_path / "classified.jsonl", "--drop", "function")
    fallen = {key for key, shares in said.items() if max(shares, key=shares.get) == "contradiction"}
    assert {row["id"] for row in found.rejected} == fallen
    assert {row["id"]: row["consistency"] for row in found.kept} == {
        row["id"]: said.get(row["id"]) for row in ROWS if row["id"] not in fallen
    }


def test_marks_within_texts_do_not_move_the_border_between_them(nli):
    tokenizer = load_tokenizer(nli)
    ids = pair_encoding(tokenizer, "a [SEP] list", "[CLS] words [SEP]")["input_ids"]
    assert [ids.count(tokenizer.convert_tokens_to_ids(mark)) for mark in MARKS] == [0, 1, 2]
    assert "[SEP] list" in tokenizer.decode(ids)


def configured(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


def labelled(folder, *labels):
    configured(folder, id2label=dict(enumerate(labels)))


BAD = {
    "other labels": (lambda folder: labelled(folder, "LABEL_0", "LABEL_1", "LABEL_2"), "id2label must name entailment"),
    "two labels": (lambda folder: labelled(folder, "entailment", "contradiction"), "id2label must name entailment"),
    "no safetensors": (
        lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
        "safetensors",
    ),
    "no tokenizer": (
        lambda folder: [file.unlink() for file in folder.glob("token*")],
        "no tokenizer; put tokenizer.json",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_model_that_is_no_such_classifier_is_refused(case, nli, tmp_path):
    spoil, message = BAD[case]
    shutil.copytree(nli, tmp_path / "bad")
    spoil(tmp_path / "bad")
    arguments = ("--base", tmp_path / "bad", "--labels", *LABELS, "--output", tmp_path / "out/manifest.json")
    assert message in refusal("prepare_classifier", *arguments, inputs=tmp_path / "bad", output=tmp_path / "out")


def test_a_language_model_is_no_classifier(random_model, tmp_path):
    labelled(shutil.copytree(random_model, tmp_path / "model"), *LABELS)
    output = ("--output", tmp_path / "out/manifest.json")
    said = refusal("prepare_classifier", "--base", tmp_path / "model", "--labels", *LABELS, *output, inputs=tmp_path)
    assert "1 missing from its safetensors (score.weight)" in said
    write_rows(tmp_path / "rows.jsonl", ROWS)
    files = ("--input", tmp_path / "rows.jsonl", "--classifier", random_model, "--output", tmp_path / "out.jsonl")
    said = refusal("autoif.classify_consistency", *files, inputs=random_model, output=tmp_path / "out.jsonl")
    assert "a manifest of kind 'model', but a 'classifier' is needed here" in said


def test_a_damaged_one_is_found_and_is_to_be_fetched_again(nli, tmp_path):
    classifier = prepared(nli, tmp_path / "results/beside/nli-1234")
    configured(classifier, hidden_size=33)
    said = refusal("verify_models", "--results", tmp_path / "results", inputs=tmp_path)
    assert "1 of 1 are damaged" in said and f"{classifier}: fetch or copy this model again" in said
