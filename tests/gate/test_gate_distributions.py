"""Distributions of endpoints are of valid rounds, and shifts compare rounds that belong together."""

from dataclasses import replace

import numpy as np
import pytest

from perfgate.gate import distributions
from perfgate.gate.distributions import added, endpoint_times
from perfgate.model import CountedTimes, EndpointRound, Result, Round
from perfgate.store.histogram import decode, encode
from tests.imaginary import HEALTH, result_of


def counted(payload: str) -> CountedTimes:
    values_ns, counts = decode(payload).counted()
    return CountedTimes(values_ns=values_ns, counts=counts)


def result(side, rounds: list[list[int]], *, dropped: int | None = None, endpoint: str = "GET /") -> Result:
    made = []
    for index, values in enumerate(rounds):
        found = EndpointRound(
            endpoint=endpoint,
            requests=len(values),
            quantiles_ns={},
            errors={},
            statuses={},
            histogram=encode(np.array(values, np.int64)),
        )
        made.append(
            Round(
                index=index,
                stage="screen",
                seed=1,
                duration_ns=10**9,
                endpoints=(found,),
                cpu_ns=None,
                rss_bytes=None,
                health=HEALTH,
                dropped_because="noise" if index == dropped else "",
            )
        )
    return result_of(side, tuple(made))


def test_times_are_added_up_over_valid_rounds_only():
    base = result("base", [[1000] * 5, [1000, 1500], [9] * 100], dropped=2)
    times = endpoint_times(base, result("head", [[7], [8], [9]]), counted)["GET /"]
    assert times.base.values_ns.tolist() == [1000, 1500]
    assert times.base.counts.tolist() == [6, 1]
    assert times.head.counts.tolist() == [1, 1, 1]


def test_a_round_that_one_side_lacks_is_in_no_shift():
    base = result("base", [[1000] * 50] * 6, dropped=0)
    head = result("head", [[9000] * 50, *[[1500] * 50] * 4, []])
    shift = endpoint_times(base, head, counted)["GET /"].shift
    assert shift.rounds == 4
    assert shift.change[9] == pytest.approx(0.5, abs=1e-9)


def test_runs_of_different_times_have_no_shift():
    base = replace(result("base", [[1000] * 50] * 6), run_id="another")
    times = endpoint_times(base, result("head", [[1500] * 50] * 6), counted)["GET /"]
    assert times.shift is None
    assert times.base is not None


def test_a_side_that_answered_nothing_is_none():
    times = endpoint_times(result("base", [[], []]), result("head", [[5], []]), counted)["GET /"]
    assert times.base is times.shift is None
    assert endpoint_times(None, result("head", [[5]]), counted)["GET /"].base is None
    assert added(()) is None


def test_a_quantile_with_too_few_requests_is_left_open():
    times = endpoint_times(result("base", [[1000] * 7] * 10), result("head", [[1000]] * 10), counted)["GET /"]
    assert times.shift.change[9] == 0.0
    assert times.shift.change[0] is times.shift.change[-1] is None
    assert times.base_quantiles.median_ns[1] == 1000
    assert times.head_quantiles.median_ns[1] is None
    assert times.base_quantiles.median_ns[-1] is None


def test_quantiles_are_those_of_the_median_round():
    heads = result("head", [[1000] * 50, [9000] * 50, [1500] * 50, [3] * 50], dropped=3)
    times = endpoint_times(None, heads, counted)["GET /"]
    assert times.head_quantiles.median_ns[9] == pytest.approx(1500)
    assert times.base_quantiles is None


@pytest.mark.parametrize(("up_to", "quantiles"), [((3, 9), 20), ((2, 3), 14), ((1, 2), 7)])
def test_very_many_endpoints_get_fewer_quantiles(monkeypatch, up_to, quantiles):
    monkeypatch.setattr(distributions, "_TWENTIETHS_UP_TO", up_to[0])
    monkeypatch.setattr(distributions, "_TENTHS_UP_TO", up_to[1])

    def three(side):
        (one,) = result(side, [[1000] * 80]).rounds
        endpoints = tuple(replace(one.endpoints[0], endpoint=f"GET /{n}") for n in range(3))
        return result_of(side, (replace(one, endpoints=endpoints),))

    found = endpoint_times(three("base"), three("head"), counted)
    assert len(found["GET /0"].shift.probability) == quantiles
