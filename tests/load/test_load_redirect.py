"""A redirect is followed on its own host, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.load.http1 import encode_request
from perfgate.load.redirect import REDIRECTS, follow
from perfgate.model import Request, Response

ORIGIN, AUTHORITY = "http://127.0.0.1:8001", "shop.test:9000"


def judge(response):
    return "mine"


def request(method="GET", **changes):
    values = {
        "endpoint": 3,
        "method": method,
        "target": "/a/b/c?x=1",
        "headers": (("content-type", "text/plain"), ("Content-Encoding", "gzip"), ("authorization", "t")),
        "body": b"hello" if method not in ("GET", "HEAD") else b"",
        "timeout_ns": 5,
        "judge": judge,
        "redirects": 10,
    }
    return Request(**{**values, **changes})


def followed(location, status=302, method="GET", **changes):
    headers = {} if location is None else {"location": location}
    answer = Response(status=status, headers=headers, body=b"")
    return follow(request(method, **changes), answer, origin=ORIGIN, authority=AUTHORITY)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/x", "/x"),
        ("d", "/a/b/d"),
        ("../d?y=2", "/a/d?y=2"),
        ("./", "/a/b/"),
        ("/x/../../../y/./z", "/y/z"),
        ("?y=2", "/a/b/c?y=2"),
        ("/x#part", "/x"),
        ("#part", "/a/b/c?x=1"),
        ("http://127.0.0.1:8001/x?y", "/x?y"),
        ("http://127.0.0.1:8001", "/"),
        ("HTTP://Shop.Test:9000/x", "/x"),
        ("//shop.test:9000/x", "/x"),
        ("http:///x", "/x"),
        ("/a b/\u00c3\u00a9%20", "/a%20b/%C3%A9%20"),
        ("/\\evil.test", "/%5Cevil.test"),
    ],
)
def test_where_it_leads(location, target):
    assert followed(location).target == target


@pytest.mark.parametrize(
    "location",
    [
        "http://evil.test/x",
        "//evil.test/x",
        "https://127.0.0.1:8001/x",
        "http://127.0.0.1:8002/x",
        "http://127.0.0.1/x",
        "http://shop.test/x",
        "http://shop.test:9000@evil.test/x",
        "http://user@shop.test:9000/x",
        "http://shop.test:99999/",
        "http://[::1/",
        "javascript:alert(1)",
        "ftp://127.0.0.1:8001/x",
    ],
)
def test_another_host_scheme_or_port_is_elsewhere(location):
    assert followed(location) == "redirect elsewhere"


def test_default_ports_are_the_same_as_none():
    answer = Response(status=302, headers={"location": "https://shop.test:443/x"}, body=b"")
    assert follow(request(), answer, origin="https://10.0.0.1:8443", authority="shop.test").target == "/x"
    answer = Response(status=302, headers={"location": "http://10.0.0.1/x"}, body=b"")
    assert follow(request(), answer, origin="http://10.0.0.1:80", authority="").target == "/x"


@pytest.mark.parametrize("location", [None, "", "  "])
def test_without_location(location):
    assert followed(location) == "redirect without location"


def test_each_one_uses_up_one():
    assert followed("/x").redirects == 9
    assert followed("/x", redirects=0) == "too many redirects"


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (302, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (308, "PATCH", "PATCH"),
        (303, "GET", "GET"),
    ],
)
def test_methods(status, method, then):
    sent, before = followed("/x", status, method), request(method)
    assert sent.method == then
    if then == method:
        assert (sent.body, sent.headers) == (before.body, before.headers)
    else:
        assert (sent.body, sent.headers) == (b"", (("authorization", "t"),))


def test_the_rest_of_the_request_stays():
    sent = followed("/x", 307, "POST")
    assert (sent.endpoint, sent.timeout_ns, sent.judge) == (3, 5, judge)


@given(
    location=st.text(st.characters(max_codepoint=255), max_size=30)
    | st.lists(st.sampled_from(["/", ".", "..", "?", "#", "@", ":", "[", "\\", "a", "http:", "\t", "%"])).map(
        "".join
    ),
    status=st.sampled_from(sorted(REDIRECTS)),
)
def test_any_location_is_followed_safely_or_named(location, status):
    sent = followed(location, status)
    if isinstance(sent, str):
        assert sent in ("redirect elsewhere", "redirect without location")
        return
    assert sent.target.startswith("/")
    assert "#" not in sent.target
    encode_request(sent.method, sent.target, AUTHORITY, sent.headers, sent.body)
