"""Strict pydantic models derived from the types of frozen dataclasses, so that no field is written twice.

Every field of the dataclass is required in the file and no other is allowed; numbers are finite and, unless
a rule says otherwise, not negative; text is bounded. A rule replaces the type of one field where its
annotation does not say enough.
"""

from __future__ import annotations

import functools
import operator
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from perfgate.model import MAX_NAME_LENGTH

Rules = Mapping[tuple[type, str], Any]

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def _instant(text: str) -> str:
    try:
        datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("no such date or time") from error
    return text


Text = Annotated[str, Field(max_length=MAX_NAME_LENGTH)]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Signed = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Seed = Annotated[int, Field(ge=0, le=2**64 - 1)]
Amount = Annotated[float, Field(ge=0)]
Change = Annotated[float, Field()]
Share = Annotated[float, Field(ge=0, le=1)]
Sha = Annotated[str, Field(pattern="^[0-9a-f]{40}$")]
Instant = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
    ),
    AfterValidator(_instant),
]

_PLAIN: dict[Any, Any] = {str: Text, int: Count, float: Amount, bool: bool, type(None): None}


def shape(hint: Any, rules: Rules) -> Any:
    """What pydantic shall accept for a type annotation of the model.

    Raises:
        TypeError: an annotation that has no meaning in a file yet.
    """
    if hint in _PLAIN:
        return _PLAIN[hint]
    if is_dataclass(hint) and isinstance(hint, type):
        return dataclass_shape(hint, rules)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return hint
    if origin is tuple and arguments[1:] == (...,):
        return types.GenericAlias(tuple, (shape(arguments[0], rules), ...))
    if origin is Mapping and arguments[0] is str:
        return types.GenericAlias(dict, (Text, shape(arguments[1], rules)))
    if origin in {Union, types.UnionType}:
        return functools.reduce(operator.or_, (shape(argument, rules) for argument in arguments))
    raise TypeError(f"{hint!r} has no meaning in a file")


def dataclass_shape(
    cls: type, rules: Rules, *, fold: Mapping[str, Any] | None = None, build: Callable[..., Any] | None = None
) -> Any:
    """A strict model of a dataclass that yields the dataclass itself once validated.

    `fold` adds or (with None) leaves out keys of the file; `build` then makes the dataclass from its keys.
    """
    hints = get_type_hints(cls)
    keys = {f.name: rules.get((cls, f.name)) or shape(hints[f.name], rules) for f in fields(cls)}
    keys = {name: kind for name, kind in (keys | dict(fold or {})).items() if kind is not None}
    definitions: dict[str, Any] = {name: (kind, ...) for name, kind in keys.items()}
    model = create_model(cls.__name__, __config__=STRICT, **definitions)

    def rebuild(valid: BaseModel) -> Any:
        return (build or cls)(**dict(valid))

    return Annotated[model, AfterValidator(rebuild)]


def plain(value: Any) -> Any:
    """A value of the model as dictionaries, lists and scalars."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value
