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
    tag,
    task,
)
from perfgate.users.exceptions import RescheduleTask, RescheduleTaskImmediately, StopUser


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
