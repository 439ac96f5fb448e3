"""Endpoints and error classes from what Locust reports: no port of a side is ever in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.drivers.locust_names import endpoint_name, error_name


@pytest.mark.parametrize(
    ("method", "name", "expected"),
    [
        ("GET", "/a?x=1", "GET /a?x=1"),
        ("GET", "http://127.0.0.1:8001/a", "GET /a"),
        ("GET", "https://api.example.com", "GET /"),
        ("GET", "one user", "GET one user"),
        ("grpc", "/pkg.Service/Call", "grpc /pkg.Service/Call"),
        ("GET", "from 127.0.0.1:8001", "GET from HOST"),
        ("GET", "", "GET /"),
    ],
)
def test_endpoints(method, name, expected):
    assert endpoint_name(method, name, "127.0.0.1:8001") == expected


@pytest.mark.parametrize(
    ("kind", "text", "status", "expected"),
    [
        ("HTTPError", "503 Server Error: Unavailable for url: /a", 503, "status 503"),
        ("LocustBadStatusCode", "code=404", 404, "status 404"),
        ("ConnectionRefusedError", "[Errno 111] Connection refused", 0, "connection refused"),
        ("RemoteDisconnected", "Remote end closed connection without response", 0, "closed early"),
        ("ReadTimeout", "HTTPConnectionPool(host='127.0.0.1', port=81): Read timed out.", 0, "timeout"),
        ("CatchResponseError", "Expected 200, got 500", 500, "Expected 200, got 500"),
        ("", "a text", 0, "a text"),
        ("ValueError", "at 10:15 o'clock", 200, "ValueError: at 10:15 o'clock"),
        ("KeyError", "", 0, "KeyError"),
    ],
)
def test_error_classes(kind, text, status, expected):
    assert error_name(kind, text, status) == expected


@given(st.integers(1024, 65535), st.sampled_from(["127.0.0.1:{}", "('127.0.0.1', {})", "host='a', port={}"]))
def test_no_port_is_left(port, form):
    text = f"cannot reach {form.format(port)} now"
    assert str(port) not in error_name("OSError", text, 0)


@given(st.text(), st.text(), st.integers(0, 599))
def test_any_text_has_a_short_name_on_one_line(kind, text, status):
    name = error_name(kind, text, status)
    assert name
    assert len(name) <= 200
    assert len(endpoint_name(kind, text, "127.0.0.1:1")) <= 200
