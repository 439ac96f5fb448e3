"""What files set on the session of a client: credentials that are code, and the words of `requests`."""

import itertools

import pytest
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPProxyAuth
from urllib3.util.retry import Retry
from users_port import FakePort, client_of

from perfgate import HttpUser
from perfgate.users.exceptions import UnsupportedError


class Bearer(AuthBase):
    def __init__(self):
        self.tokens = itertools.count(1)

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {next(self.tokens)}"
        request.headers["X-Signed"] = f"{request.method} {request.url} {request.body}"
        return request


def sent_headers(port):
    return [dict(request.headers) for request in port.sent]


def test_an_auth_object_signs_every_request_anew():
    port = FakePort()
    client = client_of(HttpUser, port)
    client.auth = Bearer()
    client.get("/a")
    client.get("/a")
    client.post("/b", data="x", headers={"authorization": "mine"})
    assert [headers["Authorization"] for headers in sent_headers(port)] == [
        "Bearer 1",
        "Bearer 2",
        "Bearer 3",
    ]
    assert sent_headers(port)[0]["X-Signed"].startswith("GET http://")
    assert sent_headers(port)[2]["X-Signed"].endswith("/b b'x'")


def test_an_auth_object_of_one_request_stays_with_it():
    port = FakePort()
    client = client_of(HttpUser, port)
    client.get("/a", auth=HTTPProxyAuth("a", "b"))
    client.get("/a")
    first, second = sent_headers(port)
    assert first["Proxy-Authorization"].startswith("Basic ")
    assert "Proxy-Authorization" not in second


def test_an_auth_that_returns_nothing_says_so():
    with pytest.raises(TypeError, match="auth returned NoneType"):
        client_of(HttpUser, FakePort()).get("/", auth=lambda request: None)


@pytest.mark.parametrize("name", ["proxies", "hooks", "cert", "params", "stream"])
def test_a_setting_of_a_session_that_perfgate_has_not_is_refused_by_name(name):
    client = client_of(HttpUser, FakePort())
    setattr(client, name, None)
    with pytest.raises(UnsupportedError, match=f"client.{name} is not supported"):
        setattr(client, name, {"http": "x"})
    with pytest.raises(UnsupportedError, match=f"client.{name} is not supported"):
        getattr(client, name)
    with pytest.raises(AttributeError, match="no attribute 'proxy'"):
        client.proxy  # noqa: B018 - what is looked at


def test_max_redirects_of_a_session_hold_from_then_on():
    port = FakePort()
    client = client_of(HttpUser, port)
    client.get("/a")
    client.max_redirects = 2
    client.get("/a")
    assert [request.redirects for request in port.sent] == [30, 2]
    assert client.max_redirects == 2


def test_an_adapter_may_size_pools_but_not_retry():
    client = client_of(HttpUser, FakePort())
    client.mount("http://", HTTPAdapter(pool_connections=5, pool_maxsize=5))
    with pytest.raises(UnsupportedError, match="mount with retries"):
        client.mount("http://", HTTPAdapter(max_retries=3))
    with pytest.raises(UnsupportedError, match="mount with retries"):
        client.mount("http://", HTTPAdapter(max_retries=Retry(total=None, status_forcelist=[502])))

    class Own(HTTPAdapter):
        pass

    with pytest.raises(UnsupportedError, match="adapter of your own"):
        client.mount("http://", Own())
