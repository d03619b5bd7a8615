"""Options of commands are the configuration's keys: type, range, choices, default and help are stated once."""

import argparse
from importlib import import_module
from typing import Literal

import pytest
from pydantic import Field

from scripts.isheep.settings import Assessment, RuleFilter, Selection
from scripts.lib.config.options import add_options
from scripts.lib.config.sections import Decoding, Engine, Joining, Run, Section, Share, Texts
from scripts.lib.self_instruct.settings import Novelty, Synthesis
from scripts.lib.training.settings import PreferenceTraining, Training
from scripts.self_align.settings import AssistantSettings, Identity, ReplyFilter, Replying, Verbose, VerboseFilter


class Chapter(Section):
    most_rows: int = Field(3, ge=1, le=9, description="Rows, of which 100% count.")
    share: Share = Field(0.5, description="Part of them.")
    rate: float = Field(1.0, gt=0, description="Pace.")
    choice: Literal["first", "last"] = Field("first", description="Which.")
    fast: bool = Field(False, description="Hurry.")
    careful: bool = Field(True, description="Look twice.")
    parts: Literal["all", "none"] | Texts = Field("all", description="Which parts.")
    unused: int = 0


OF_THEIR_OWN = ("deepspeed", "without", "forbidden")
"""Options that are called like a key and take something else: a file, or several names."""


@pytest.fixture
def parser():
    """A command line with all keys of a chapter but one."""
    parser = argparse.ArgumentParser(prog="command")
    add_options(parser, Chapter, "most_rows", "share", "rate", "choice", "fast", "careful", "parts")
    return parser


def test_what_is_not_given_is_the_default_of_the_section(parser):
    defaults = {"most_rows": 3, "share": 0.5, "rate": 1.0, "choice": "first", "fast": False}
    defaults |= {"careful": True, "parts": "all"}
    assert vars(parser.parse_args([])) == defaults


@pytest.mark.parametrize(
    ("arguments", "key", "value"),
    [
        (["--most-rows", "9"], "most_rows", 9),
        (["--share", "1"], "share", 1.0),
        (["--rate", "2.5e-3"], "rate", 0.0025),
        (["--choice", "last"], "choice", "last"),
        (["--fast"], "fast", True),
        (["--no-careful"], "careful", False),
        (["--parts", "none"], "parts", "none"),
        (["--parts", "left"], "parts", ("left",)),
        (["--parts", "left", "all"], "parts", ("left", "all")),
    ],
)
def test_what_is_given_has_the_type_of_the_key(parser, arguments, key, value):
    read = getattr(parser.parse_args(arguments), key)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("option", "text", "limit"),
    [
        ("--most-rows", "10", "less than or equal to 9"),
        ("--most-rows", "0", "greater than or equal to 1"),
        ("--most-rows", "2.5", "a valid integer"),
        ("--most-rows", "many", "a valid integer"),
        ("--share", "1.01", "less than or equal to 1"),
        ("--share", "-0.1", "greater than or equal to 0"),
        ("--share", "nan", "a finite number"),
        ("--rate", "inf", "a finite number"),
        ("--rate", "0", "greater than 0"),
        ("--choice", "middle", "'first' or 'last'"),
    ],
)
def test_a_bad_value_is_an_error_that_names_the_option_and_the_limit(parser, option, text, limit, capsys):
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args([f"{option}={text}"])
    said = capsys.readouterr().err
    assert f"argument {option}" in said and limit in said and f"not {text!r}" in said


def test_help_says_what_the_section_says_with_choices_and_defaults(parser):
    said = " ".join(parser.format_help().split())
    assert "Rows, of which 100% count. (default: 3)" in said
    assert "--choice {first,last}" in said
    assert "--unused" not in said


@pytest.mark.parametrize(
    ("script", "sections"),
    [
        ("cluster_rows", (Engine, Synthesis, Run)),
        ("collect_synthesis", (Synthesis, Novelty)),
        ("complete", (Engine,)),
        ("finish_synthesis", (Synthesis,)),
        ("isheep.collect_assessment", (Assessment,)),
        ("isheep.plan_assessment", (Assessment, Run)),
        ("isheep.rule_filter", (RuleFilter,)),
        ("isheep.score_filter", (Selection, Assessment, Run)),
        ("novelty_filter", (Novelty,)),
        ("plan_answering", (Decoding, Joining, Run)),
        ("plan_synthesis", (Synthesis, Run)),
        ("self_align.collect_identity", (AssistantSettings, Identity)),
        ("self_align.plan_replying", (AssistantSettings, Replying, Run)),
        ("self_align.plan_verbose", (AssistantSettings, Verbose, Run)),
        ("self_align.reply_filter", (AssistantSettings, ReplyFilter)),
        ("self_align.verbose_filter", (AssistantSettings, VerboseFilter)),
        ("train_adapter", (Training, Run)),
        ("train_preferences", (PreferenceTraining, Run)),
    ],
)
def test_a_command_left_to_itself_does_what_a_bare_configuration_does(script, sections):
    parser = import_module(f"scripts.{script}").parser()
    optional = (action for action in parser._actions if not action.required)
    options = {action.dest: action for action in optional if action.dest not in OF_THEIR_OWN}
    keys = [(section, key) for section in sections for key in section.model_fields if key in options]
    assert {section for section, _ in keys} == set(sections)
    for section, key in keys:
        assert options[key].default == section.model_fields[key].default, key
