"""Importing a user's Python file without leaving a trace: module names, search path and environment return.

The file's folder is on the search path while it is imported, as with Locust; what it imports from there is
handed back with its source, because it is part of what is sent. What the file or its helpers import later,
inside a function, is looked for in the same way.
"""

from __future__ import annotations

import builtins
import importlib.abc
import importlib.machinery
import itertools
import sys
import sysconfig
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from perfgate.errors import UsageError
from perfgate.pyfile import environment as process_environment
from perfgate.pyfile import file_in, identifier
from perfgate.users import environment as environments
from perfgate.users.current import steered_sleep
from perfgate.users.environment import Environment
from perfgate.users.refusals import NotProvidedError, is_refused, reason_against
from perfgate.users.standin import is_ours, standing_in

_numbers = itertools.count(1)
_lock = threading.RLock()
_SOURCES = (".py", "/__init__.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A user's file as a module, the sources of what it imported from its folder, by relative path, and more.

    `used` names the stand-ins it imported.
    """

    module: ModuleType
    helpers: Mapping[str, bytes]
    used: frozenset[str]
    stand_ins: Mapping[str, ModuleType]


def import_file(
    path: Path, source: bytes, *, environ: Mapping[str, str], environment: Environment
) -> Imported:
    """Run a user's file as a module of its own; its hooks are those of `environment`.

    Raises:
        UsageError: it cannot be imported; the message begins with file:line.
    """
    module = ModuleType(f"perfgate_users_{next(_numbers)}_{identifier(path.stem)}")
    module.__file__ = str(path)
    place = _Place(path.resolve().parent, environment)
    vars(module)["__builtins__"] = place.builtins
    with process_environment(environ), place.imports(), steered_sleep(), redirect_stdout(sys.stderr):
        known = set(sys.modules)
        sys.modules[module.__name__] = module
        try:
            exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the user's own load test
        except UsageError:
            raise
        except (Exception, SystemExit) as error:
            raise _explained(path, place.folder, error) from error
        finally:
            place.take_back(known | {module.__name__})
    return Imported(
        module=module, helpers=place.helpers(), used=frozenset(place.used), stand_ins=place.stand_ins
    )


class _Place:
    """The folder of one file: what may be imported there, now and by its functions later."""

    def __init__(self, folder: Path, environment: Environment) -> None:
        self.folder = folder
        self.used: set[str] = set()
        self.builtins = {**vars(builtins), "__import__": self._import, "print": _print}
        self._environment = environment
        self._modules: dict[str, ModuleType] = {}
        self.stand_ins: dict[str, ModuleType] = {}
        self._depth = 0

    @contextmanager
    def imports(self) -> Iterator[None]:
        """Find the stand-ins, and the modules beside the file."""
        before = sys.path[:]
        finder = _Finder(self.folder, self.builtins)
        sys.path.insert(0, str(self.folder))
        sys.meta_path.insert(0, finder)
        environments.enter(self._environment)
        self._depth += 1
        try:
            with standing_in(self._environment, self.stand_ins):
                yield
        finally:
            self._depth -= 1
            environments.leave()
            sys.meta_path.remove(finder)
            sys.path[:] = before

    def take_back(self, known: set[str]) -> None:
        """Take what was imported from the folder out of the modules everybody shares.

        A helper called `statistics.py` must not be what the rest of perfgate gets when it imports that.
        """
        for name in [name for name in sys.modules if name not in known]:
            if file_in(self.folder, sys.modules[name]) is not None:
                self._modules[name] = sys.modules.pop(name)

    def helpers(self) -> dict[str, bytes]:
        """The sources of what was imported from the folder, by relative path."""
        files = (file_in(self.folder, module) for module in self._modules.values())
        return {file.relative_to(self.folder).as_posix(): file.read_bytes() for file in files if file}

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - the words of __import__
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """What `import` does in the file and its helpers."""
        if not level and is_refused(name):
            raise NotProvidedError(f"{name} cannot be used", *reason_against(name))
        if not level and (is_ours(name) or name in self.stand_ins):
            self.used.add(name)
            self.used.update(f"{name}.{each}" for each in fromlist or ())
        elif self._depth == 0 and not level and name.partition(".")[0] in sys.modules:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        if self._depth:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        with _lock, self.imports():
            known = set(sys.modules)
            sys.modules.update(self._modules)
            try:
                return builtins.__import__(name, globals, locals, fromlist or (), level)
            finally:
                self.take_back(known)


class _Finder(importlib.abc.MetaPathFinder):
    """Gives the modules beside a file the same builtins as the file."""

    def __init__(self, folder: Path, given: dict[str, Any]) -> None:
        self._folder, self._given = folder, given

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of a module in the folder; None for all others."""
        top = fullname.partition(".")[0]
        if path is None and not any(
            (self._folder / f"{top}{end}").exists() for end in (".py", "/__init__.py")
        ):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path or [str(self._folder)], target)
        if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return None
        file = Path(spec.origin or "").resolve()
        if not _is_own(self._folder, file):
            return None
        spec.loader = _Loader(fullname, str(spec.origin), self._given)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    """Runs a module with builtins of its own."""

    def __init__(self, fullname: str, path: str, given: dict[str, Any]) -> None:
        super().__init__(fullname, path)
        self._given = given

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        vars(module)["__builtins__"] = self._given
        super().exec_module(module)


_real_print: Callable[..., None] = print


def _print(*values: object, file: Any = None, **words: Any) -> None:
    """What `print` does in a load test: the standard output belongs to the report."""
    _real_print(*values, file=sys.stderr if file in (None, sys.stdout) else file, **words)


def _is_own(folder: Path, file: Path) -> bool:
    installed = "site-packages" in file.parts or Path(sysconfig.get_path("stdlib")) in file.parents
    return folder in file.parents and not installed and file.is_file()


def _explained(path: Path, folder: Path, error: BaseException) -> UsageError:
    """What went wrong in the user's words, at the last of their lines that led to it."""
    if isinstance(error, SyntaxError):
        return UsageError(f"{error.filename}:{error.lineno or 1}: {error.msg}", "correct the syntax")
    place = f"{path}:1"
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == str(path) or _is_own(folder, Path(frame.filename).resolve()):
            place = f"{frame.filename}:{frame.lineno}"
    if isinstance(error, NotProvidedError):
        return UsageError(f"{place}: {error}", error.hint)
    if isinstance(error, ModuleNotFoundError):
        return UsageError(
            f"{place}: there is no module {error.name!r}", "install it beside perfgate, or do without it"
        )
    text = " ".join(str(error).split())[:300]
    return UsageError(
        f"{place}: {type(error).__name__} while the file was imported: {text}",
        "correct it: the file is imported before anything is sent",
    )
