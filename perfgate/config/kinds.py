"""The kinds of value perfgate.yml holds: how each is read and how its JSON Schema looks to an editor."""

from __future__ import annotations

import posixpath
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from perfgate.config.commands import CommandError, split_command
from perfgate.units import parse_bytes, parse_duration_ns, parse_rate_rps, parse_ratio

AUTO = "auto"


def refuse(what: str, hint: str, *keys: str | int) -> PydanticCustomError:
    """The error for a value that cannot be used; `keys` lead from the value to the faulty part of it."""
    return PydanticCustomError("perfgate", "{what}", {"what": what, "hint": hint, "keys": keys})


class Kind(ABC):
    """An annotation that reads one value of the file and describes it to editors."""

    @abstractmethod
    def read(self, value: Any) -> Any:
        """The value in base units; raises what `refuse` makes."""

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the value as written."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate with `read` alone: pydantic's own coercions would accept more than they should."""
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Any:
        """Describe the text the user writes, not the number perfgate makes of it."""
        return self.schema()


@dataclass(frozen=True, slots=True)
class Duration(Kind):
    """A time with a unit, in nanoseconds."""

    low: str
    high: str

    def read(self, value: Any) -> int:  # noqa: D102 - says what Kind says
        found: int = _quantity(value, parse_duration_ns, "a duration", "s")
        if not parse_duration_ns(self.low) <= found <= parse_duration_ns(self.high):
            raise refuse(f"{value} is out of range", f"write {self.low} to {self.high}")
        return found

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h)\s*$"}


@dataclass(frozen=True, slots=True)
class Ratio(Kind):
    """A percentage, as a ratio."""

    above_zero: bool = False
    below_one: bool = False

    def read(self, value: Any) -> float:  # noqa: D102 - says what Kind says
        found: float = _quantity(value, parse_ratio, "a percentage", "%")
        if self.below_one and found >= 1:
            raise refuse(f"{value} is out of range", "write less than 100%: nothing falls by more")
        if found > 10 or (self.above_zero and found <= 0):
            raise refuse(f"{value} is out of range", f"write {'more than ' * self.above_zero}0% to 1000%")
        return found

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*%\s*$"}


@dataclass(frozen=True, slots=True)
class Size(Kind):
    """A number of bytes, from nothing to 1 GB."""

    above_zero: bool = False

    def read(self, value: Any) -> float:  # noqa: D102 - says what Kind says
        found: float = _quantity(value, parse_bytes, "a size", "B")
        if found > 1e9 or (self.above_zero and found <= 0):
            raise refuse(f"{value} is out of range", f"write {'more than ' * self.above_zero}0B to 1000MB")
        return found

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(B|kB|KB|KiB|MB|MiB)\s*$"}


@dataclass(frozen=True, slots=True)
class Rate(Kind):
    """Requests per second, or "auto": perfgate finds the rate."""

    def read(self, value: Any) -> float | str:  # noqa: D102 - says what Kind says
        if value == AUTO:
            return AUTO
        found: float = _quantity(value, parse_rate_rps, "a rate", "/s")
        if not 0 < found <= 1_000_000:
            raise refuse(f"{value} is out of range", "write more than 0/s, up to 1000000/s")
        return found

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"type": "string", "pattern": r"^\s*(\d+(\.\d+)?\s*/\s*(s|m|h)|auto)\s*$"}


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    """A whole number between two bounds."""

    low: int
    high: int

    def read(self, value: Any) -> int:  # noqa: D102 - says what Kind says
        if not isinstance(value, int) or isinstance(value, bool):
            raise refuse(f"{_short(value)} is not a whole number", f"write {self.low} to {self.high}")
        if not self.low <= value <= self.high:
            raise refuse(f"{value} is out of range", f"write {self.low} to {self.high}")
        return value

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Cpus(Kind):
    """Numbers of CPUs, as the kernel counts them."""

    def read(self, value: Any) -> tuple[int, ...]:  # noqa: D102 - says what Kind says
        if not isinstance(value, list) or not value:
            raise refuse(f"{_short(value)} is not a list of CPUs", "write their numbers, like [0, 1]")
        numbers = [Whole(0, 4095).read(number) for number in value]
        if len(set(numbers)) < len(numbers):
            raise refuse("a CPU is named twice", "name each once")
        return tuple(sorted(numbers))

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"type": "array", "minItems": 1, "uniqueItems": True, "items": Whole(0, 4095).schema()}


@dataclass(frozen=True, slots=True)
class Switch(Kind):
    """True or false."""

    def read(self, value: Any) -> bool:  # noqa: D102 - says what Kind says
        if not isinstance(value, bool):
            raise refuse(f"{_short(value)} is neither true nor false", "write true or false")
        return value

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, value: Any) -> str:  # noqa: D102 - says what Kind says
        if value not in self.words:
            raise refuse(f"{_short(value)} is not a choice here", f"write {' or '.join(self.words)}")
        return str(value)

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Line(Kind):
    """One line of text that matches a pattern; `example` is shown when it does not."""

    pattern: str
    example: str

    def read(self, value: Any) -> str:  # noqa: D102 - says what Kind says
        if not isinstance(value, str) or not value.isprintable() or not re.fullmatch(self.pattern, value):
            raise refuse(f"{_short(value)} cannot be used here", f"write something like {self.example}")
        return value

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"type": "string", "pattern": f"^(?:{self.pattern})$"}


@dataclass(frozen=True, slots=True)
class RelativePath(Kind):
    """A path from the configuration file's directory; whether it leaves the repository is checked later."""

    def read(self, value: Any) -> str:  # noqa: D102 - says what Kind says
        if not isinstance(value, str) or not value or not value.isprintable():
            raise refuse(f"{_short(value)} is not a path", "write a path such as load/checkout.yml")
        if value.startswith(("/", "~")) or "\\" in value:
            raise refuse(f"{value!r} is not relative", "write a path relative to this file, with /")
        return posixpath.normpath(value)

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class EnvironmentValue(Kind):
    """The value of an environment variable; a number is written out."""

    def read(self, value: Any) -> str:  # noqa: D102 - says what Kind says
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise refuse(f"{_short(value)} is not text", "put it in quotes")
        text = str(value)
        if "\0" in text:
            raise refuse("a value with a NUL character", "remove it")
        if "{port}" in text or "{host}" in text:
            raise refuse(
                "{port} and {host} are replaced in service.command only", "read PORT, which perfgate sets"
            )
        return text

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"type": ["string", "number"]}


@dataclass(frozen=True, slots=True)
class VariableValue(Kind):
    """A value for a variable of the workload, as the text it stands for."""

    def read(self, value: Any) -> str:  # noqa: D102 - says what Kind says
        if isinstance(value, list):
            raise refuse("a list of values to draw from", "write it under config.variables of the workload")
        if not isinstance(value, str | int | float):
            raise refuse(f"{_short(value)} is not a value", "write text, a number, true or false")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        return {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True, slots=True)
class Command(Kind):
    """One command: text, split into words without a shell, or the list of its words."""

    def read(self, value: Any) -> tuple[str, ...]:  # noqa: D102 - says what Kind says
        if isinstance(value, str):
            try:
                return split_command(value)
            except CommandError as error:
                raise refuse(str(error), error.hint) from error
        if not isinstance(value, list) or not value:
            raise refuse(f"{_short(value)} is not a command", "write text, or a list of words")
        return tuple(_word(word, index) for index, word in enumerate(value))

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        words = {"type": "array", "minItems": 1, "items": {"type": ["string", "integer"]}}
        return {"anyOf": [{"type": "string", "minLength": 1}, words]}


@dataclass(frozen=True, slots=True)
class Steps(Kind):
    """Commands run one after another: one text, or a list whose items are each a command."""

    def read(self, value: Any) -> tuple[tuple[str, ...], ...]:  # noqa: D102 - says what Kind says
        if isinstance(value, str):
            return (Command().read(value),)
        if not isinstance(value, list) or not value:
            raise refuse(f"{_short(value)} is not a command", "write a command, or a list of commands")
        return tuple(self._step(step, index) for index, step in enumerate(value))

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        steps = {"type": "array", "minItems": 1, "items": Command().schema()}
        return {"anyOf": [{"type": "string", "minLength": 1}, steps]}

    def _step(self, step: Any, index: int) -> tuple[str, ...]:
        try:
            return Command().read(step)
        except PydanticCustomError as error:
            context = error.context or {}
            raise refuse(context["what"], context["hint"], index, *context["keys"]) from error


def _word(word: Any, index: int) -> str:
    if not isinstance(word, str | int) or isinstance(word, bool) or "\0" in str(word):
        raise refuse(f"{_short(word)} is not a word of a command", "put it in quotes", index)
    if index == 0 and not str(word).strip():
        raise refuse("an empty command", "write the program and its arguments", index)
    return str(word)


def _quantity(value: Any, parse: Any, what: str, unit: str) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise refuse(f"{value} has no unit", f"write {value}{unit}")
    if not isinstance(value, str):
        raise refuse(f"{_short(value)} is not {what}", f"write a number and its unit, like 3{unit}")
    try:
        return parse(value)
    except ValueError as error:
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
            raise refuse(f"{value!r} has no unit", f"write {value.strip()}{unit}") from error
        what, _, hint = str(error).partition(": ")
        raise refuse(what, hint) from error


def _short(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
