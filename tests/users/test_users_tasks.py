"""Tasks are picked, repeated, nested, interrupted and waited for as in Locust."""

from collections import Counter

import pytest
from users_port import FakePort, answer, live

from perfgate import (
    FastHttpUser,
    HttpUser,
    SequentialTaskSet,
    TaskSet,
    between,
    constant,
    constant_pacing,
    constant_throughput,
    poisson,
    tag,
    task,
)
from perfgate.users import waiting
from perfgate.users.exceptions import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser


def paths(port):
    return [request.target for request in port.sent]


def test_weights_decide_how_often_a_task_is_picked():
    class Shop(HttpUser):
        @task(3)
        def often(self):
            self.client.get("/often")

        @task
        def seldom(self):
            self.client.get("/seldom")

    seen = Counter(paths(live(Shop, pauses=2000)))
    assert 2.5 < seen["/often"] / seen["/seldom"] < 3.5


def test_the_seed_decides_the_order():
    class Shop(HttpUser):
        wait_time = between(1, 5)

        @task
        def one(self):
            self.client.get("/1")

        @task
        def two(self):
            self.client.get("/2")

    first, again, other = (live(Shop, pauses=30, seed=seed) for seed in (7, 7, 8))
    assert paths(first) == paths(again) != paths(other)
    assert first.pauses == again.pauses != other.pauses


@pytest.mark.parametrize("form", ["list", "dict", "pairs"])
def test_tasks_may_be_an_attribute(form):
    def one(user):
        user.client.get("/1")

    def two(user):
        user.client.get("/2")

    given = {"list": [one, two, two], "dict": {one: 1, two: 2}, "pairs": [(one, 1), (two, 2)]}[form]

    class Shop(HttpUser):
        tasks = given

    assert Shop.tasks == [one, two, two]
    seen = Counter(paths(live(Shop, pauses=1000)))
    assert 1.6 < seen["/2"] / seen["/1"] < 2.5


def test_tasks_are_inherited():
    class Base(HttpUser):
        abstract = True

        @task
        def one(self):
            self.client.get("/1")

    class Shop(Base):
        @task
        def two(self):
            self.client.get("/2")

    assert Base.abstract
    assert not Shop.abstract
    assert set(paths(live(Shop, pauses=30))) == {"/1", "/2"}


def test_a_nested_task_set_runs_until_it_interrupts():
    log = []

    class Shop(HttpUser):
        @task
        class Browse(TaskSet):
            def on_start(self):
                log.append("in")

            def on_stop(self):
                log.append("out")

            @task
            def look(self):
                assert self.user is self.parent
                self.client.get("/look")
                if len(log) % 2 and self.rng.random() < 0.5:
                    self.interrupt()

    port = live(Shop, pauses=50)
    assert log[:4] == ["in", "out", "in", "out"]
    assert log.count("in") == log.count("out")
    assert not [error for _, error in port.counted if error]


@pytest.mark.parametrize(("reschedule", "waits"), [(True, 1), (False, 2)])
def test_an_interrupt_waits_only_if_asked_to(reschedule, waits):
    class Shop(HttpUser):
        wait_time = constant(2)

        @task
        class Inner(SequentialTaskSet):
            @task
            def look(self):
                self.client.get("/look")

            @task
            def leave(self):
                self.interrupt(reschedule=reschedule)

    port = live(Shop, pauses=2 * waits)
    assert paths(port) == ["/look"] * 2
    assert port.pauses == [2_000_000_000] * 2 * waits


def test_a_sequence_is_done_in_order_and_over_again():
    def last(task_set):
        task_set.client.get("/last")

    class Order(SequentialTaskSet):
        @task
        def first(self):
            self.client.get("/first")

        tasks = {last: 1}  # noqa: RUF012 - as load tests write it

        @task(2)
        def twice(self):
            self.client.get("/twice")

    class Shop(FastHttpUser):
        tasks = (Order,)

    assert paths(live(Shop, pauses=6)) == ["/first", "/last", "/twice", "/twice", "/first", "/last"]


def test_an_exception_is_counted_and_the_user_goes_on(caplog):
    class Shop(HttpUser):
        wait_time = constant(1)

        @task
        def buy(self):
            self.client.get("/buy")
            raise KeyError("price")

    port = live(Shop, pauses=3)
    assert port.counted == [("GET /buy", ""), ("task buy", "exception KeyError")] * 3
    assert port.exchanges[1].status == 0
    assert port.exchanges[1].error == "exception KeyError"
    assert port.pauses == [1_000_000_000] * 3
    assert len(caplog.records) == 1
    assert "raise KeyError" in caplog.text


def test_a_task_that_fails_at_once_does_not_spin():
    class Shop(HttpUser):
        @task
        def buy(self):
            raise ValueError

    assert live(Shop, pauses=2).pauses == [10_000_000] * 2


def test_an_exception_in_on_start_ends_the_user():
    stopped = []

    class Shop(HttpUser):
        def on_start(self):
            raise KeyError("token")

        def on_stop(self):
            stopped.append(True)

        @task
        def buy(self):
            self.client.get("/buy")

    port = live(Shop)
    assert port.counted == [("task on_start", "exception KeyError")]
    assert not stopped


def test_the_end_of_the_load_ends_the_user_in_the_middle_of_a_task():
    log = []

    class Shop(HttpUser):
        def on_stop(self):
            log.append("user stops")
            self.client.get("/logout")
            log.append("not reached")

        @task
        class Inner(TaskSet):
            def on_stop(self):
                log.append("task set stops")

            @task
            def endless(self):
                while True:
                    try:
                        self.client.get("/poll")
                    except Exception:
                        log.append("not reached either")

    port = live(Shop, requests=5)
    assert paths(port) == ["/poll"] * 5
    assert log == ["task set stops", "user stops"]
    assert [error for _, error in port.counted] == [""] * 5


def test_requests_of_on_stop_are_sent_when_the_user_stops_itself():
    class Shop(HttpUser):
        def on_stop(self):
            self.client.get("/logout")

        @task
        def once(self):
            self.client.get("/once")
            raise StopUser

    port = live(Shop)
    assert paths(port) == ["/once", "/logout"]
    assert port.pauses == []


def test_stop_ends_the_user_after_its_task():
    class Shop(HttpUser):
        @task
        def once(self):
            self.stop()
            self.client.get("/once")

    assert paths(live(Shop)) == ["/once"]


@pytest.mark.parametrize(("kind", "waits"), [(RescheduleTask, True), (RescheduleTaskImmediately, False)])
def test_a_task_may_give_up(kind, waits):
    class Shop(HttpUser):
        wait_time = constant(1)

        @task
        def some(self):
            self.client.get("/some")
            raise kind

    port = live(Shop, pauses=5, requests=20)
    assert port.pauses == ([1_000_000_000] * 5 if waits else [])
    assert len(port.sent) == (5 if waits else 20)
    assert not [error for _, error in port.counted if error]


def test_giving_up_at_once_again_and_again_ends_with_the_load():
    class Ending(FakePort):
        looks = 0

        def is_over(self):
            self.looks += 1
            return self.looks > 3

    class Shop(HttpUser):
        done = 0

        @task
        def some(self):
            Shop.done += 1
            if Shop.done > 10:
                raise StopUser
            raise RescheduleTaskImmediately

    live(Shop, Ending())
    assert Shop.done == 4


def test_an_interrupt_that_nothing_encloses_is_an_error():
    class Shop(HttpUser):
        @task
        def leave(self):
            raise InterruptTaskSet

    assert live(Shop).counted == [("task interrupt", "exception InterruptTaskSet")]


def test_exit_ends_one_user_and_is_counted():
    class Shop(HttpUser):
        @task
        def leave(self):
            raise SystemExit(3)

    assert live(Shop).counted == [("task leave", "exception SystemExit")]


def test_scheduled_tasks_come_before_picked_ones():
    class Shop(HttpUser):
        @task
        class Inner(TaskSet):
            def on_start(self):
                self.schedule_task(self.second)
                self.schedule_task(self.first, first=True)

            def first(self):
                self.client.get("/first")

            def second(self):
                self.client.get("/second")

            @task
            def picked(self):
                self.client.get("/picked")

    assert paths(live(Shop, pauses=4)) == ["/first", "/second", "/picked", "/picked"]


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


@pytest.mark.parametrize(
    "wait", [lambda _: None, lambda _: float("nan"), lambda _: float("inf"), lambda _: "2"]
)
def test_a_wait_time_that_is_no_number_ends_the_user_with_an_error(wait):
    class Shop(HttpUser):
        wait_time = wait

        @task
        def some(self):
            pass

    assert live(Shop).counted == [("task wait_time", "exception ValueError")]


def test_tags_reach_the_tasks_of_a_task_set():
    @tag("b")
    class Inner(TaskSet):
        @tag("a")
        @task
        def some(self):
            pass

    assert Inner.some.locust_tag_set == {"a", "b"}
    with pytest.raises(ValueError, match="needs a name"):
        tag()


@pytest.mark.parametrize("weight", [-1, 10**9, 1.5])
def test_a_weight_that_makes_no_sense_is_refused(weight):
    def some(user):
        pass

    with pytest.raises((ValueError, TypeError), match="weight"):
        task(weight)(some)


def test_a_json_answer_can_be_used_in_the_next_request():
    class Shop(HttpUser):
        def on_start(self):
            self.token = self.client.post("/auth/token", json={"user": "a"}).json()["access_token"]

        @task
        def some(self):
            self.client.get("/some", headers={"Authorization": f"Bearer {self.token}"})

    port = live(Shop, reply=lambda _: answer(body='{"access_token": "t1"}'), pauses=1)
    assert ("Authorization", "Bearer t1") in port.sent[1].headers
