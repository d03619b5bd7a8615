"""What a configuration names must be there and sound before anything is planned: base models, files, modules.

Snakemake itself looks only at inputs of jobs that have to run: once results exist, a misspelt path would change
nothing, and nobody would know. What is wrong in a template would end a job, perhaps hours later.
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from scripts.lib.config.sections import Named, Weights
from scripts.lib.config.sharing import Model, Sharing
from scripts.lib.errors import UserError, first_line
from scripts.lib.models.prompting import read_template
from scripts.lib.models.sources import local_base
from scripts.lib.rows.hub_address import is_address, parse_address
from scripts.lib.rows.strict_json import decode

MADE_HERE = ("results", "work")
"""Folders whose files may yet be made by a rule, which Snakemake looks for."""


def check_named(sharing: Sharing) -> None:
    """Raise UserError with a line for each base model, file and module of a model that is not there or not sound.

    What files of a recipe must hold, its sections say (`Section.problems`).
    """
    problems = {
        f"models.{model.name}: {problem}": None for model in sharing.models.values() for problem in _problems(model)
    }
    if problems:
        raise UserError("\n".join(problems))


def _problems(model: Model) -> list[str]:
    checks: dict[str, Callable[[Named], str | None]] = {
        "file": lambda named: missing_file(named.name),
        "file or data set": lambda named: _missing_file_or_data_set(named.name),
        "module": lambda named: _missing_module(named.name),
        "prompt template": _unsound_prompt_template,
        "chat template": _unsound_chat_template,
    }
    found = [(named, checks[named.kind](named)) for named in model.settings.named()]
    bases = [problem for key, base in model.settings.bases() for problem in _base_problems(model.name, key, base)]
    within = (f"{problem.key}: {problem.text}" for problem in model.settings.problems())
    return [*bases, *(f"{named.key}: {problem}" for named, problem in found if problem), *within]


def _base_problems(model: str, key: str, chosen: Weights) -> list[str]:
    base = chosen.base
    try:
        folder = local_base(base, chosen.revision)
    except UserError as error:
        return [f"{key}: {error}"]
    own = Path("results", model).resolve()
    if folder is not None and folder.resolve().is_relative_to(own):
        return [
            f"{key}: {base} lies in results/{model}/, which this model is made in and would overwrite it; "
            "give the entry another name, or copy the base to a folder of its own"
        ]
    return []


@cache
def missing_file(name: str) -> str | None:
    """Return what is wrong with a file, or None if it is there or may be made by a rule."""
    path = Path(name)
    try:
        path.stat()
    except FileNotFoundError:
        pass
    except OSError as error:
        return f"{name}: {error.strerror}; give the path of a file"
    if path.is_file() or path.parts[:1] in [(folder,) for folder in MADE_HERE]:
        return None
    if path.is_dir():
        return f"{name} is a folder; name a file in it"
    return f"{name}: no such file; check the path, as seen from the folder in which snakemake runs"


def _missing_file_or_data_set(name: str) -> str | None:
    """Return what is wrong with a file, or with the address of a data set of the hub, or None."""
    if not is_address(name):
        return missing_file(name)
    try:
        parse_address(name)
    except UserError as error:
        return str(error)
    return None


@cache
def _unsound_prompt_template(named: Named) -> str | None:
    """Return what is wrong with a prompt template, or None; one that a rule may yet make is not looked into."""
    if (missing := missing_file(named.name)) or not Path(named.name).is_file():
        return missing
    try:
        read_template(named.name, *named.slots, optional=named.optional)
    except UserError as error:
        return str(error)
    return None


class _Generation(Extension):
    """The block {% generation %}, in which chat templates of transformers may mark what the assistant says."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


@cache
def _unsound_chat_template(named: Named) -> str | None:
    """Return what is wrong with the language of a chat template, or None; what it writes, preparing the base shows."""
    if (missing := missing_file(named.name)) or not Path(named.name).is_file():
        return missing
    try:
        template = decode(Path(named.name).read_bytes(), named.name)
        Environment(extensions=["jinja2.ext.loopcontrols", _Generation]).compile(template, raw=True)
    except TemplateSyntaxError as error:
        return f"{named.name}:{error.lineno}: {error.message}; a chat template is written in Jinja"
    except UserError as error:
        return str(error)
    return None


@cache
def _missing_module(name: str) -> str | None:
    """Return what is wrong with a module that is to be run as `python -m`, or None if it is there."""
    try:
        found = find_spec(name)
        if found is not None and found.submodule_search_locations is not None:
            found = find_spec(f"{name}.__main__")
    except Exception as error:  # to find a module, Python runs the code of the packages around it
        return f"{name}: cannot be looked for ({first_line(error)}); give the dotted name of a module that runs"
    if found is None:
        return f"{name}: no such module; give the dotted name of one that `python -m` can run"
    return None
