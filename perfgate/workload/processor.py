"""`config.processor`: the Python module beside a JavaScript one, whose functions take the places of its own.

A function of a flow, and the hooks `beforeScenario` and `afterScenario`, are called as
`name(context, events)`, `beforeRequest` as `name(request, context, events)`, `afterResponse` as
`name(request, response, context, events)`, and a condition as `name(context)`. `context.vars` holds the
variables of the pass.
"""

from __future__ import annotations

import hashlib
import inspect
import itertools
import re
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from perfgate.errors import UsageError
from perfgate.pyfile import environment, identifier, own_modules, search_path
from perfgate.workload.files import reach_of
from perfgate.workload.place import Place
from perfgate.yamlfile import shown

HOOKS = ("beforeScenario", "afterScenario", "beforeRequest", "afterResponse", "onError")
_CALLS = (*HOOKS, "function", "whileTrue")
_SUFFIXES = (".js", ".cjs", ".mjs", ".ts", ".py")
_NOT_FLOW = ("json", "body", "form", "formData", "qs", "headers", "cookie", "capture", "expect", "match")
_MAX_BYTES = 4 << 20
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    """What a processor provides; `path` is as the file names it.

    `sha256` is of the source of the Python module and of what it imports from its folder, "" without one.
    """

    path: str
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict, compare=False)
    sha256: str = ""
    is_used: bool = True


def read_processor(place: Place | None, root: Place, environ: Mapping[str, str]) -> Processor | None:
    """The functions that the file below `root` calls, from the Python module beside the processor it names.

    Raises:
        UsageError: functions are called, and there is no Python module, or one that cannot be imported or
            lacks a function.
    """
    calls = list(_found(root, _CALLS))
    if place is None:
        if calls:
            raise calls[0].fail(
                f"{_named(calls[0])} is called, and config names no processor",
                "write the function in Python, and name the file under config.processor",
            )
        return None
    written = place.text()
    module = _module_beside(place)
    conditions = [item for item in _found(root, ("ifTrue",)) if _named(item).strip().isidentifier()]
    if module is None:
        calls += _defined_in_javascript(place, conditions)
        if calls:
            raise _only_javascript(place, calls)
        return Processor(path=written, is_used=False)
    processor = load_processor(module, written, calls, environ)
    is_used = bool(calls) or any(_named(item).strip() in processor.functions for item in conditions)
    return replace(processor, is_used=is_used)


def load_processor(path: Path, written: str, calls: list[Place], environ: Mapping[str, str]) -> Processor:
    """Import the module at `path`, which must have every function that is called.

    Raises:
        UsageError: it cannot be read or imported, or lacks a function or has an async one.
    """
    try:
        source = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "check its permissions") from error
    if len(source) > _MAX_BYTES:
        raise UsageError(f"{path}: larger than {_MAX_BYTES >> 20} MiB", "move its data to other files")
    module, helpers = _imported(path, source, environ)
    functions = {
        name: value for name, value in vars(module).items() if callable(value) and not name.startswith("_")
    }
    for call in calls:
        if (name := _named(call)) not in functions:
            raise call.fail(f"{path.name} has no function {shown(name)!r}", "write it there, in Python")
        if inspect.iscoroutinefunction(functions[name]):
            raise call.fail(f"{shown(name)!r} in {path.name} is async", "write it as a plain function")
    digest = hashlib.sha256(source)
    for helper in sorted(helpers):
        digest.update(hashlib.sha256(helper.encode() + b"\0" + helpers[helper]).digest())
    return Processor(path=written, functions=functions, sha256=digest.hexdigest())


def _imported(
    path: Path, source: bytes, environ: Mapping[str, str]
) -> tuple[ModuleType, Mapping[str, bytes]]:
    module = ModuleType(f"perfgate_processor_{next(_numbers)}_{identifier(path.stem)}")
    module.__file__ = str(path)
    folder = path.parent
    with search_path(folder), environment(environ), own_modules(module, folder) as helpers:
        try:
            exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the user's own load test
        except (Exception, SystemExit) as error:
            raise _explained(path, folder, error) from error
    return module, helpers


def _explained(path: Path, folder: Path, error: BaseException) -> UsageError:
    if isinstance(error, SyntaxError):
        return UsageError(f"{error.filename}:{error.lineno or 1}: {error.msg}", "correct the syntax")
    place = f"{path}:1"
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == str(path) or folder in Path(frame.filename).resolve().parents:
            place = f"{frame.filename}:{frame.lineno}"
    text = " ".join(str(error).split())[:300]
    return UsageError(
        f"{place}: {type(error).__name__} while the processor was imported: {text}",
        "correct it: the file is imported before anything is sent",
    )


def _module_beside(place: Place) -> Path | None:
    written = place.text()
    folder = place.document.path.parent.resolve()
    path = Path(written)
    if path.suffix not in _SUFFIXES:
        raise place.fail("'processor' must name a .js, .ts or .py file", "write it like ./helpers.js")
    try:
        module = (folder / path.with_suffix(".py")).resolve()
        reach, called = reach_of(place.document.path)
        if path.is_absolute() or not module.is_relative_to(reach):
            raise place.fail(
                f"the processor {shown(written)!r} is outside the workload's {called}",
                "move it beside the workload, or keep both in one git repository",
            )
        found = module.is_file()
    except (OSError, ValueError, RuntimeError) as error:
        raise place.fail(f"the processor {shown(written)!r} cannot be read", "check the path") from error
    if not found and path.suffix == ".py":
        raise place.fail(f"there is no {shown(written)}", "paths are relative to the workload file")
    return module if found else None


def _only_javascript(place: Place, calls: list[Place]) -> UsageError:
    written = place.text()
    used = ", ".join(
        f"{shown(_named(call))} (line {place.document.where(*call.keys).split(':')[-2]})" for call in calls
    )
    return place.fail(
        f"{shown(written)} is JavaScript, which does not run here; the file calls {used}",
        f"write these in Python, in {Path(written).with_suffix('.py').name} beside it, "
        "or let Artillery itself run the file: driver: artillery",
    )


def _named(call: Place) -> str:
    return str(call.value)


def _defined_in_javascript(place: Place, conditions: list[Place]) -> list[Place]:
    """The conditions that are not variables but functions, as far as the script's text tells."""
    try:
        script = (place.document.path.parent / place.text()).read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return conditions
    words = set(re.findall(r"\w+", script))
    return [condition for condition in conditions if _named(condition).strip() in words]


def _found(root: Place, keys: Collection[str]) -> Iterator[Place]:
    """Every place in a flow that names a function under one of `keys`, in the order of the file."""
    for section in ("before", "scenarios", "after"):
        if section in root.entries():
            yield from _found_in(root.entries()[section], keys)


def _found_in(place: Place, keys: Collection[str]) -> Iterator[Place]:
    if isinstance(place.value, list):
        for item in place.items() if place.value else ():
            yield from _found_in(item, keys)
    elif isinstance(place.value, dict):
        for key, entry in place.entries().items():
            if key in keys:
                names = entry.one_or_more() if entry.value else []
                # A whileTrue that is no name is an expression.
                yield from (
                    name
                    for name in names
                    if isinstance(name.value, str) and (key != "whileTrue" or name.value.isidentifier())
                )
            elif key not in _NOT_FLOW:
                yield from _found_in(entry, keys)
