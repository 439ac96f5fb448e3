"""What is kept of a round's requests."""

import numpy as np
import pytest

from perfgate.errors import MeasureError
from perfgate.measure.summary import busy_ns, require_answers, summarise
from perfgate.model import Samples
from perfgate.store.histogram import decode


def _samples(status: list[int], error: list[int], service_ns: list[int]) -> Samples:
    count = len(status)
    sent = np.arange(count, dtype=np.int64) * 10**9 + 10**18
    return Samples(
        endpoints=("GET /a", "GET /b"),
        errors=("", "other", "status 503", "timeout"),
        endpoint=np.zeros(count, dtype=np.int32),
        due_ns=sent,
        sent_ns=sent,
        first_ns=sent + 1,
        last_ns=sent + np.array(service_ns, dtype=np.int64),
        status=np.array(status, dtype=np.int32),
        error=np.array(error, dtype=np.int32),
        bytes_received=np.zeros(count, dtype=np.int64),
        couple=np.arange(count, dtype=np.int32),
    )


def test_errors_are_counted_and_kept_out_of_the_latencies() -> None:
    (found,) = summarise(_samples([200, 200, 503, 0], [0, 0, 2, 3], [1000, 3000, 10**9, 0]))
    assert found.requests == 4
    assert found.failed == 2
    assert found.errors == {"status 503": 1, "timeout": 1}
    assert found.statuses == {"200": 2, "503": 1}
    assert 1000 <= found.quantiles_ns["p50"] <= 3000
    assert decode(found.histogram).count == 2


def test_an_endpoint_that_only_failed_has_no_latency() -> None:
    (found,) = summarise(_samples([503], [2], [1000]))
    assert found.quantiles_ns == {}


def test_endpoints_nothing_was_sent_to_are_left_out() -> None:
    assert [e.endpoint for e in summarise(_samples([200], [0], [1]))] == ["GET /a"]


def test_a_side_that_said_nothing_is_an_error_with_the_causes_counted() -> None:
    with pytest.raises(MeasureError, match=r"round 3: head answered none of 3 requests \(3 x timeout\)"):
        require_answers(_samples([0, 0, 0], [3, 3, 3], [0, 0, 0]), "head", 3)


def test_no_requests_at_all_are_an_error() -> None:
    with pytest.raises(MeasureError, match="no request to base"):
        require_answers(_samples([], [], []), "base", 1)


def test_one_answer_is_enough_to_go_on() -> None:
    require_answers(_samples([0, 500], [3, 2], [0, 5]), "head", 1)


def test_the_time_of_failed_requests_is_busy_time_too_and_that_of_unanswered_ones_is_unknown() -> None:
    assert busy_ns(_samples([200, 503, 0], [0, 2, 3], [1000, 3000, 0])) == 4000
    assert busy_ns(_samples([], [], [])) == 0
