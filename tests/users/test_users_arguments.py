"""Every argument of a request is obeyed, or refused in words."""

import pytest
from requests.auth import HTTPDigestAuth
from users_port import FakePort, client_of

from perfgate import FastHttpUser, HttpUser
from perfgate.users.exceptions import UnsupportedError


def ours(method, url, user_class=HttpUser, **options):
    port = FakePort()
    client_of(user_class, port).request(method, url, **options)
    return port.sent[0]


def rewriting(request):
    request.url += "?signed=1"
    return request


def watching(request):
    request.register_hook("response", print)
    return request


@pytest.mark.parametrize(
    "options",
    [
        {"auth": HTTPDigestAuth("a", "b")},
        {"auth": rewriting},
        {"auth": watching},
        {"cert": "client.pem"},
        {"proxies": {"http": "http://proxy"}},
        {"hooks": {"response": print}},
        {"verify": "/ca.pem"},
        {"data": (piece for piece in ("a", "b"))},
        {"headers": {"Host": "other.example"}},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"headers": {"Connection": "close"}},
    ],
)
def test_what_is_not_supported_is_refused(options):
    with pytest.raises(UnsupportedError, match="is not supported"):
        ours("POST", "/", **options)


@pytest.mark.parametrize(
    "options",
    [
        {"wait": 1},
        {"data": 5},
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": "soon"},
        {"timeout": float("nan")},
        {"headers": {"A": 1}},
        {"headers": {"A": "x\r\nB: y"}},
        {"headers": {"A\n": "x"}},
        {"headers": {"A": " x"}},
        {"headers": {"A": "…"}},
        {"cookies": {"a": "x\r\nB: y"}},
        {"data": "text", "files": {"f": b""}},
    ],
)
def test_what_makes_no_sense_is_refused(options):
    with pytest.raises((ValueError, TypeError)):
        ours("POST", "/", **options)


@pytest.mark.parametrize("method", ["GET /x", "", "GET\r\nX", "ÄB"])
def test_a_method_is_a_word(method):
    with pytest.raises(ValueError, match="no HTTP method"):
        ours(method, "/")


def test_headers_that_say_nothing_new_are_dropped():
    sent = ours("POST", "/", data="1", headers={"Content-Length": "1", "Connection": "keep-alive"})
    assert [name for name, _ in sent.headers] == ["User-Agent", "Accept-Encoding", "Accept"]


def test_a_header_of_none_takes_a_default_away():
    assert [name for name, _ in ours("GET", "/", headers={"accept": None}).headers][-1] == "Accept-Encoding"


def test_a_fast_user_asks_for_json_when_it_sends_it():
    headers = dict(ours("POST", "/", FastHttpUser, json={}).headers)
    assert headers["Accept"] == headers["Content-Type"] == "application/json"
    assert "Accept" not in dict(ours("POST", "/", FastHttpUser, data="{}").headers)
    assert "Accept" in dict(ours("POST", "/", HttpUser, json={}).headers)


def test_a_fast_user_says_what_it_sends():
    types = [
        dict(ours("POST", "/", FastHttpUser, data=data).headers)["Content-Type"]
        for data in ("x", b"x", {"a": 1})
    ]
    assert types == [
        "text/plain; charset=utf-8",
        "application/octet-stream",
        "application/x-www-form-urlencoded; charset=utf-8",
    ]


def test_timeouts():
    assert ours("GET", "/").timeout_ns is None
    assert ours("GET", "/", timeout=1.5).timeout_ns == 1_500_000_000
    assert ours("GET", "/", timeout=(3, 27)).timeout_ns == 27_000_000_000
    assert ours("GET", "/", timeout=None).timeout_ns is None
