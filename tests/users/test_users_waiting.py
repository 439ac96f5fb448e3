"""Users wait between tasks as long as their wait time says."""

import pytest
from users_port import FakePort, live

from perfgate import HttpUser, TaskSet, between, constant, constant_pacing, constant_throughput, poisson, task
from perfgate.users import waiting


def waits_of(wait, pauses=3, inner=None):
    class Shop(HttpUser):
        wait_time = wait

        @task
        class Inner(TaskSet):
            wait_time = inner

            @task
            def some(self):
                pass

    return live(Shop, pauses=pauses).pauses


def test_wait_times():
    assert waits_of(constant(0.25)) == [250_000_000] * 3
    assert waits_of(2) == [2_000_000_000] * 3
    assert waits_of(lambda _: 0.5) == [500_000_000] * 3
    assert waits_of(constant(5), inner=constant(1)) == [1_000_000_000] * 3
    assert waits_of(constant(-1)) == [0] * 3
    drawn = waits_of(between(1, 3), pauses=300)
    assert all(1e9 <= each <= 3e9 for each in drawn)
    assert 1.8e9 < sum(drawn) / 300 < 2.2e9
    assert 0.4e9 < sum(waits_of(poisson(2), pauses=1000)) / 1000 < 0.6e9


def test_the_default_is_not_to_wait():
    class Shop(HttpUser):
        @task
        def some(self):
            pass

    assert live(Shop, pauses=2).pauses == [0, 0]


@pytest.mark.parametrize("wait", [constant_pacing(10), constant_throughput(0.1)])
def test_pacing_counts_what_the_task_took(monkeypatch, wait):
    now = [100.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])

    class Clocked(FakePort):
        def pause(self, duration_ns):
            now[0] += duration_ns / 1e9
            return super().pause(duration_ns)

    class Shop(HttpUser):
        wait_time = wait
        took = iter([3, 12, 4, 1])

        @task
        def some(self):
            now[0] += next(self.took)

    port = live(Shop, Clocked(pauses=4))
    assert [round(each / 1e9) for each in port.pauses] == [7, 0, 6, 9]


@pytest.mark.parametrize("wait", [None, float("nan"), float("inf"), "2"])
def test_a_wait_time_that_is_no_number_ends_the_user_with_an_error(wait):
    class Shop(HttpUser):
        def wait_time(self):
            return wait

        @task
        def some(self):
            pass

    assert live(Shop).counted == [("task wait_time", "exception ValueError")]
