"""Data sets of the hub as seeds: the address says what is meant, and the rows are read beside those of files."""

import datasets
import pytest

from scripts.configuration import read_config
from scripts.lib.config.named import check_named
from scripts.lib.errors import UserError
from scripts.lib.rows.hub_address import HubData, parse_address
from scripts.lib.rows.jsonl import read_rows
from tests.unit.refusals import refusal
from tests.unit.seed_files import collect, lines, refused, task

ADDRESSES = {
    "hf://datasets/org/name@abc": HubData("org/name", "abc"),
    "hf://datasets/org/name@refs/pr/1?split=test": HubData("org/name", "refs/pr/1", "test"),
    "hf://datasets/o/n.x@v1.0?config=main&split=train[:10%]": HubData("o/n.x", "v1.0", "train[:10%]", "main"),
    "hf://datasets/o/n@abc?split=train+test": HubData("o/n", "abc", "train+test"),
}

BAD_ADDRESSES = {
    "hf://datasets/org/name": "nothing pins this data set",
    "hf://datasets/org/name?split=train": "nothing pins this data set",
    "hf://datasets/name@abc": "not the address of a data set",
    "hf://datasets/org/name@": "not the address of a data set",
    "hf://datasets/org/name@abc/../x y": "not the address of a data set",
    "hf://org/name@abc": "not the address of a data set",
    "hf://datasets/org/name@abc?train": "cannot be understood behind the question mark",
    "hf://datasets/org/name@abc?split=": "each once, with a value",
    "hf://datasets/org/name@abc?split=a&split=b": "each once",
    "hf://datasets/org/name@abc?trust_remote_code=true": "may stand split and config",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_says_what_is_meant(address):
    assert parse_address(address) == ADDRESSES[address]


def configured(*seeds):
    """A configuration with these seeds, as seen from the project."""
    entry = {"base": "config/models/tiny", "seeds": list(seeds)}
    return read_config({"default_model": "one", "models": {"one": entry}}, "config.yaml")[1]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_an_address_that_does_not_say_what_is_meant_is_refused(address, root, tmp_path, monkeypatch):
    answer = refused(tmp_path, address)
    assert f"{address}: " in answer and BAD_ADDRESSES[address] in answer
    monkeypatch.chdir(root)
    with pytest.raises(UserError) as error:
        check_named(configured(address))
    assert f"models.one: seeds: {address}: " in str(error.value)


def test_a_configuration_takes_a_data_set_that_is_pinned(root, monkeypatch):
    monkeypatch.chdir(root)
    sharing = configured("config/seeds/tiny.jsonl", "hf://datasets/org/name@abc")
    check_named(sharing)
    assert sharing.models["one"].settings.seed_files == ("config/seeds/tiny.jsonl",)


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub without a network: datasets' own load_dataset, made to find org/name in a folder; what it was asked for."""
    folder, asked, load = tmp_path / "hub", [], datasets.load_dataset
    folder.mkdir()
    lines(folder / "train.jsonl", *({"question": f"What is {n}?", "answer": str(n), "id": n} for n in range(3)))
    lines(folder / "test.jsonl", {"question": "What is what?", "answer": "That", "id": 5})

    def local(name, config=None, *, split, revision):
        asked.append((name, config, revision))
        if name != "org/name":
            raise ConnectionError(f"Couldn't reach '{name}' on the Hub\nmore of it")
        return load(str(folder), split=split, cache_dir=str(tmp_path / "cache"))

    monkeypatch.setattr(datasets, "load_dataset", local)
    monkeypatch.chdir(tmp_path)
    return asked


def test_a_data_set_of_the_hub_is_read_beside_files(hub, tmp_path):
    mine = lines(tmp_path / "mine.jsonl", {"instruction": "What is 1?"})
    sources = ["hf://datasets/org/name@abc?split=train[:2]&config=main", "hf://datasets/org/name@abc?split=test"]
    seeds = collect(tmp_path, mine, *sources)
    names = ["mine-000001", "org-name-main-train-2-000001", "org-name-test-000001"]
    assert [seed["id"] for seed in seeds] == names
    assert task(seeds[1]) == ("What is 0?", "", "0") and seeds[2]["id_on_hub"] == "5"
    assert [row["rejected"]["detail"] for row in read_rows(tmp_path / "rejected.jsonl")] == ['{"of": "mine-000001"}']
    assert hub == [("org/name", "main", "abc"), ("org/name", None, "abc")]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("hf://datasets/org/other@abc", "cannot be fetched (Couldn't reach 'org/other' on the Hub)"),
        ("hf://datasets/org/name@abc?split=nothing", "cannot be fetched (Unknown split"),
    ],
)
def test_a_data_set_that_cannot_be_fetched_is_named(hub, address, message, tmp_path):
    out = tmp_path / "out"
    answer = refusal("collect_seeds", "--input", address, "--output", out, inputs=tmp_path / "hub", output=out)
    assert f"error: {address}: {message}" in answer


def test_a_folder_of_the_name_of_a_data_set_is_not_taken_for_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "org/name").mkdir(parents=True)
    assert "org/name is a folder here" in refused(tmp_path, "hf://datasets/org/name@abc")


def test_a_data_set_that_is_given_twice_is_named(hub, tmp_path):
    address = "hf://datasets/org/name@abc"
    with pytest.raises(UserError, match="this data set is given twice"):
        collect(tmp_path, address, address)
