"""What ends a task or a user: exceptions, the user itself, and the end of the load."""

from users_port import live

from perfgate import HttpUser, TaskSet, constant, task
from perfgate.users import failing
from perfgate.users.exceptions import InterruptTaskSet, StopUser


def paths(port):
    return [request.target for request in port.sent]


def test_an_exception_is_counted_and_the_user_goes_on(caplog, monkeypatch):
    monkeypatch.setattr(failing, "_shown", set())

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
