"""What a reviewer is told of two policies that differ."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from perfgate.gate.policy import Policy, Rule
from perfgate.gate.policydiff import differences
from perfgate.gate.threshold_syntax import parse_threshold

RATIOS = st.integers(1, 1000).map(lambda n: n / 1000)
RULES = st.builds(
    Rule,
    endpoint=st.sampled_from(["GET *", "GET /a", "*"]),
    tolerance=st.dictionaries(st.sampled_from(["p50", "p99", "errors"]), RATIOS),
    requirement=st.dictionaries(st.sampled_from(["p50", "p99"]), RATIOS),
    level=st.dictionaries(st.sampled_from(["p50", "errors"]), st.sampled_from(["error", "warn", "off"])),
)
POLICIES = st.builds(
    Policy,
    tolerance=st.fixed_dictionaries({"p50": RATIOS, "errors": RATIOS}),
    requirement=st.fixed_dictionaries({"p50": RATIOS}),
    level=st.dictionaries(st.sampled_from(["p50", "cpu"]), st.sampled_from(["warn", "off"])),
    rules=st.lists(RULES, max_size=3, unique_by=lambda rule: rule.endpoint).map(tuple),
)


def texts(base: Policy, checkout: Policy) -> list[str]:
    return [each.text for each in differences(base, checkout)]


def test_each_key_that_differs_is_named_with_both_values() -> None:
    base = Policy()
    checkout = replace(base, tolerance={**base.tolerance, "p50": 0.2}, level={"p99": "off"})
    assert texts(base, checkout) == [
        "gate.tolerance.p50: 3 % on base, 20 % in the checkout",
        "gate.level.p99: error on base, off in the checkout",
    ]


def test_a_level_that_is_written_as_it_would_be_anyway_is_no_difference() -> None:
    assert texts(Policy(), Policy(level={"p50": "error"})) == []


def test_rules_are_named_by_their_glob_and_their_order_counts() -> None:
    one, other = Rule(endpoint="GET *", tolerance={"p50": 0.01}), Rule(endpoint="*", level={"p99": "warn"})
    assert texts(Policy(rules=(one,)), Policy(rules=(other,))) == [
        'gate.endpoints."GET *".tolerance.p50: 1 % on base, nothing in the checkout',
        'gate.endpoints."*".level.p99: nothing on base, warn in the checkout',
    ]
    assert texts(Policy(rules=(one, other)), Policy(rules=(other, one))) == [
        'the order of gate.endpoints: "GET *", "*" on base, "*", "GET *" in the checkout'
    ]


def test_thresholds_are_compared_whole() -> None:
    strict = [parse_threshold("http_req_duration{endpoint:GET /a}", "p(95)<200")]
    both = [*strict, parse_threshold("http_req_duration{endpoint:GET /a}", "p(99)<400")]
    key = "thresholds.http_req_duration{endpoint:GET /a}"
    found = differences(Policy(), Policy(), both, strict)
    assert [each.text for each in found] == [
        f"{key}: p(95)<200, p(99)<400 on base, p(95)<200 in the checkout"
    ]
    found = differences(Policy(), Policy(), strict, [])
    assert [each.text for each in found] == [f"{key}: p(95)<200 on base, nothing in the checkout"]


@given(POLICIES, POLICIES)
def test_no_difference_means_that_both_judge_alike(base: Policy, checkout: Policy) -> None:
    assert texts(base, base) == []
    if texts(base, checkout):
        return
    assert base.tolerance == checkout.tolerance
    assert base.requirement == checkout.requirement
    said = [
        [rule for rule in p.rules if rule.tolerance or rule.requirement or rule.level]
        for p in (base, checkout)
    ]
    assert said[0] == said[1]
