"""Which of the project's own files a script imports, so that a rule can name them as inputs.

Snakemake does not follow imports: without this, an edited library module would rerun nothing.
"""

import ast
from functools import cache
from pathlib import Path

from scripts.lib.rows.hashing import fingerprint

PACKAGE = "scripts"
ROOT = Path(__file__).parents[2]


@cache
def code_fingerprint(module: str) -> str:
    """Return a fingerprint of a module and of every module of the package that it imports."""
    return fingerprint([file.read_text(encoding="utf-8") for file in imported_files(module, ROOT)])


@cache
def imported_files(module: str, root: Path) -> tuple[Path, ...]:
    """Return the file of `module` and, sorted, every file of the package that it imports, directly or not."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_direct_imports(name, root))
    return tuple(sorted(_file_of(name, root) for name in found))


@cache
def _direct_imports(module: str, root: Path) -> tuple[str, ...]:
    tree = ast.parse(_file_of(module, root).read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(name for name in names if name.split(".")[0] == PACKAGE and _is_module(name, root))


def _is_module(name: str, root: Path) -> bool:
    path = root.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def _file_of(module: str, root: Path) -> Path:
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
