"""Whatever bytes come, in whatever pieces: one outcome, of a known name, by the fast way and the slow one."""

import re

from answers import Speaking, cut, heard, nothing_known
from hypothesis import example, given
from hypothesis import strategies as st

from perfgate.load.cookies import MAX_COOKIES, CookieJar
from perfgate.load.http1 import AnswerReader, encode_request
from perfgate.load.redirect import REDIRECTS, follow
from perfgate.load.speaker import Http1Speaker
from perfgate.model import Request, Response

LINES = st.sampled_from(
    (
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 500 NO\r\n",
        b"HTTP/1.1 204 No Content\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n",
        b"Content-Length: 0\r\n",
        b"Content-Length: 2\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n",
        b"Set-Cookie: a=b\r\n",
        b"A: \0\r\n",
        b" folded\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\r",
        b"\n",
        b"ok",
        b"2\r\nok\r\n",
        b"0\r\n\r\n",
        b"0\r\nT: x\r\n\r\n",
        b"FFFFFFF\r\n",
    )
)
BYTES = st.lists(LINES | st.binary(max_size=12), max_size=10).map(b"".join)
# Few heads, many of one size and many a beginning of another: what a cache of heads could confuse.
HEADS = st.builds(
    lambda status, framing, more: b"HTTP/1.1 %s\r\n%s%s\r\n" % (status, framing, more),
    st.sampled_from((b"200 OK", b"500 NO", b"204 OK", b"304 OK", b"100 OK", b"101 OK")),
    st.sampled_from((b"Content-Length: 2\r\n", b"Content-Length: 3\r\n", b"Content-Length: 9\r\n", b"")),
    st.sampled_from(
        (b"", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"X: y\r\n", b"bad\r\n")
    ),
)
BODIES = st.sampled_from((b"", b"ok", b"ok!", b"\r\n\r\n", b"2\r\nok\r\n0\r\n\r\n"))
ANSWERS = st.lists(HEADS | BODIES, max_size=4).map(b"".join) | BYTES
PLACES = st.lists(st.integers(0, 300), max_size=5)
METHODS = st.sampled_from(("GET", "HEAD"))

CLASSES = {
    "answers too large together",
    "bad chunk",
    "bad content-length",
    "bad header",
    "body too large",
    "closed early",
    "excess bytes",
    "garbage",
    "headers too large",
    "length and chunks",
    "too many interim answers",
    "two content-lengths",
    "unexpected upgrade",
    "unknown transfer-encoding",
}


@given(ANSWERS, METHODS, PLACES)
def test_bytes_come_to_the_same_in_all_pieces(data, method, places):
    outcomes = [heard(AnswerReader(method), pieces) for pieces in ([data], cut(data, places))]
    assert outcomes[0] == outcomes[1]
    assert not isinstance(outcomes[0], str) or outcomes[0] in CLASSES


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ONE_LONGER = b"HTTP/1.1 200 OK\r\nContent-Length: 00000000000\r\n\r\n"


@example([("GET", data, []) for data in (CHUNKED, ONE_LONGER, CHUNKED)])
@given(st.lists(st.tuples(METHODS, ANSWERS, PLACES), max_size=12))
def test_the_fast_way_and_the_slow_one_agree_whatever_came_before(sequence):
    speaker = Http1Speaker("h")
    with nothing_known():
        for method, data, places in sequence:
            with nothing_known():
                slowly = heard(AnswerReader(method), [data])
            assert heard(Speaking(speaker, method), [data]) == slowly
            assert heard(Speaking(speaker, method), cut(data, places)) == slowly


LOCATIONS = st.text(max_size=30) | st.lists(
    st.sampled_from(
        (
            *"/\\?#@:;%[] .\t\n\0\xa0\xff",
            "//",
            "..",
            "http:",
            "https:",
            "127.0.0.1",
            "evil.test",
            ":80",
            "%00",
            "a",
        )
    ),
    max_size=10,
).map("".join)


@given(LOCATIONS, st.sampled_from(sorted(REDIRECTS)), st.sampled_from(("GET", "POST", "HEAD")))
def test_a_redirect_leads_home_or_nowhere_and_smuggles_nothing(location, status, method):
    request = Request(endpoint=0, method=method, target="/a/b?c", redirects=3)
    response = Response(status, {"location": location}, b"")
    onward = follow(request, response, origin="http://127.0.0.1:8001", authority="shop.test:9000")
    if isinstance(onward, str):
        assert onward in {"redirect without location", "too many redirects", "redirect elsewhere"}
        return
    assert onward.redirects == 2
    assert re.fullmatch(r"/[!-~]*", onward.target)
    assert encode_request(onward.method, onward.target, "h", onward.headers, onward.body)


COOKIES = st.text(st.characters(max_codepoint=255), max_size=40) | st.lists(
    st.sampled_from(
        (
            *"=;, \t\n\r\0\xe4",
            *("a", "b=c", "Path=/", "Path=/x", "Domain=h", "Domain=.test", "Domain=.", "Secure"),
            *("Max-Age=0", "Max-Age=9", "Max-Age=" + "9" * 16, "Expires=", "Thu, 01 Jan 1970 00:00:00 GMT"),
            *("99 Foo 99999999999 99:99", "Expires=Mon, 31 Feb 0000 25:61:61 +9999"),
        )
    ),
    max_size=10,
).map("".join)


@given(st.lists(COOKIES, max_size=8), st.text("/x?;%", max_size=8).map("/".__add__))
def test_cookies_are_bounded_and_can_always_be_sent(lines, target):
    jar = CookieJar("shop.test:80", now_s=lambda: 1e9)
    jar.take({"set-cookie": "\n".join(lines)}, target)
    cookie = jar.header(target, secure=True)
    assert encode_request("GET", "/", "h", [("Cookie", cookie)], b"")
    assert cookie.count("; ") < MAX_COOKIES


def test_a_cookie_bomb_leaves_a_bounded_jar():
    jar = CookieJar("shop.test")
    for number in range(50):
        lines = [f"c{number}-{i}={'x' * 4000}; Path=/{i}" for i in range(15)]
        jar.take({"set-cookie": "\n".join(lines)}, "/")
    assert sum(len(jar.header(f"/{i}", secure=False)) for i in range(15)) <= MAX_COOKIES * 4100
