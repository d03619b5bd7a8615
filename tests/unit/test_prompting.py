"""The texts that models are asked to continue: one join, templates with checked slots, numbered examples."""

import pytest

from scripts.lib.errors import UserError
from scripts.lib.models.prompting import base_prompt, read_template, render
from scripts.lib.rows.tasks import join
from scripts.lib.self_instruct.prompts import example_block


def test_instruction_and_input_are_joined_by_a_newline_and_only_if_there_is_an_input():
    assert join("Sort these.", "b a") == "Sort these.\nb a"
    assert join("Name a river.", " ") == "Name a river."
    assert base_prompt("Sort these.", "b a").text == "Sort these.\nb a\n"


def test_what_fills_a_slot_is_never_filled_again():
    assert render("{{a}}-{{b}}", a="{{b}}", b="x").text == "{{b}}-x"


@pytest.mark.parametrize("text", ["no slot", "{{count}} {{other}}"])
def test_a_template_with_other_slots_is_refused_by_name(tmp_path, text):
    file = tmp_path / "mine.txt"
    file.write_text(text)
    with pytest.raises(UserError, match=r"mine\.txt: the template must have the slots \['count'\]"):
        read_template(file, "count")


def test_examples_are_numbered_shown_without_outputs_and_the_next_number_is_opened():
    rows = [
        {"instruction": "Sort  these\nwords:", "input": "b a", "output": "a b"},
        {"instruction": "Name a river.", "input": "", "output": "Elbe"},
    ]
    assert example_block(rows) == (
        "###\n1. Instruction: Sort these words\n1. Input:\nb a\n"
        "###\n2. Instruction: Name a river.\n2. Input:\n<noinput>\n"
        "###\n3. Instruction:"
    )
