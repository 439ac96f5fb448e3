"""With `catch_response=True` the user says what a request was."""

import pytest
from users_port import FakePort, answer, client_of, live

from perfgate import FastHttpUser, HttpUser, task
from perfgate.users.exceptions import CatchResponseError, LocustError, ResponseError, StopUser

BOTH = pytest.mark.parametrize("user_class", [HttpUser, FastHttpUser])


def verdict(user_class, block, reply=lambda _: answer()):
    """The error class a request gets from its block, and what leaves the block."""
    port = FakePort(reply)
    raised = None
    try:
        with client_of(user_class, port).get("/a", name="a", catch_response=True) as response:
            assert not port.counted
            block(response)
    except Exception as error:
        raised = error
    [(name, error)] = port.counted
    assert name == "GET a"
    return error, raised


def raising(error):
    def block(response):
        raise error

    return block


@BOTH
def test_the_answer_decides_if_nothing_is_said(user_class):
    assert verdict(user_class, lambda r: None) == ("", None)
    assert verdict(user_class, lambda r: None, lambda _: answer(500)) == ("status 500", None)
    assert verdict(user_class, lambda r: None, lambda _: "reset") == ("reset", None)


@BOTH
def test_success_and_failure(user_class):
    assert verdict(user_class, lambda r: r.success(), lambda _: answer(404)) == ("", None)
    assert verdict(user_class, lambda r: r.success(), lambda _: "reset") == ("", None)
    assert verdict(user_class, lambda r: r.failure("too few")) == ("too few", None)
    assert verdict(user_class, lambda r: (r.failure("no"), r.success())) == ("", None)
    assert verdict(user_class, lambda r: (r.success(), r.failure("no"))) == ("no", None)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("Expected 200,\n got\x00\t500 ", "Expected 200, got 500"),
        ("x" * 200, "x" * 79 + "…"),
        ("", "failure"),
        (None, "None"),
        (404, "404"),
        (ValueError("bad"), "ValueError: bad"),
        (ValueError(), "ValueError"),
        ("\u202eabc", "abc"),
    ],
)
def test_a_reason_becomes_one_short_line(reason, expected):
    assert verdict(HttpUser, lambda r: r.failure(reason)) == (expected, None)


@BOTH
def test_exceptions_leave_the_block_but_for_a_response_error(user_class):
    assert verdict(user_class, raising(ResponseError("wrong"))) == ("ResponseError: wrong", None)
    for error in (KeyError("x"), StopUser()):
        assert verdict(user_class, raising(error)) == ("", error)
        assert verdict(user_class, raising(error), lambda _: answer(500)) == ("status 500", error)

    failed = RuntimeError()

    def block(response):
        response.failure("said before")
        raise failed

    assert verdict(user_class, block) == ("said before", failed)


@BOTH
def test_raise_for_status_obeys_what_was_said(user_class):
    assert verdict(user_class, lambda r: (r.success(), r.raise_for_status()), lambda _: answer(500)) == (
        "",
        None,
    )
    error, raised = verdict(user_class, lambda r: (r.failure("no"), r.raise_for_status()))
    assert error == "no"
    assert isinstance(raised, CatchResponseError)
    error, raised = verdict(user_class, lambda r: r.raise_for_status(), lambda _: answer(500))
    assert error == "status 500"
    assert raised is not None


@BOTH
def test_outside_of_a_block_nothing_can_be_said(user_class):
    client = client_of(user_class, FakePort())
    plain, caught = client.get("/a"), client.get("/a", catch_response=True)
    for response in (plain, caught):
        with pytest.raises(LocustError, match="with block"):
            response.failure("no")
        with pytest.raises(LocustError, match="with block"):
            response.success()


def test_a_block_without_catch_response():
    with pytest.raises(LocustError, match="catch_response=True"), client_of(HttpUser, FakePort()).get("/a"):
        pass
    port = FakePort()
    with client_of(FastHttpUser, port).get("/a") as response:
        assert response.ok
    assert port.counted == [("GET /a", "")]


@BOTH
def test_a_response_nobody_judges_is_counted_by_its_answer(user_class):
    class Shop(user_class):
        @task
        def some(self):
            self.client.get("/a", catch_response=True)
            first = self.client.get("/b", catch_response=True)
            with self.client.get("/c", catch_response=True) as second, first:
                second.failure("no")
                first.success()

    port = live(Shop, reply=lambda _: answer(500), pauses=2)
    assert port.counted == [("GET /b", ""), ("GET /c", "no"), ("GET /a", "status 500")] * 2


def test_it_is_counted_also_before_the_first_task_and_after_the_last():
    class Shop(HttpUser):
        def on_start(self):
            self.client.get("/in", catch_response=True)
            raise KeyError

        def on_stop(self):
            self.client.get("/out", catch_response=True)

        @task
        def some(self):
            raise StopUser

    assert live(Shop).counted == [("task on_start", "exception KeyError"), ("GET /in", "")]

    class Patient(Shop):
        def on_start(self):
            pass

    assert live(Patient).counted == [("GET /out", "")]


def test_a_block_may_wait():
    class Shop(HttpUser):
        @task
        def some(self):
            with self.client.get("/a", catch_response=True) as response:
                self.wait()
                response.failure("slow")

    assert live(Shop, pauses=4).counted == [("GET /a", "slow")] * 2


@BOTH
def test_rest_parses_and_judges(user_class):
    def run(block, reply, **options):
        class Shop(user_class):
            @task
            def some(self):
                with self.rest("GET", "/a", **options) as response:
                    block(response)
                raise StopUser

        port = live(Shop, FakePort(lambda _: reply))
        return port.counted, port.sent

    def price(response):
        if response.js["price"] != 3:
            raise AssertionError("wrong price,")

    def bare(response):
        raise AssertionError

    [counted], [sent] = run(price, answer(body='{"price": 3}'))
    assert counted == ("GET /a", "")
    assert {("Content-Type", "application/json"), ("Accept", "application/json")} <= set(sent.headers)
    _, [sent] = run(price, answer(body='{"price": 3}'), headers={"accept": "text/x"})
    assert [value for name, value in sent.headers if name.lower() == "accept"] == ["text/x"]
    for block, reply, error in (
        (price, answer(body='{"price": 4}'), "wrong price"),
        (bare, answer(), "assertion failed"),
        (price, answer(body="<html>"), "the answer is not JSON (status 200)"),
        (price, answer(body="{}"), "KeyError: 'price'"),
        (lambda r: None, answer(body="<html>"), "the answer is not JSON (status 200)"),
        (lambda r: None, answer(500, "{}"), "status 500"),
        (lambda r: None, "reset", "reset"),
    ):
        assert run(block, reply)[0] == [("GET /a", error)]


def test_rest_lets_a_user_stop_and_names_what_is_cached():
    class Shop(FastHttpUser):
        @task
        def some(self):
            with self.rest_("GET", "/a?b=1"):
                raise StopUser

    port = live(Shop)
    assert port.counted == [("GET /a?b=1&_=...", "")]
    assert port.sent[0].target.startswith("/a?b=1&_=1")
