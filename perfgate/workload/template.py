"""`{{ … }}` templates, compiled once: the constant becomes plain values, the rest a function of a `Scope`."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from perfgate.workload.fieldpath import Step, follow, parse_path
from perfgate.workload.scope import Scope
from perfgate.yamlfile import nearest, shown

_EXPRESSION = re.compile(r"\{\{(\{)?([^{}]*)\}\}(?(1)\})")
_CALL = re.compile(r"\$(\w+)\s*\(([\w,\s]*)\)")
_ALPHABET = string.ascii_letters + string.digits
_LONGEST_RANDOM_TEXT = 10_000
_REFUSED = {
    "$environment": "no environment is chosen (--environment NAME)",
    "$testId": "it differs from run to run",
    "$dirname": "paths of this machine do not belong in requests",
    "$scenarioFile": "paths of this machine do not belong in requests",
    "target": "it differs between base and head; only a url may begin with it",
}


class TemplateError(ValueError):
    """A template that cannot work, whatever the answers will be; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Template:
    """A value that has to be rendered anew in each pass."""

    render: Callable[[Scope], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a template may refer to: names with a value known at load, names known only later, environment.

    With `is_open` somebody's functions may set any variable, so that every name may have a value.
    """

    constants: Mapping[str, Any] = field(default_factory=dict)
    later: frozenset[str] = frozenset()
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_open: bool = False

    def __contains__(self, name: str) -> bool:
        return name in self.constants or name in self.later

    def may_have(self, name: str) -> bool:
        """Whether the variable may have a value in a pass."""
        return name in self or (self.is_open and not name.startswith("$"))

    def with_captures(self, captured: Iterable[str]) -> Names:
        """The same names and those a request captured."""
        return replace(self, later=self.later | set(captured))

    def changing(self, names: Iterable[str]) -> Names:
        """The same names, where these are no constants: a pass may replace their values."""
        return replace(self, later=self.later | (self.constants.keys() & set(names)))

    def opened(self) -> Names:
        """The same names where functions may set and replace any variable."""
        return replace(self, later=self.later | self.constants.keys(), is_open=True)


def compile_value(value: Any, names: Names) -> Any:
    """The value with every constant template filled in, or a `Template` where something varies by pass.

    A text that is nothing but one variable becomes the variable's own value and type; random numbers are
    text, as they are in Artillery.

    Raises:
        TemplateError: a template is malformed or names what can never have a value.
    """
    if isinstance(value, str):
        return _compile_text(value, names)
    if isinstance(value, list):
        items = [compile_value(item, names) for item in value]
        return Template(lambda scope: [resolve(item, scope) for item in items]) if _varies(items) else items
    if isinstance(value, dict):
        return _compile_mapping(value, names)
    return value


def _compile_mapping(value: dict[str, Any], names: Names) -> Any:
    entries = [(compile_key(key, names), compile_value(item, names)) for key, item in value.items()]
    if _varies(part for entry in entries for part in entry):
        return Template(
            lambda scope: {as_text(resolve(key, scope)): resolve(item, scope) for key, item in entries}
        )
    return dict(entries)


def compile_key(key: str, names: Names) -> str | Template:
    """A key, or a `Template` of it; a variable in it becomes text.

    Raises:
        TemplateError: a template is malformed or names what can never have a value.
    """
    compiled = _compile_text(key, names)
    return compiled if isinstance(compiled, Template) else as_text(compiled)


def resolve(compiled: Any, scope: Scope) -> Any:
    """The value a compiled value has in this pass."""
    return compiled.render(scope) if isinstance(compiled, Template) else compiled


def as_text(value: Any) -> str:
    """A value as it stands inside a text: the way JavaScript writes it, objects as compact JSON."""
    if isinstance(value, str):
        return value
    return as_json(value)


def as_json(value: Any) -> str:
    """Compact JSON as `JSON.stringify` writes it: no spaces, and a whole number without `.0`."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _varies(values: Iterable[Any]) -> bool:
    return any(isinstance(value, Template) for value in values)


def _compile_text(text: str, names: Names) -> Any:
    if "{{" not in text:
        return text
    whole = _EXPRESSION.fullmatch(text)
    if whole:
        return _compile_expression(whole[2].strip(), names)
    parts: list[Any] = []
    end = 0
    for match in _EXPRESSION.finditer(text):
        parts.append(_literal(text[end : match.start()]))
        value = _compile_expression(match[2].strip(), names)
        parts.append(value if isinstance(value, Template) else as_text(value))
        end = match.end()
    parts.append(_literal(text[end:]))
    if not _varies(parts):
        return "".join(parts)
    return Template(lambda scope: "".join([as_text(resolve(part, scope)) for part in parts]))


def _literal(text: str) -> str:
    if "{{" in text:
        raise TemplateError("'{{' does not begin a template perfgate understands", "write {{ name }}")
    return text


def _compile_expression(expression: str, names: Names) -> Any:
    if expression in names:
        return _variable(expression, (), expression, names)
    call = _CALL.fullmatch(expression)
    if call:
        return _compile_call(
            call[1], [argument.strip() for argument in call[2].split(",") if argument.strip()]
        )
    path = parse_path(expression)
    if not path:
        raise TemplateError(
            f"{{{{ {shown(expression[:60])} }}}} is not a template perfgate understands",
            "write {{ name }}, {{ name.field[0] }} or {{ $randomNumber(1, 10) }}",
        )
    return _variable(str(path[0]), path[1:], expression, names)


def _variable(name: str, steps: tuple[Step, ...], label: str, names: Names) -> Any:
    if name in names.later:
        return Template(_lookup(name, steps, label))
    if name in names.constants:
        return _constant(names.constants[name], steps, label)
    if name in ("$env", "$processEnvironment"):
        if len(steps) != 1 or str(steps[0]) not in names.environ:
            raise TemplateError(
                f"the environment variable in {{{{ {label} }}}} is not set",
                "set it where perfgate is started (-e gives variables like {{ name }} only), or remove it",
            )
        return names.environ[str(steps[0])]
    if name == "$uuid":
        return Template(Scope.uuid)
    if name in _REFUSED:
        raise TemplateError(
            f"{{{{ {name} }}}} is not supported: {_REFUSED[name]}", "use a variable of your own"
        )
    if names.may_have(name):
        return Template(_lookup(name, steps, label))
    guess = nearest(name, {*names.constants, *names.later})
    raise TemplateError(
        f"the variable {name!r} has no value here" + (f", did you mean {guess!r}?" if guess else ""),
        "define it under config.variables or config.payload, or capture it in an earlier request",
    )


def _constant(value: Any, steps: tuple[Step, ...], label: str) -> Any:
    try:
        return follow(value, steps)
    except KeyError as error:
        raise TemplateError(
            f"{{{{ {label} }}}} names a field that is not there", "check the variable"
        ) from error


def _lookup(name: str, steps: tuple[Step, ...], label: str) -> Callable[[Scope], Any]:
    def render(scope: Scope) -> Any:
        try:
            return follow(scope.values[name], steps)
        except KeyError:
            return scope.missing(label)

    return render


def _compile_call(function: str, arguments: list[str]) -> Template:
    if function not in ("randomNumber", "randomString"):
        raise TemplateError(
            f"the function ${function} is not supported", "use $randomNumber or $randomString"
        )
    if not all(argument.isascii() and argument.isdecimal() and len(argument) < 16 for argument in arguments):
        raise TemplateError(f"${function} takes whole numbers", f"write them out, like ${function}(10)")
    numbers = [int(argument) for argument in arguments]
    if function == "randomString":
        length = numbers[0] if numbers else 10
        if len(numbers) > 1 or length > _LONGEST_RANDOM_TEXT:
            raise TemplateError("$randomString takes one length, of at most 10000", "write $randomString(10)")
        return Template(lambda scope: "".join(scope.rng.choices(_ALPHABET, k=length)))
    if len(numbers) != 2:
        raise TemplateError("$randomNumber takes the smallest and the largest", "write $randomNumber(1, 10)")
    low, high = sorted(numbers)
    return Template(lambda scope: str(scope.rng.randint(low, high)))
