"""Whether a verdict is the one a branch calls for."""

import pytest

from perfgate.demo.branches import BRANCHES, judge

BY_NAME = {branch.name: branch for branch in BRANCHES}


def verdict(outcome, *regressed):
    passed = {"metric": {"endpoint": "GET /items", "statistic": "p99"}, "outcome": "PASS"}
    wrong = [
        {"metric": {"endpoint": endpoint, "statistic": statistic}, "outcome": "REGRESSED"}
        for endpoint, statistic in regressed
    ]
    return {"outcome": outcome, "comparisons": [passed, *wrong]}


@pytest.mark.parametrize(
    ("name", "outcome", "regressed", "right"),
    [
        ("slow-query", "REGRESSED", [("GET /items", "p50")], True),
        ("slow-query", "REGRESSED", [("*", "cpu"), ("GET /items", "p50")], True),
        ("slow-query", "REGRESSED", [("GET /items/{id}", "p50")], False),
        ("slow-query", "REGRESSED", [("GET /items", "errors")], False),
        ("slow-query", "INVALID", [("GET /items", "p50")], False),
        ("slow-query", "PASS", [], False),
        ("slow-tail", "REGRESSED", [("GET /items/{id}", "p99")], True),
        ("slow-tail", "REGRESSED", [("GET /items/{id}", "p50")], False),
        ("errors", "REGRESSED", [("POST /orders", "errors")], True),
        ("errors", "INCONCLUSIVE", [], False),
        ("docs-only", "PASS", [], True),
        ("docs-only", "INCONCLUSIVE", [], True),
        ("docs-only", "REGRESSED", [("GET /items", "p99")], False),
        ("docs-only", "INVALID", [], False),
    ],
)
def test_a_verdict_is_right_only_for_the_right_endpoint_and_metric(name, outcome, regressed, right):
    assert judge(BY_NAME[name], verdict(outcome, *regressed)).as_expected is right


def test_what_was_found_is_named():
    found = judge(BY_NAME["slow-query"], verdict("REGRESSED", ("GET /items", "p50"), ("*", "cpu")))
    assert str(found) == "REGRESSED: GET /items p50, all endpoints cpu"
    assert str(judge(BY_NAME["docs-only"], verdict("PASS"))) == "PASS"
