"""Importing a user's Python file without leaving a trace: module names, search path and environment return.

The file's folder is on the search path while it is imported, as with Locust; what it imports from there is
handed back with its source, because it is part of what is sent.
"""

from __future__ import annotations

import ast
import itertools
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from perfgate.errors import UsageError
from perfgate.pyfile import environment, identifier, own_modules, search_path
from perfgate.users.standin import NotProvidedError, standing_in

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A user's file as a module, and the sources of what it imported from its folder, by relative path."""

    module: ModuleType
    helpers: Mapping[str, bytes]


def import_file(path: Path, source: bytes, *, environ: Mapping[str, str]) -> Imported:
    """Run a user's file as a module of its own.

    Raises:
        UsageError: it cannot be imported; the message begins with file:line.
    """
    module = ModuleType(f"perfgate_users_{next(_numbers)}_{identifier(path.stem)}")
    module.__file__ = str(path)
    folder = path.resolve().parent
    with search_path(folder), environment(environ), standing_in(), own_modules(module, folder) as helpers:
        try:
            _refuse_late_imports(path, source)
            exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the user's own load test
        except UsageError:
            raise
        except (Exception, SystemExit) as error:
            raise _explained(path, folder, error) from error
    return Imported(module=module, helpers=helpers)


def _refuse_late_imports(path: Path, source: bytes) -> None:
    """The stand-in is gone when a function runs; say so now, not once a request."""
    for function in ast.walk(ast.parse(source, str(path))):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                if any(name.partition(".")[0] == "locust" for name in names):
                    place = f"{path}:{getattr(node, 'lineno', 1)}"
                    raise UsageError(f"{place}: locust is imported inside a function", "import it at the top")


def _explained(path: Path, folder: Path, error: BaseException) -> UsageError:
    """What went wrong in the user's words, at the last of their lines that led to it."""
    if isinstance(error, SyntaxError):
        return UsageError(f"{error.filename}:{error.lineno or 1}: {error.msg}", "correct the syntax")
    place = f"{path}:1"
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == str(path) or folder in Path(frame.filename).resolve().parents:
            place = f"{frame.filename}:{frame.lineno}"
    if isinstance(error, NotProvidedError):
        return UsageError(f"{place}: {error}", error.hint)
    if isinstance(error, ModuleNotFoundError):
        hint = "install it beside perfgate, or do without it"
        if str(error.name).startswith("locust."):
            hint = "docs/reference/users.md lists the modules of Locust there are"
        return UsageError(f"{place}: there is no module {error.name!r}", hint)
    text = " ".join(str(error).split())[:300]
    return UsageError(
        f"{place}: {type(error).__name__} while the file was imported: {text}",
        "correct it: the file is imported before anything is sent",
    )
