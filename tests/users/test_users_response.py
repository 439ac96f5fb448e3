"""An answer reads as `requests` would have read it, and costs nothing until it is read."""

import gzip
import json
import zlib
from datetime import timedelta

import pytest
import requests
from users_port import FakePort, answer, client_of

from perfgate import FastHttpUser, HttpUser
from perfgate.model import Response
from perfgate.users import decoding

BOTH = pytest.mark.parametrize("user_class", [HttpUser, FastHttpUser])


def response(reply, user_class=HttpUser, url="/a?b=1"):
    return client_of(user_class, FakePort(lambda _: reply)).get(url)


def theirs(reply):
    """What requests makes of the same answer."""
    other = requests.Response()
    other.status_code = reply.status
    other._content = reply.body
    other.headers = requests.structures.CaseInsensitiveDict(reply.headers)
    other.encoding = requests.utils.get_encoding_from_headers(other.headers)
    return other


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=latin-1",
        "text/plain",
        "text/html; charset=utf-8",
        "text/html; Charset='ISO-8859-15'",
        "application/problem+json",
        "",
    ],
)
@pytest.mark.parametrize("body", ['{"a": "ü€"}'.encode(), '{"a": 1}'.encode("utf-16"), b""])
def test_text_is_decoded_as_requests_does(content_type, body):
    reply = answer(body=body, content_type=content_type)
    mine, other = response(reply), theirs(reply)
    assert mine.encoding == other.encoding
    if other.encoding:
        assert mine.text == other.text
    assert mine.content == other.content


@BOTH
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "utf-8-sig"])
def test_json(user_class, encoding):
    value = {"a": ["ü", 1.5, None]}
    assert (
        response(answer(body=json.dumps(value, ensure_ascii=False).encode(encoding)), user_class).json()
        == value
    )


def test_json_in_a_stated_encoding():
    reply = answer(body='"ü"'.encode("latin-1"), content_type="application/json; charset=latin-1")
    assert response(reply).json() == "ü"


@BOTH
@pytest.mark.parametrize("reply", [answer(body="<html>"), answer(), "reset"])
def test_no_json(user_class, reply):
    with pytest.raises(json.JSONDecodeError):
        response(reply, user_class).json()
    if user_class is HttpUser:
        with pytest.raises(requests.exceptions.JSONDecodeError):
            response(reply).json()


def test_the_words_of_requests():
    reply = answer(
        418, "one\ntwo", x_tea="green", set_cookie="a=1; Path=/, b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"
    )
    mine = response(reply)
    assert mine.headers["X-Tea"] == mine.headers["x-tea"] == "green"
    assert mine.headers.get("X-Milk") is None
    assert "X-TEA" in mine.headers
    assert mine.cookies == {"a": "1", "b": "2"}
    assert mine.reason == "I'm a Teapot"
    assert mine.url == "http://service.invalid/a?b=1"
    assert mine.elapsed == timedelta(microseconds=2500)
    assert mine.history == []
    assert not mine.ok
    assert not mine
    assert not mine.is_redirect
    assert repr(mine) == "<Response [418]>"
    assert list(mine.iter_lines()) == [b"one", b"two"]
    assert list(mine.iter_lines(decode_unicode=True, delimiter="n")) == ["o", "e\ntwo"]
    assert list(mine.iter_content(4)) == [b"one\n", b"two"]
    assert b"".join(mine) == b"one\ntwo"
    assert (mine.request.method, mine.request.url, mine.request.body) == ("GET", mine.url, None)
    mine.close()
    assert response(answer(302, location="/x")).is_redirect
    assert response(answer()).ok
    assert response(answer())


def test_what_stands_for_no_answer():
    mine = response("reset")
    assert (mine.status_code, mine.content, mine.text, dict(mine.headers), mine.cookies) == (
        0,
        None,
        "",
        {},
        {},
    )
    assert isinstance(mine.error, requests.exceptions.ConnectionError)
    assert response(answer(500)).error is None
    fast = response("reset", FastHttpUser)
    assert (fast.status_code, fast.content, fast.text) == (0, None, None)
    with pytest.raises(ConnectionError, match="reset"):
        fast.raise_for_status()
    with pytest.raises(ConnectionError, match="status 500"):
        response(answer(500), FastHttpUser).raise_for_status()


def raw_deflate(data):
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


@BOTH
@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("X-GZIP", gzip.compress),
        ("gzip", lambda data: gzip.compress(data[:3]) + gzip.compress(data[3:])),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
        ("identity", bytes),
    ],
)
def test_compressed_bodies(user_class, coding, encode):
    body = encode(b'{"a": 1}')
    mine = response(answer(body=body, content_encoding=coding), user_class)
    assert mine.content == b'{"a": 1}'
    assert mine.json() == {"a": 1}
    assert mine.exchange.response.body == body


def test_a_coding_nobody_asked_for_stays():
    assert response(answer(body=b"\x0b\x00", content_encoding="br")).content == b"\x0b\x00"


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"x" * 100, mtime=0)[:-12]])
def test_a_broken_body_is_an_error_when_it_is_read(body):
    reply = answer(body=body, content_encoding="gzip")
    assert response(reply).status_code == 200
    with pytest.raises(requests.exceptions.ContentDecodingError):
        _ = response(reply).content
    with pytest.raises((ValueError, zlib.error)):
        _ = response(reply, FastHttpUser).content


def test_a_body_that_grows_without_bound_is_an_error(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_INFLATED_BYTES", 1000)
    assert len(decoding.inflated(gzip.compress(b"x" * 1000), {"content-encoding": "gzip"})) == 1000
    for bomb in (gzip.compress(b"x" * 1001), gzip.compress(b"x" * 600) * 2):
        with pytest.raises(ValueError, match="too large"):
            decoding.inflated(bomb, {"content-encoding": "gzip"})


def test_nothing_is_decoded_before_it_is_asked_for(monkeypatch):
    class Untouched(bytes):
        def decode(self, *_):
            raise AssertionError

    reply = Response(200, {"content-encoding": "gzip"}, Untouched(b"no gzip"))
    mine = response(reply)
    assert mine.status_code == 200
    assert mine.ok


def test_an_encoding_may_be_set():
    mine = response(answer(body="ü".encode("latin-1"), content_type="text/html; charset=utf-8"))
    assert mine.text == "\ufffd"
    mine.encoding = "latin-1"
    assert mine.text == "ü"
    mine.encoding = "no such"
    assert mine.text == "\ufffd"
