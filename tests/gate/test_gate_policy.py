"""Rules for single endpoints: which one holds, and what its glob matches."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.gate.decide import effective_policy
from perfgate.gate.policy import Policy, Rule
from perfgate.model import ALL_ENDPOINTS, ENDPOINT_STATISTICS, STATISTICS, Metric

NAMES = st.text(alphabet="GETPOS /items{id}[]*?.\\\n", max_size=12)


def metric(endpoint: str, statistic: str = "p50") -> Metric:
    return Metric(endpoint=endpoint, statistic=statistic)  # type: ignore[arg-type]


def by_hand(glob: str, name: str) -> bool:
    """The meaning of a glob, spelt out letter by letter."""
    if not glob:
        return not name
    if glob[0] == "*":
        return any(by_hand(glob[1:], name[i:]) for i in range(len(name) + 1))
    return bool(name) and glob[0] in ("?", name[0]) and by_hand(glob[1:], name[1:])


@given(NAMES, NAMES)
def test_a_glob_matches_whole_names_and_nothing_else_in_it_is_special(glob: str, name: str) -> None:
    assert Rule(endpoint=glob).matches(name) == by_hand(glob, name)


@given(NAMES)
def test_every_name_matches_itself_and_a_star(name: str) -> None:
    assert Rule(endpoint=name).matches(name)
    assert Rule(endpoint="*").matches(name)


def test_the_last_rule_that_speaks_of_the_statistic_holds() -> None:
    policy = Policy(
        level={"p99": "warn"},
        rules=(
            Rule(endpoint="GET *", tolerance={"p50": 0.01}, requirement={"p50": 0.02}, level={"p99": "off"}),
            Rule(endpoint="* /items", tolerance={"p50": 0.04}),
            Rule(endpoint="GET /items", level={"p50": "warn"}),
        ),
    )
    assert policy.tolerance_of(metric("GET /items")) == 0.04
    assert policy.requirement_of(metric("GET /items")) == 0.02
    assert policy.tolerance_of(metric("GET /other")) == 0.01
    assert policy.tolerance_of(metric("POST /other")) == 0.03
    assert policy.level_of(metric("GET /items", "p99")) == "off"
    assert policy.level_of(metric("POST /items", "p99")) == "warn"
    assert policy.level_of(metric("GET /items")) == "warn"
    assert policy.tolerance_of(metric(ALL_ENDPOINTS)) == 0.03, "the mean is no endpoint of that name"
    assert math.isinf(policy.requirement_of(metric("GET /items", "errors")))


def test_services_that_were_not_restarted_widen_rules_too() -> None:
    policy = Policy(rules=(Rule(endpoint="GET *", tolerance={"p50": 0.01, "errors": 0.002}),))
    wider = effective_policy(policy, restarts=False)
    assert wider.tolerance_of(metric("GET /a")) == pytest.approx(0.06)
    assert wider.tolerance_of(metric("GET /a", "errors")) == 0.002


def test_statistics_of_endpoints_are_statistics() -> None:
    assert set(ENDPOINT_STATISTICS) < set(STATISTICS)
    assert set(STATISTICS) - set(ENDPOINT_STATISTICS) >= {"cpu"}
