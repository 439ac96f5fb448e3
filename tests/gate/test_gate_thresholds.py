import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.gate.thresholds import (
    Series,
    ThresholdOutcome,
    describe,
    evaluate,
    parse_threshold,
    percentile,
)

LIST, CREATE = "GET /items/{id}", "POST /items"


def series(
    times_ms: list[float],
    *,
    endpoint: list[int] | None = None,
    status: list[int] | None = None,
    seconds: float = 10,
) -> Series:
    """Requests with these service times; a time of 0 is a request without answer."""
    statuses = np.array(status or [200 if ms else 0 for ms in times_ms], dtype=np.int32)
    return Series(
        endpoints=(LIST, CREATE, "never sent"),
        endpoint=np.array(endpoint or [0] * len(times_ms), dtype=np.int32),
        service_ns=np.array([round(ms * 1e6) for ms in times_ms], dtype=np.int64),
        status=statuses,
        failed=(statuses >= 400) | (statuses == 0),
        duration_ns=round(seconds * 1e9),
    )


def judged(metric: str, expression: str, data: Series) -> ThresholdOutcome:
    return evaluate(parse_threshold(metric, expression), data)


TEN = series([float(ms) for ms in (7, 3, 10, 1, 9, 2, 8, 4, 6, 5)])


@pytest.mark.parametrize(
    ("metric", "method", "value"),
    [
        ("http_req_duration", "p(0)", 1),
        ("http_req_duration", "p(90)", 9.1),
        ("http_req_duration", "p(95)", 9.55),
        ("http_req_duration", "p(99.9)", 9.991),
        ("http_req_duration", "p(100)", 10),
        ("http_req_duration", "med", 5.5),
        ("http_req_duration", "avg", 5.5),
        ("http_req_duration", "min", 1),
        ("http_req_duration", "max", 10),
        ("http_req_failed", "rate", 0),
        ("http_reqs", "count", 10),
        ("http_reqs", "rate", 1),
    ],
)
def test_value_is_the_one_k6_computes(metric: str, method: str, value: float) -> None:
    outcome = judged(metric, f"{method}<1e9", TEN)
    assert outcome.value == pytest.approx(value)
    assert outcome.passed


@given(
    st.lists(st.floats(0, 1e9), min_size=1, max_size=50),
    st.floats(0, 1),
)
def test_percentile_is_linear_between_ranks(values: list[float], share: float) -> None:
    ordered = np.sort(np.array(values))
    expected = np.quantile(ordered, share, method="linear")
    assert percentile(ordered, share) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("comparison", "passes"),
    [
        ("<10", False),
        ("<10.5", True),
        ("<=10", True),
        ("<=9.9", False),
        (">10", False),
        (">9.9", True),
        (">=10", True),
        (">=10.1", False),
        ("==10", True),
        ("===10", True),
        ("==9", False),
        ("!=9", True),
        ("!=10", False),
        (" <  1e1", False),
        ("< 1.1e1 ", True),
    ],
)
def test_comparisons(comparison: str, passes: bool) -> None:
    assert judged("http_req_duration", f"max{comparison}", TEN).passed is passes


MIXED = series([1, 2, 3, 40, 50, 0], endpoint=[0, 0, 0, 1, 1, 1], status=[200, 200, 404, 201, 500, 0])


@pytest.mark.parametrize(
    ("metric", "method", "value"),
    [
        ("http_req_duration{status:200}", "max", 2),
        ("http_req_duration{name:GET /items/{id}}", "max", 3),
        ("http_req_duration{ endpoint : 'GET /items/{id}' }", "max", 3),
        ('http_req_duration{endpoint:POST /items,expected_response:"true"}', "max", 40),
        ("http_req_duration{expected_response:true}", "max", 40),
        ("http_req_failed", "rate", 0.5),
        ("http_req_failed{endpoint:GET /items/{id}}", "rate", 1 / 3),
        ("http_reqs{status:500}", "count", 1),
        ("http_reqs{status:0}", "count", 1),
        ("http_reqs{status:503}", "count", 0),
        ("http_reqs{endpoint:POST /items}", "rate", 0.3),
    ],
)
def test_tags_narrow_the_requests(metric: str, method: str, value: float) -> None:
    assert judged(metric, f"{method}<1000", MIXED).value == pytest.approx(value)


def test_a_request_without_answer_is_slower_than_any_limit() -> None:
    for method in ("max", "avg", "p(99)"):
        outcome = judged("http_req_duration", f"{method}<1e12", MIXED)
        assert outcome.value == math.inf
        assert not outcome.passed
    assert not judged("http_req_duration", "max>1", MIXED).passed
    assert judged("http_req_duration", "p(90)<1", series([1, 0, 0, 0])).value == math.inf
    assert judged("http_req_duration", "p(40)<3.5", MIXED).passed
    assert "too many requests got no answer" in describe(judged("http_req_duration", "max<9", MIXED))


@pytest.mark.parametrize(
    ("metric", "expression", "why"),
    [
        ("http_req_duration", "p(95)<1", "not one such request was sent"),
        ("http_req_failed", "rate<0.01", "not one such request was sent"),
        ("http_reqs", "count<1", "not one such request was sent"),
    ],
)
def test_nothing_measured_is_never_a_pass(metric: str, expression: str, why: str) -> None:
    outcome = judged(metric, expression, series([]))
    assert (outcome.value, outcome.passed, outcome.no_data) == (None, False, why)


@pytest.mark.parametrize(
    ("metric", "expression", "why"),
    [
        ("http_req_duration{status:503}", "p(95)<1", "no request ended that way"),
        ("http_req_failed{endpoint:never sent}", "rate<1", "not one such request was sent"),
        ("http_reqs{endpoint:never sent}", "count<1", "not one such request was sent"),
        ("http_reqs{endpoint:GET /itmes}", "count<1", "no endpoint is called 'GET /itmes'"),
    ],
)
def test_a_tag_nothing_carries_is_never_a_pass(metric: str, expression: str, why: str) -> None:
    outcome = judged(metric, expression, MIXED)
    assert (outcome.value, outcome.passed, outcome.no_data) == (None, False, why)
    assert describe(outcome) == f"{metric}: {expression} has no data: {why}"


def test_rate_over_no_time_is_no_data() -> None:
    assert judged("http_reqs", "rate>1", series([1.0], seconds=0)).no_data


@pytest.mark.parametrize(
    ("metric", "expression", "text"),
    [
        ("http_req_duration", "p(95)<5", "http_req_duration: p(95)<5 is breached: 9.55 ms"),
        ("http_req_failed", "rate<0.01", "http_req_failed: rate<0.01 is met: 0"),
        ("http_reqs", "count>=10", "http_reqs: count>=10 is met: 10 requests"),
        ("http_reqs", "rate>5", "http_reqs: rate>5 is breached: 1 requests/s"),
    ],
)
def test_outcome_reads_as_a_sentence(metric: str, expression: str, text: str) -> None:
    assert describe(judged(metric, expression, TEN)) == text


@pytest.mark.parametrize(
    ("metric", "expression", "said"),
    [
        ("http_req_duration", "p(95)", "is not a threshold"),
        ("http_req_duration", "p(95)<", "is not a threshold"),
        ("http_req_duration", "p(95)=200", "is not a threshold"),
        ("http_req_duration", "p(95)<200ms", "200ms is 200"),
        ("http_req_failed", "rate<1%", "1 % is 0.01"),
        ("http_req_duration", "p(95)<nan", "is not a threshold"),
        ("http_req_duration", "p(95)<1e999", "too large"),
        ("http_req_duration", "p(95)<1 && p(99)<2", "is not a threshold"),
        ("http_req_duration", "p(101)<1", "between 0 and 100"),
        ("http_req_duration", "p(-1)<1", "between 0 and 100"),
        ("http_req_duration", "p(N)<1", "cannot be asked"),
        ("http_req_duration", "p95<1", "cannot be asked of http_req_duration: use p(N), avg"),
        ("http_req_duration", "P(95)<1", "cannot be asked"),
        ("http_req_duration", "count<1", "cannot be asked"),
        ("http_req_failed", "avg<1", "cannot be asked of http_req_failed: use rate"),
        ("http_reqs", "p(95)<1", "cannot be asked of http_reqs: use count, rate"),
        ("http_req_duratoin", "p(95)<1", "did you mean http_req_duration?"),
        ("my_trend", "p(95)<1", "no custom ones"),
        ("http_req_waiting", "p(95)<1", "does not measure k6's http_req_waiting"),
        ("checks", "rate>0.9", "does not measure k6's checks"),
        ("", "p(95)<1", "there is no metric ''"),
        ("http_req_duration{", "p(95)<1", "braces"),
        ("http_req_duration}", "p(95)<1", "braces"),
        ("http_req_duration{status:200}x", "p(95)<1", "braces"),
        ("http_req_duration{}", "p(95)<1", "is not a tag"),
        ("http_req_duration{status}", "p(95)<1", "is not a tag"),
        ("http_req_duration{status:}", "p(95)<1", "is not a tag"),
        ("http_req_duration{status:200,}", "p(95)<1", "is not a tag"),
        ("http_req_duration{status:2xx}", "p(95)<1", "is not an HTTP status"),
        ("http_req_duration{status:200,status:201}", "p(95)<1", "stands twice"),
        ("http_req_duration{scenario:x}", "p(95)<1", "the tag 'scenario'"),
        ("http_req_duration{expected_response:yes}", "p(95)<1", "true or false"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(metric: str, expression: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_threshold(metric, expression)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("value", [200, None, True, ["p(95)<200"]])
def test_what_is_not_a_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="the threshold of 'http_req_duration' is"):
        parse_threshold("http_req_duration", value)


@given(
    st.sampled_from(["http_req_duration", "http_reqs", "http_req_failed{", "http_req_duration{name:a}", "x"])
    | st.text(max_size=30),
    st.text(st.sampled_from("p(95)<>=! .e+-rateavgcount0123"), max_size=15) | st.text(max_size=20),
)
def test_any_text_is_read_or_refused_with_one_line(metric: str, expression: str) -> None:
    try:
        threshold = parse_threshold(metric, expression)
    except ValueError as error:
        refused = str(error)
    else:
        refused = ""
        assert math.isfinite(threshold.limit)
        assert evaluate(threshold, series([])).no_data
    assert refused.isprintable()


@given(st.sampled_from(["<", "<=", ">", ">=", "==", "===", "!="]), st.floats(0, 1e6), st.floats(0, 100))
def test_numbers_are_read_as_written(operator: str, limit: float, share: float) -> None:
    threshold = parse_threshold("http_req_duration", f"p({share!r}) {operator} {limit!r}")
    assert (threshold.operator, threshold.limit, threshold.percentile) == (operator, limit, share)
