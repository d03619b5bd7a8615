"""Versions of code: a digest of what each module means, for jobs, journals and checkpoints to depend on.

Snakemake does not follow imports. So a job has the versions of its modules among its params: an edit reruns what
it touches, and the reason that Snakemake gives names the module. A digest is taken of the syntax tree without
docstrings, and comments are none of it: to reword them changes no version.
"""

import ast
import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

PACKAGE = "scripts"
ROOT = Path(__file__).parents[3]

WITHOUT_EFFECT = (
    "scripts",
    "scripts.lib",
    "scripts.lib.cli",
    "scripts.lib.errors",
    "scripts.lib.config",
    "scripts.lib.run",
)
"""Modules (and packages, with all that is in them but of the first two) that cannot change what a job makes.

They print, show progress, lock, recover from kills, or give a command line its choices and defaults, which a rule
never leaves to them: every value that matters is in its command, which Snakemake compares.
"""

CHAPTER = "settings"
"""Last name of modules that are chapters of the configuration, wherever they lie: they too have no effect."""


@cache
def versions(*modules: str) -> list[str]:
    """Return "module@digest", sorted, for modules of the package and all that they import of it, in short names.

    Those WITHOUT_EFFECT are left out, with what only they import. A module of another package is installed, and has
    none here.
    """
    found = _imported(modules, _has_effect)
    return [f"{_short(name)}@{_digest(_file_of(name))}" for name in found]


def code_version(*modules: str) -> str:
    """Return one digest of what `versions` returns."""
    return hashlib.sha256("\n".join(versions(*modules)).encode()).hexdigest()[:16]


def imported_files(*modules: str) -> dict[str, Path]:
    """Return the files of modules of the package and of all that they import of it, by name and sorted."""
    return {name: _file_of(name) for name in _imported(modules, lambda module: True)}


def meaning(source: str) -> str:
    """Return what code does, as text: its syntax tree without docstrings; two that differ in comments are equal."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [each for each in node.body if not _is_text(each)] or [ast.Pass()]
    return _text_of(tree)


def _is_text(statement: ast.stmt) -> bool:
    """Return whether a statement is a text alone: a docstring, or one that stands behind a constant."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _text_of(node: object) -> str:
    """Return a tree as text, the same in every version of Python: fields that are empty or new are left out."""
    if isinstance(node, ast.AST):
        fields = ((name, getattr(node, name, None)) for name in node._fields if name != "type_comment")
        inside = ",".join(f"{name}={_text_of(value)}" for name, value in fields if value not in (None, []))
        return f"{type(node).__name__}({inside})"
    if isinstance(node, list):
        return f"[{','.join(map(_text_of, node))}]"
    return repr(node)


@cache
def _digest(file: Path) -> str:
    return hashlib.sha256(meaning(file.read_text(encoding="utf-8")).encode()).hexdigest()[:6]


def _imported(modules: Iterable[str], counts: Callable[[str], bool]) -> list[str]:
    """Return the modules of the package and, through those that count, all that they import of it; sorted."""
    found: set[str] = set()
    waiting = [module for module in modules if _is_module(module)]
    while waiting:
        name = waiting.pop()
        if name not in found and counts(name):
            found.add(name)
            waiting.extend(_direct_imports(name))
    return sorted(found)


@cache
def _direct_imports(module: str) -> tuple[str, ...]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(_file_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(name for name in names if _is_module(name))


def _has_effect(module: str) -> bool:
    packages = tuple(f"{name}." for name in WITHOUT_EFFECT[2:])
    last = module.rpartition(".")[2]
    return not (module in WITHOUT_EFFECT or module.startswith(packages) or last == CHAPTER)


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    inside = name.split(".")[0] == PACKAGE
    return inside and (path.with_suffix(".py").is_file() or (path / "__init__.py").is_file())


def _file_of(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _short(module: str) -> str:
    return module.removeprefix("scripts.").removeprefix("lib.")
