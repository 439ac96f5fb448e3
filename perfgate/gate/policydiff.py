"""How two policies differ, key by key as perfgate.yml writes them, for whoever reviews the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfgate.model import STATISTICS

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy
    from perfgate.gate.threshold_syntax import Threshold
    from perfgate.model import Level, Statistic

_NOTHING = "nothing"
_DEFAULT = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One key with what it says on base and in the checkout; a key that is not there says `nothing`."""

    key: str
    base: str
    checkout: str

    @property
    def text(self) -> str:
        """`tolerance.p50: 3 % on base, 20 % in the checkout`."""
        return f"{self.key}: {self.base} on base, {self.checkout} in the checkout"


def differences(
    base: Policy,
    checkout: Policy,
    base_thresholds: Sequence[Threshold] = (),
    checkout_thresholds: Sequence[Threshold] = (),
) -> tuple[Difference, ...]:
    """Every key of `gate` and `thresholds` that says something else; nothing where both judge alike.

    Of rules the order counts too. Error rates and rounds are no part of it: they are not the gate's keys.
    """
    there, here = _written(base, base_thresholds), _written(checkout, checkout_thresholds)
    found = [
        Difference(key=key, base=there.get(key, _NOTHING), checkout=here.get(key, _NOTHING))
        for key in dict.fromkeys((*there, *here))
        if there.get(key) != here.get(key)
    ]
    before, after = (tuple(rule.endpoint for rule in policy.rules) for policy in (base, checkout))
    if before != after and sorted(before) == sorted(after):
        orders = (", ".join(f'"{glob}"' for glob in globs) for globs in (before, after))
        found.append(Difference(key="the order of gate.endpoints", base=next(orders), checkout=next(orders)))
    return tuple(found)


def _written(policy: Policy, thresholds: Sequence[Threshold]) -> dict[str, str]:
    found = dict(_limits("gate", policy.tolerance, policy.requirement))
    found |= {f"gate.level.{name}": policy.level.get(name, _DEFAULT) for name in STATISTICS}
    for rule in policy.rules:
        prefix = f'gate.endpoints."{rule.endpoint}"'
        found |= _limits(prefix, rule.tolerance, rule.requirement)
        found |= _levels(prefix, rule.level)
    for threshold in thresholds:
        metric, _, limit = threshold.source.rpartition(": ")
        key = f"thresholds.{metric}"
        found[key] = ", ".join(filter(None, (found.get(key), limit)))
    return found


def _limits(
    prefix: str, tolerance: Mapping[Statistic, float], requirement: Mapping[Statistic, float]
) -> dict[str, str]:
    tolerances = {f"{prefix}.tolerance.{name}": _size(name, tolerance[name]) for name in sorted(tolerance)}
    return tolerances | {
        f"{prefix}.require.{name}": _size(name, requirement[name]) for name in sorted(requirement)
    }


def _levels(prefix: str, level: Mapping[Statistic, Level]) -> dict[str, str]:
    return {f"{prefix}.level.{name}": level[name] for name in sorted(level)}


def _size(name: Statistic, size: float) -> str:
    return f"{size:.10g} B" if name == "memory" else f"{size * 100:.10g} %"
