"""The client counts requests under the right names, and sends them to the service and nowhere else."""

import pytest
import requests
from users_port import FakePort, answer, client_of, live

from perfgate import FastHttpUser, HttpUser, task
from perfgate.users.client import MAX_KEPT


class Shop(HttpUser):
    host = "http://shop.example:8000/api"


class FastShop(FastHttpUser):
    host = "http://shop.example:8000/api"


BOTH = pytest.mark.parametrize("shop", [Shop, FastShop])


def client(shop=Shop, **options):
    port = FakePort(**options)
    return port, client_of(shop, port)


@BOTH
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_every_method(shop, method):
    port, shop_client = client(shop)
    response = getattr(shop_client, method)("/items")
    assert (port.sent[0].method, port.sent[0].target) == (method.upper(), "/api/items")
    assert response.status_code == 200
    assert [name.split()[0] for name, _ in port.counted] == [method.upper()]


def test_names():
    port, shop = client()
    shop.get("/a b", params={"q": 1})
    shop.get("/a", name="list")
    shop.post("/a", name="list")
    shop.get("/a")
    with shop.rename_request("renamed"):
        shop.get("/a")
        shop.get("/a", name="own")
    shop.get("/a")
    assert [name for name, _ in port.counted] == [
        "GET /api/a%20b?q=1",
        "GET list",
        "POST list",
        "GET /api/a",
        "GET renamed",
        "GET own",
        "GET /api/a",
    ]


def test_a_fast_user_names_requests_by_the_url_it_wrote():
    port, shop = client(FastShop)
    shop.get("/a b", params={"q": 1})
    shop.get("http://shop.example:8000/api/a")
    assert [name for name, _ in port.counted] == ["GET /a b", "GET http://shop.example:8000/api/a"]


@pytest.mark.parametrize("name", ["x\ny\x1b[31m", "x" * 1000, "\ud800", "\u202e"])
def test_a_name_is_one_line_that_can_be_shown(name):
    port, shop = client()
    shop.get("/a", name=name)
    [(shown, _)] = port.counted
    assert len(shown) <= 210
    assert shown.isprintable()
    shown.encode()


@BOTH
def test_absolute_urls_of_the_host_are_sent(shop):
    port, shop_client = client(shop)
    shop_client.get("http://shop.example:8000/other?a=1")
    shop_client.get("HTTP://SHOP.EXAMPLE:8000/other")
    assert [sent.target for sent in port.sent] == ["/other?a=1", "/other"]


@BOTH
@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.example/",
        "https://shop.example:8000/",
        "http://shop.example/",
        "http://shop.example:8001/",
        "http://shop.example:8000@elsewhere.example/",
        "http://elsewhere.example\\@shop.example:8000/",
        "http://shop.example.elsewhere.example:8000/",
    ],
)
@pytest.mark.parametrize("catch", [False, True])
def test_no_request_leaves_the_host(shop, url, catch):
    port, shop_client = client(shop)
    response = shop_client.get(url, name="away", catch_response=catch)
    if catch:
        with response:
            pass
    assert not port.sent
    assert port.counted == [("GET away", "url outside the target")]
    assert response.status_code == 0
    assert port.pauses == [10_000_000]
    assert str(response.error) == "url outside the target"


def test_a_host_that_a_path_would_change_is_left_alone():
    class NoPath(HttpUser):
        host = "http://shop.example"

    port, shop = client(NoPath)
    for path in ("@elsewhere.example/", ".elsewhere.example/", ":81/", "x"):
        shop.get(path)
    assert not port.sent
    assert {error for _, error in port.counted} == {"url outside the target"}


def test_without_a_host_paths_still_work():
    class NoHost(HttpUser):
        @task
        def some(self):
            self.client.get(f"{self.host}/a")
            self.client.get("/b")

    assert [sent.target for sent in live(NoHost, pauses=1).sent] == ["/a", "/b"]


@BOTH
def test_a_request_made_again_is_the_same_object(shop):
    port, shop_client = client(shop)
    for _ in range(3):
        shop_client.get("/a")
        shop_client.get("/a", headers={"X": "1"})
    assert len({id(sent) for sent in port.sent}) == 2


@BOTH
def test_session_headers_go_with_every_request_from_then_on(shop):
    port, shop_client = client(shop)
    shop_client.get("/a")
    shop_client.headers["Authorization"] = "Bearer 1"
    shop_client.get("/a")
    shop_client.headers.update({"authorization": "Bearer 2"})
    shop_client.get("/a")
    shop_client.get("/a", headers={"AUTHORIZATION": "Bearer 3"})
    del shop_client.headers["Authorization"]
    shop_client.get("/a")
    shop_client.headers = {"Authorization": "Bearer 4"}
    shop_client.get("/a")
    shop_client.headers["Authorization"] = "Bearer 5"
    shop_client.get("/a")
    sent = [{name.lower(): value for name, value in each.headers}.get("authorization") for each in port.sent]
    assert sent == [None, *(f"Bearer {number}" for number in (1, 2, 3)), None, "Bearer 4", "Bearer 5"]
    assert shop_client.headers["AUTHORIZATION"] == "Bearer 5"


def test_headers_changed_in_place_are_sent_changed():
    port, shop = client()
    headers = {"X": "1"}
    shop.get("/a", headers=headers)
    headers["X"] = "2"
    shop.get("/a", headers=headers)
    assert [dict(sent.headers)["X"] for sent in port.sent] == ["1", "2"]


def test_credentials_set_on_the_client_are_sent_from_then_on():
    port, shop = client()
    shop.get("/a")
    shop.auth = ("ann", "x")
    shop.get("/a")
    assert [dict(sent.headers).get("Authorization") for sent in port.sent] == [None, "Basic YW5uOng="]


def test_very_many_urls_do_not_fill_the_memory():
    _, shop = client()
    for number in range(3 * MAX_KEPT):
        shop.get(f"/a/{number}")
    assert len(shop._kept) <= MAX_KEPT
    assert len(shop._endpoints) <= MAX_KEPT


def test_redirects():
    port, shop = client()
    shop.get("/a")
    shop.get("/a", allow_redirects=False)
    shop.head("/a")
    assert [sent.redirects for sent in port.sent] == [30, 0, 0]
    port, shop = client(FastShop)
    shop.head("/a")
    assert port.sent[0].redirects == 30


def test_settings_of_a_fast_user():
    class Set(FastShop):
        network_timeout = 2.5
        max_redirects = 3
        default_headers = {"X-Api": "1"}  # noqa: RUF012 - as load tests write it

    port, shop = client(Set)
    shop.get("/a")
    assert port.sent[0].timeout_ns == 2_500_000_000
    assert port.sent[0].redirects == 3
    assert dict(port.sent[0].headers)["X-Api"] == "1"


@BOTH
def test_failed_requests_have_the_error_class_of_the_port(shop):
    port, shop_client = client(shop, reply=lambda _: "connection refused")
    response = shop_client.get("/a")
    assert response.status_code == 0
    assert response.content is None
    assert not response.ok
    port.reply = lambda _: answer(404)
    assert shop_client.get("/a").status_code == 404
    assert [error for _, error in port.counted] == ["connection refused", "status 404"]


def test_errors_are_those_of_requests():
    port, shop = client(reply=lambda _: "timeout")
    with pytest.raises(requests.exceptions.Timeout):
        shop.get("/a").raise_for_status()
    port.reply = lambda _: "reset"
    with pytest.raises(requests.exceptions.ConnectionError):
        shop.get("/a").raise_for_status()
    port.reply = lambda _: answer(503)
    with pytest.raises(
        requests.HTTPError, match="503 Server Error: Service Unavailable for url: http://shop"
    ):
        shop.get("/a").raise_for_status()
    port.reply = lambda _: answer(204)
    shop.get("/a").raise_for_status()


def test_what_the_client_does_not_have_cannot_be_set():
    _, shop = client()
    with pytest.raises(AttributeError, match="adapters"):
        shop.adapters = {}


def test_the_environment_says_what_it_does_not_have():
    class Nosy(HttpUser):
        @task
        def look(self):
            self.environment.create_web_ui()

    assert live(Nosy, pauses=1).counted == [("task look", "unsupported: environment.create_web_ui")]
