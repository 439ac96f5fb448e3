"""`config.processor`: the Python module beside a JavaScript one, whose functions take the places of its own.

A function of a flow, and the hooks `beforeScenario` and `afterScenario`, are called as
`name(context, events)`, `beforeRequest` as `name(request, context, events)`, `afterResponse` as
`name(request, response, context, events)`, and a condition as `name(context)`. `context.vars` holds the
variables of the pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    """What a processor provides; `path` is as the file names it.

    `sha256` is of the source of the Python module and of what it imports from its folder, "" without one.
    """

    path: str
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict, compare=False)
    sha256: str = ""
