"""The prompts that the project brings along: slots, order and ends as config/prompts/README.md promises."""

import pytest

from scripts.lib.engines.scores import parse_score
from scripts.lib.models.prompting import read_template


def test_synthesis_prompt_names_the_count_and_ends_where_the_list_begins(root):
    template = read_template(root / "config/prompts/synthesis/default.txt", "count")
    assert template.endswith("List of {{count}} tasks:\n")
    assert "<noinput>" in template


@pytest.mark.parametrize("criterion", ["quality", "following"])
@pytest.mark.parametrize("family", ["simple", "combined", "icl"])
def test_assessment_prompt_ends_with_the_row_and_an_open_line_for_the_score(root, family, criterion):
    template = read_template(root / f"config/prompts/assessment/{family}/{criterion}.txt", "instruction", "response")
    assert "score||explanation" in template.partition("{{instruction}}")[0]
    assert template.rpartition("{{response}}")[2].endswith("rating:\n")
    assert template.count("{{instruction}}") == template.count("{{response}}") == 1


@pytest.mark.parametrize("criterion", ["quality", "following"])
def test_worked_examples_are_low_middle_and_high(root, criterion):
    template = read_template(root / f"config/prompts/assessment/icl/{criterion}.txt", "instruction", "response")
    ratings = [part.split("\n", 1)[0] for part in template.split("rating:\n")[1:-1]]
    low, middle, high = map(parse_score, ratings)
    assert low <= 3 < middle < 8 < high
