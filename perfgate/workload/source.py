"""Where a pass gets its variables: fixed ones, lists and rows to draw from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from perfgate.workload.payload import Payload
from perfgate.workload.scope import Scope
from perfgate.workload.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the variables of a pass are drawn from."""

    fixed: dict[str, Any]
    lists: tuple[tuple[str, list[Any]], ...]
    payloads: tuple[Payload, ...]

    @property
    def is_ordered(self) -> bool:
        """Whether it matters which pass of the load this is."""
        return any(payload.sequence for payload in self.payloads)

    def draw(self, seed: int, nth: int = 0) -> Scope:
        """The variables of a pass, which is number `nth` of the load: a payload in sequence goes round."""
        values: dict[str, Any] = {}
        scope = Scope(values, seed)
        for payload in self.payloads:
            count = len(payload.rows)
            row = payload.rows[nth % count if payload.sequence else int(scope.rng.random() * count)]
            values.update(zip(payload.fields, row, strict=True))
        values.update(self.fixed)
        for name, choices in self.lists:
            values[name] = choices[int(scope.rng.random() * len(choices))]
        return scope


def source_of(settings: Settings) -> Source:
    """The variables of a workload; those of `config.variables` win over payload fields of the same name."""
    lists = {name: value for name, value in settings.variables.items() if isinstance(value, list)}
    single = {name: value for name, value in settings.variables.items() if name not in lists}
    return Source(
        fixed={**settings.tables, **single},
        lists=tuple(sorted(lists.items())),
        payloads=settings.payloads,
    )
