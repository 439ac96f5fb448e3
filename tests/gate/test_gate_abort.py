"""Ending a measurement early: when, and when not yet."""

import numpy as np
import pytest

from perfgate.gate.abort import Abort
from perfgate.gate.threshold_syntax import Threshold, parse_threshold
from perfgate.model import Samples

SECOND = 1_000_000_000


def threshold(
    text: str, *, metric: str = "http_req_duration", abort: bool = True, delay_s: int = 0
) -> Threshold:
    from dataclasses import replace

    return replace(parse_threshold(metric, text), abort_on_fail=abort, delay_abort_eval_ns=delay_s * SECOND)


def requests(*times_ms: float, error: int = 0, endpoints: tuple[str, ...] = ("GET /",)) -> Samples:
    count = len(times_ms)
    sent = np.arange(count, dtype=np.int64) * SECOND
    last = sent + np.array([round(ms * 1e6) for ms in times_ms], dtype=np.int64)
    return Samples(
        endpoints=endpoints,
        errors=("", "http_500", "not_sent"),
        endpoint=np.full(count, len(endpoints) - 1, np.int32),
        due_ns=sent,
        sent_ns=sent,
        first_ns=last,
        last_ns=last,
        status=np.full(count, 200 if error != 2 else 0, np.int32),
        error=np.full(count, error, np.int32),
        bytes_received=np.zeros(count, np.int64),
        couple=np.zeros(count, np.int32),
    )


def test_it_stops_once_all_requests_so_far_break_the_threshold() -> None:
    abort = Abort([threshold("med<10")])
    assert not abort.add(requests(1, 2, 3), SECOND)
    assert not abort.add(requests(50, 60), 2 * SECOND)
    assert abort.add(requests(70, 80), 3 * SECOND)
    reason = abort.reason()
    assert reason.code == "aborted_on_threshold"
    assert "stopped after 3.00 s" in reason.text
    assert "med<10 is breached: 50 ms" in reason.text


def test_it_waits_for_the_delay() -> None:
    abort = Abort([threshold("med<10", delay_s=5)])
    assert not abort.add(requests(50), 4 * SECOND)
    assert abort.add(requests(50), 5 * SECOND)


def test_without_abort_on_fail_nothing_stops() -> None:
    abort = Abort([threshold("med<10", abort=False)])
    assert not abort
    assert not abort.add(requests(50), SECOND)
    with pytest.raises(ValueError, match="no threshold"):
        abort.reason()


def test_no_data_yet_is_not_broken_and_a_name_may_turn_up_later() -> None:
    abort = Abort([threshold("med<10", metric="http_req_duration{name:POST /}")])
    assert not abort.add(requests(50), SECOND)
    assert abort.add(requests(50, endpoints=("GET /", "POST /")), 2 * SECOND)


def test_arrivals_that_were_never_sent_do_not_count() -> None:
    failed = threshold("rate<0.5", metric="http_req_failed")
    unsent = requests(0, 0, 0, error=2)
    assert not Abort([failed], unsent="not_sent").add(unsent, SECOND)
    assert Abort([failed]).add(unsent, SECOND)
