"""The local modules that functions of a locustfile import once they run, which its import does not show."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path


def with_late_imports(files: Iterable[Path], folders: Iterable[Path]) -> tuple[Path, ...]:
    """The files and every module below the folders that any of them imports anywhere, in a fixed order."""
    found: dict[Path, None] = {}
    waiting, places = list(files), tuple(folders)
    while waiting:
        file = waiting.pop(0)
        if file not in found:
            found[file] = None
            waiting += sorted(_imported(file, places))
    return tuple(found)


def _imported(file: Path, folders: tuple[Path, ...]) -> set[Path]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return set()  # Locust's Python may know more syntax than this one
    return {
        module.resolve()
        for node in ast.walk(tree)
        for base, name in _names(node, file, folders)
        for module in _sources(base, name)
    }


def _names(node: ast.AST, file: Path, folders: tuple[Path, ...]) -> Iterator[tuple[Path, str]]:
    if isinstance(node, ast.Import):
        yield from ((folder, alias.name) for folder in folders for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = file.parents[min(node.level, len(file.parents)) - 1 if node.level else 0]
        for base in (above,) if node.level else folders:
            prefix = f"{node.module}." if node.module else ""
            yield from ((base, f"{prefix}{alias.name}") for alias in node.names)
            if node.module:
                yield base, node.module


def _sources(base: Path, name: str) -> Iterator[Path]:
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        module = base.joinpath(*parts[:depth])
        for source in (module.with_name(f"{module.name}.py"), module / "__init__.py"):
            if source.is_file():
                yield source
