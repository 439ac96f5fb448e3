"""Holding what perfgate.yml says of single endpoints against the endpoints the workload has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from perfgate.errors import UsageError

if TYPE_CHECKING:
    from perfgate.config import Config, EndpointConfig
    from perfgate.gate.policy import Policy
    from perfgate.gate.threshold_syntax import Threshold
    from perfgate.model import Metric, Reason, Workload

_MOST_NAMES = 12


def require_known_endpoints(
    config: Config,
    policy: Policy,
    thresholds: Sequence[Threshold],
    endpoints: Sequence[str],
    *,
    usual: Sequence[str] = (),
) -> None:
    """Refuse rules and thresholds that speak of nothing the workload sends.

    Where another workload stands in for that of perfgate.yml, rules may also speak of its `usual` endpoints.

    Raises:
        UsageError: a glob matches no endpoint, a threshold names none, or what a rule and the rest say
            together leaves no room between tolerance and requirement.
    """
    for stated, rule in zip(config.gate.endpoints, policy.rules, strict=True):
        if not any(map(rule.matches, (*endpoints, *usual))):
            raise UsageError(
                f"{stated.where}: no endpoint of the workload matches {stated.glob!r}",
                _suggestion(stated.glob, endpoints),
            )
    for text, threshold in zip(config.thresholds, thresholds, strict=True):
        for name in named_by(threshold):
            if name not in endpoints:
                raise UsageError(
                    f"{text.where}: no endpoint of the workload is called {name!r}",
                    _suggestion(name, endpoints),
                )
    _require_room(config.gate.endpoints, policy, endpoints)


def names_endpoints_late(workload: Workload) -> bool:
    """Whether endpoints get their names while the workload runs: its users or its tool are code."""
    return bool(workload.users) or workload.tool is not None


def require_consistent_rules(config: Config, policy: Policy) -> None:
    """What can be said of rules before any endpoint has a name: a glob stands for what it matches.

    Raises:
        UsageError: what a rule and the rest say together leaves no room between tolerance and requirement.
    """
    _require_room(config.gate.endpoints, policy, [rule.endpoint for rule in policy.rules])


def unmatched_rules(policy: Policy, endpoints: Collection[str]) -> tuple[Reason, ...]:
    """The rules that no endpoint matched, once it is known which there are."""
    from perfgate.model import Reason

    return tuple(
        Reason(
            code="rule_unmatched",
            text=f"gate.endpoints: no endpoint that was measured matches {rule.endpoint!r}",
            remedy=_suggestion(rule.endpoint, sorted(endpoints)),
        )
        for rule in policy.rules
        if not any(map(rule.matches, endpoints))
    )


def named_by(threshold: Threshold) -> tuple[str, ...]:
    """The endpoints that a threshold names by its tags."""
    return tuple(value for key, value in threshold.tags if key in ("name", "endpoint"))


def require_endpoint(name: str, endpoints: Sequence[str]) -> None:
    """Refuse the name of an endpoint that the workload does not have.

    Raises:
        UsageError: there is none of that name; the hint lists those there are.
    """
    if name not in endpoints:
        raise UsageError(f"no endpoint of the workload is called {name!r}", _suggestion(name, endpoints))


def _require_room(stated: Sequence[EndpointConfig], policy: Policy, endpoints: Sequence[str]) -> None:
    from perfgate.model import ALL_ENDPOINTS, Metric
    from perfgate.units import format_ratio

    for endpoint in (*endpoints, ALL_ENDPOINTS):
        for statistic in policy.requirement:
            metric = Metric(endpoint=endpoint, statistic=statistic)
            tolerance, requirement = policy.tolerance_of(metric), policy.requirement_of(metric)
            if tolerance >= requirement:
                raise UsageError(
                    f"{_place(stated, policy, metric)}: for {endpoint!r} the tolerance of {statistic} is "
                    f"{format_ratio(tolerance)}, not below the {format_ratio(requirement)} it requires",
                    "a change has to exceed its tolerance to be found, so no verdict could be PASS: "
                    "raise require or lower tolerance",
                )


def _place(stated: Sequence[EndpointConfig], policy: Policy, metric: Metric) -> str:
    """Where the last rule that speaks of a metric stands; there is one, or the file would not have loaded."""
    name = metric.statistic
    for each, rule in zip(reversed(stated), reversed(policy.rules), strict=True):
        if rule.matches(metric.endpoint) and (name in rule.tolerance or name in rule.requirement):
            return each.where
    return "gate"


def _suggestion(name: str, endpoints: Sequence[str]) -> str:
    from perfgate.yamlfile import nearest, shown

    near = nearest(name, endpoints)
    listed = ", ".join(map(repr, endpoints[:_MOST_NAMES])) or "none"
    more = f" and {len(endpoints) - _MOST_NAMES} more" if len(endpoints) > _MOST_NAMES else ""
    return shown(f"{f'did you mean {near!r}? ' if near else ''}the workload has {listed}{more}")
