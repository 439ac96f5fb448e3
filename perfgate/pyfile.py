"""Importing a Python file of the user's without leaving a trace: search path, environment, module names.

The file's folder is on the search path while it is imported; what it imports from there is handed back with
its source, because it is part of what is sent.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


@contextmanager
def search_path(folder: Path) -> Iterator[None]:
    """Have a folder first on the search path."""
    before = sys.path[:]
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path[:] = before


@contextmanager
def environment(environ: Mapping[str, str]) -> Iterator[None]:
    """Have another environment, unless it is the process's own."""
    if environ is os.environ:
        yield
        return
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def own_modules(module: ModuleType, folder: Path) -> Iterator[dict[str, bytes]]:
    """Register the module, and take what it imported from the folder out again.

    A helper called `statistics.py` must not be what the rest of perfgate gets when it imports that. The
    sources of the helpers are in the yielded dictionary afterwards, by their path in the folder.
    """
    helpers: dict[str, bytes] = {}
    known = set(sys.modules)
    sys.modules[module.__name__] = module
    try:
        yield helpers
    finally:
        for name in [name for name in sys.modules if name not in known and name != module.__name__]:
            file = file_in(folder, sys.modules[name])
            if file is not None:
                del sys.modules[name]
                helpers[file.relative_to(folder).as_posix()] = file.read_bytes()


def identifier(stem: str) -> str:
    """A file's name as a part of a module's name."""
    return "".join(char if char.isalnum() else "_" for char in stem)


def file_in(folder: Path, module: ModuleType) -> Path | None:
    """The source of a module that is the user's own: from the folder, and nothing that is installed there."""
    name = getattr(module, "__file__", None)
    if not name or module.__name__.partition(".")[0] == "perfgate":
        return None
    file = Path(name).resolve()
    installed = "site-packages" in file.parts or Path(sysconfig.get_path("stdlib")) in file.parents
    return file if folder in file.parents and not installed and file.is_file() else None
