"""What a file demands of its run, judged on requests made up here."""

import numpy as np
import pytest

from perfgate.gate.ensure import breaches_of, describe, describe_apdex, judge, told
from perfgate.gate.figures import Measured, figure_of
from perfgate.model import Demand, Outcome, Passes, Samples
from perfgate.workload.expression import parse_expression
from perfgate.workload.figures import Vocabulary

ERRORS = ("", "timeout", "connect timeout", "status 500", "expect statusCode", "capture token", "not sent")
WORDS = Vocabulary(
    endpoints={"/items": ("GET /items", "POST /items"), "/cart": ("GET /cart",)},
    scenarios={"0": "scenario 1", "buy": "buy"},
)


def measured(*requests: tuple[int, float, float, str], passes=None, **changes) -> Measured:
    """Requests as (endpoint, first byte in ms, last byte in ms, error); of 500 and 0 the status follows."""
    status = [{"status 500": 500}.get(error, 200 if first else 0) for _, first, _, error in requests]
    count = len(requests)
    samples = Samples(
        endpoints=("GET /items", "POST /items", "GET /cart"),
        errors=ERRORS,
        endpoint=np.array([request[0] for request in requests], np.int32),
        due_ns=np.full(count, 10**9),
        sent_ns=np.full(count, 10**9),
        first_ns=np.array([10**9 + round(r[1] * 1e6) if r[1] else 0 for r in requests], np.int64),
        last_ns=np.array([10**9 + round(r[2] * 1e6) if r[1] else 0 for r in requests], np.int64),
        status=np.array(status, np.int32),
        error=np.array([ERRORS.index(error) for *_, error in requests], np.int32),
        bytes_received=np.full(count, 100),
        couple=np.full(count, -1, np.int32),
    )
    given = {"samples": samples, "passes": passes or {}, "duration_ns": 2 * 10**9, "unsent": "not sent"}
    return Measured(**(given | changes))


RUN = measured(
    (0, 10, 90, ""),
    (1, 20, 30, "status 500"),
    (2, 30, 40, "expect statusCode"),
    (2, 40, 50, "capture token"),
    (0, 0, 0, "timeout"),
    (0, 0, 0, "connect timeout"),
    (0, 0, 0, "not sent"),
    passes={"scenario 1": Passes(completed=3, failed=1), "buy": Passes(completed=4, failed=0)},
)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("http.requests", 6),
        ("http.responses", 4),
        ("http.request_rate", 3),
        ("http.downloaded_bytes", 700),
        ("http.codes.200", 3),
        ("http.codes.500", 1),
        ("http.codes.404", 0),
        ("http.response_time.min", 10),
        ("http.response_time.max", 40),
        ("http.response_time.mean", 25),
        ("http.response_time.median", 25),
        ("http.response_time.p50", 25),
        ("http.response_time.p95", 38.5),
        ("http.response_time.count", 4),
        ("http.response_time.2xx.max", 40),
        ("http.response_time.5xx.max", 20),
        ("http.response_time.4xx.max", None),
        ("http.total.max", 90),
        ("errors.ETIMEDOUT", 2),
        ("errors.ECONNREFUSED", 0),
        ("errors.Failed capture or match", 1),
        ("errors.timeout", 1),
        ("plugins.expect.failed", 1),
        ("plugins.expect.failed.statusCode", 1),
        ("plugins.expect.failed.hasHeader", 0),
        ("vusers.created", 8),
        ("vusers.completed", 7),
        ("vusers.failed", 1),
        ("vusers.skipped", 1),
        ("vusers.created_by_name.0", 4),
        ("vusers.created_by_name.buy", 4),
        ("apdex", 1),
        ("apdex.satisfied", 4),
        ("plugins.metrics-by-endpoint.response_time./items.max", 20),
        ("plugins.metrics-by-endpoint./cart.codes.200", 2),
        ("plugins.metrics-by-endpoint./items.errors.ETIMEDOUT", 2),
    ],
)
def test_metrics(metric, value):
    found = figure_of(WORDS.figure(metric), RUN)
    assert found is None if value is None else found == pytest.approx(value)


def demand(source: str, *, strict: bool = True) -> Demand:
    expression = parse_expression(source, WORDS.wholes)
    figures = tuple(WORDS.figure(name) for name in expression.names)
    return Demand(source=source, strict=strict, figures=figures, holds=expression.holds)


def test_a_breach_is_a_reason_and_one_that_is_not_strict_is_only_told():
    kept = demand("http.response_time.p95 < 39")
    broken = demand("http.codes.500 == 0 and http.requests > 1")
    lenient = demand("http.codes.500 == 0", strict=False)
    judged = judge([kept, broken, lenient], RUN)
    [(outcome, reason)] = breaches_of(judged)
    assert outcome is Outcome.THRESHOLD_BREACHED
    assert reason.text == (
        "the service: http.codes.500 == 0 and http.requests > 1 is breached "
        "(http.codes.500 is 1, http.requests is 6)"
    )
    assert told(judged) == ("config.ensure: http.codes.500 == 0 is breached (http.codes.500 is 1)",)


def test_no_data_is_never_a_pass():
    [judged] = judge([demand("http.response_time.4xx.p95 < 100 or 1 == 1")], RUN)
    assert not judged.holds
    assert "http.response_time.4xx.p95 has no data" in describe(judged)


def test_no_user_at_all_breaks_the_error_rate():
    [judged] = judge([demand("(vusers.created - vusers.completed) / vusers.created * 100 <= 5")], measured())
    assert not judged.holds


@pytest.mark.parametrize(
    ("threshold_ms", "words"),
    [
        (100, "apdex: 1.00 (excellent, for a threshold of 100 ms)"),
        (40, "apdex: 0.88 (good, for a threshold of 40 ms)"),
        (10, "apdex: 0.38 (unacceptable, for a threshold of 10 ms)"),
    ],
)
def test_apdex(threshold_ms, words):
    run = measured(*((0, 1, last, "") for last in (90, 30, 40, 15)), apdex_ms=threshold_ms)
    assert describe_apdex(run) == words


def test_apdex_of_nothing_says_nothing():
    assert describe_apdex(measured()) == ""
