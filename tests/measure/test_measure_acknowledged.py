from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from measured_rounds import samples

from perfgate.measure.acknowledged import waits_note
from perfgate.model import Samples

MS = 1_000_000


def answered(waits_ms: float, count: int) -> Samples:
    """A hundred requests, the second part of `count` answers so much later."""
    made = samples(np.random.default_rng(1), 100, 1e6)
    waits_ns = np.where(np.arange(100) < count, int(waits_ms * MS), 20_000)
    return replace(made, last_ns=made.first_ns + waits_ns)


@pytest.mark.parametrize("waits_ms", [40.2, 43.9])
def test_answers_that_wait_for_an_acknowledgement_are_told(waits_ms):
    (told,) = waits_note("head", [answered(waits_ms, 60), answered(waits_ms, 40)])
    assert told.startswith("50% of head's answers came in two parts 40 ms apart")
    assert "TCP_NODELAY" in told


@pytest.mark.parametrize(("waits_ms", "count"), [(0.02, 100), (30.0, 100), (60.0, 100), (41.0, 1)])
def test_answers_that_take_as_long_for_other_reasons_are_not(waits_ms, count):
    assert waits_note("base", [answered(waits_ms, count)]) == ()


def test_no_answers_are_none_that_waited():
    unanswered = answered(41.0, 100)
    assert waits_note("base", [replace(unanswered, status=np.zeros_like(unanswered.status))]) == ()
    assert waits_note("base", []) == ()
