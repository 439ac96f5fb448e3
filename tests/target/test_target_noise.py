from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.target.cgroup import parse_throttled_ns
from perfgate.target.noise import NoiseSnapshot, between, parse_pressure, parse_stat, snapshot

STAT = "cpu  100 5 50 800 10 0 5 30 90 7\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 5\n"


def taken(**changes):
    values = {"at_ns": 0, "cpu_ticks": 1000, "steal_ticks": 30, "psi_some_us": 500, "throttled_ns": 0}
    return NoiseSnapshot(**(values | changes))


def test_guest_time_is_not_counted_twice():
    assert parse_stat(STAT) == (1000, 30)


def test_a_difference_is_a_share_of_the_time_between():
    later = taken(
        at_ns=1_000_000_000, cpu_ticks=1200, steal_ticks=40, psi_some_us=250_500, throttled_ns=9_000
    )
    delta = between(taken(), later)
    assert delta.steal_ratio == pytest.approx(0.05)
    assert delta.psi_some_ratio == pytest.approx(0.25)
    assert delta.throttled_ns == 9_000
    assert delta.throttled_ratio == pytest.approx(9e-6)


def test_what_is_not_counted_is_none_and_steal_is_then_zero():
    blind = taken(cpu_ticks=None, steal_ticks=None, psi_some_us=None, throttled_ns=None)
    delta = between(blind, taken(at_ns=5))
    assert (delta.steal_ratio, delta.psi_some_ratio, delta.throttled_ns) == (0.0, None, None)
    assert delta.throttled_ratio is None


def test_the_same_moment_and_counters_that_run_backwards_do_no_harm():
    assert between(taken(), taken()).steal_ratio == 0.0
    assert between(taken(), taken(at_ns=1, cpu_ticks=1100, steal_ticks=10)).steal_ratio == 0.0


def test_this_machine_can_be_read():
    first = snapshot()
    delta = between(first, snapshot())
    assert first.cpu_ticks is None or first.cpu_ticks > 0
    assert 0 <= delta.steal_ratio <= 1


def test_pressure_is_that_of_some_not_of_all():
    text = "some avg10=0.00 avg60=0.06 avg300=0.46 total=15113493\nfull avg10=0.00 total=7\n"
    assert parse_pressure(text) == 15113493
    assert parse_pressure("full avg10=0.00 total=7\n") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("usage_usec 5\nnr_throttled 2\nthrottled_usec 12\n", 12_000),
        ("nr_periods 0\nnr_throttled 0\nthrottled_time 12\n", 12),
        ("usage_usec 5\n", None),
        ("", None),
    ],
)
def test_throttling_in_both_versions(text, expected):
    assert parse_throttled_ns(text) == expected


@given(st.text())
def test_no_text_breaks_a_parser(text):
    for parse in (parse_stat, parse_pressure, parse_throttled_ns):
        parse(text)
        parse(f"cpu {text}\nsome {text} total={text}\nthrottled_usec {text}")
