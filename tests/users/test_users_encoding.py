"""Requests are encoded as `requests` encodes them, from the URL to the credentials."""

import io
import re

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.auth import HTTPBasicAuth
from users_port import FakePort, client_of

from perfgate import HttpUser, task

HOST = "http://shop.example:8000"


class Shop(HttpUser):
    host = HOST

    @task
    def some(self):
        pass


def ours(method, url, **options):
    port = FakePort()
    client_of(Shop, port).request(method, url, **options)
    return port.sent[0]


def theirs(method, url, **options):
    session = requests.Session()
    session.headers = requests.structures.CaseInsensitiveDict({"Accept": "*/*"})
    url = url if url.lower().startswith("http") else HOST + url
    return session.prepare_request(requests.Request(method, url, **options))


def assert_same(method, url, **options):
    """Our request has the target, the body and the headers of theirs; Content-Length is the connection's."""
    mine, other = ours(method, url, **options), theirs(method, url, **options)
    body = other.body.encode() if isinstance(other.body, str) else other.body or b""
    assert mine.target == other.path_url
    assert mine.body == body
    own = {name.lower(): value for name, value in mine.headers}
    for name in ("user-agent", "accept-encoding"):
        if name not in {each.lower() for each in options.get("headers") or {}}:
            own.pop(name)
    expected = {name.lower(): value for name, value in other.headers.items()}
    expected.pop("content-length", None)
    assert own == expected


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "",
        "/items",
        "/items/",
        "/items?a=1&b=2",
        "/items?",
        "/items#part",
        "/items?a=1#part",
        "/a b",
        "/ä/ö?ü=ß",
        "/%7euser/%2f%2F",
        "/100%",
        "/a/./b/../c",
        "/a/%2e%2e/c",
        "/.hidden",
        "//twice//",
        "/[id]?a[]=1",
        "/a|b\\c",
        "/items;v=1,2",
        "/?next=http://other.example/",
        '/"quoted"<>',
        HOST + "/whole",
        HOST.upper() + "/whole?a=b",
        HOST + "?a=b",
        HOST,
    ],
)
@pytest.mark.parametrize("params", [None, {"q": "x y"}])
def test_urls(url, params):
    assert_same("GET", url, params=params)


PAIRS = [
    {"a": "1", "b": 2, "c": 2.5, "d": True},
    {"a": ["x", "y", 3], "b": ("p",), "c": []},
    {"a": None, "b": "", "": "v"},
    {"ü ö": "ä&=+%/?#", "b": b"\xff\x00", b"k": "v"},
    [("a", "1"), ("a", "2"), ("b", ["3", "4"])],
    (("a", "1"),),
    {},
    [],
]


@pytest.mark.parametrize("params", [*PAIRS, "a=1&b=x y", b"a=1", "ü=1"])
@pytest.mark.parametrize("url", ["/items", "/items?z=0", "/ä"])
def test_params(url, params):
    assert_same("GET", url, params=params)


@pytest.mark.parametrize("data", [*PAIRS, "text ü", b"\x00bytes", "", b""])
@pytest.mark.parametrize("headers", [None, {"content-type": "text/x"}])
def test_data(data, headers):
    assert_same("POST", "/items", data=data, headers=headers)


def test_data_of_a_file():
    assert ours("POST", "/", data=io.BytesIO(b"of a file")).body == b"of a file"
    assert ours("POST", "/", data=io.StringIO("of ä file")).body == "of ä file".encode()


@pytest.mark.parametrize(
    "json",
    [{"a": [1, 2.5, None, True, "ü"]}, [], {}, "text", 0, False, {"1": {"2": {}}}],
)
@pytest.mark.parametrize("headers", [None, {"Content-Type": "application/vnd.api+json"}])
def test_json(json, headers):
    assert_same("POST", "/items", json=json, headers=headers)


def test_data_wins_over_json():
    assert_same("POST", "/items", data={"a": 1}, json={"b": 2})
    assert_same("POST", "/items", data={}, json={"b": 2})


def test_json_has_no_nan():
    with pytest.raises(ValueError, match="not JSON compliant"):
        ours("POST", "/", json={"a": float("nan")})


class Photo(io.BytesIO):
    name = "/photos/photo ü.png"


def files():
    return [
        {"f": b"bytes"},
        {"f": "text"},
        {"f": ("name.txt", "text")},
        {"f": ("name.txt", b"bytes", "text/plain")},
        {"f": ("ü.txt", b"bytes", "text/plain", {"X-Part": "1"})},
        {"f": (None, "a field")},
        {"f": Photo(b"\x89PNG")},
        {"f": io.BytesIO(b"no name")},
        [("f", ("1.txt", b"one")), ("f", ("2.txt", b"two"))],
    ]


@pytest.mark.parametrize("which", range(9))
@pytest.mark.parametrize("data", [None, {"a": 1, "b": ["x", "y"], "c": None}, [("a", "ü")]])
def test_files(which, data):
    mine = ours("POST", "/", files=files()[which], data=data)
    other = theirs("POST", "/", files=files()[which], data=data)
    boundary = re.search(r"boundary=(\w+)", other.headers["Content-Type"])[1].encode()
    content_type = dict(mine.headers)["Content-Type"]
    own = content_type.removeprefix("multipart/form-data; boundary=").encode()
    assert mine.body.replace(own, boundary) == other.body


def test_the_boundary_follows_from_the_seed():
    assert ours("POST", "/", files={"f": b"1"}) == ours("POST", "/", files={"f": b"1"})


@pytest.mark.parametrize("headers", [None, {"Cookie": "own=1"}])
def test_cookies(headers):
    cookies = {"session": "a b", "theme": 'd"ark', "x": "=;"}
    mine = dict(ours("GET", "/", cookies={"session": "a", "theme": "dark"}, headers=headers).headers)
    other = theirs("GET", "/", cookies={"session": "a", "theme": "dark"}, headers=headers).headers
    assert mine["Cookie"] == other["Cookie"]
    jar = requests.cookies.cookiejar_from_dict(cookies)
    assert (
        dict(ours("GET", "/", cookies=jar).headers)["Cookie"]
        == theirs("GET", "/", cookies=jar).headers["Cookie"]
    )


@pytest.mark.parametrize("auth", [("ann", "secret"), ("ä", "ö"), ("", ""), HTTPBasicAuth("ann", "x:y")])
@pytest.mark.parametrize("headers", [None, {"authorization": "Bearer 1"}])
def test_basic_auth(auth, headers):
    assert_same("GET", "/", auth=auth, headers=headers)


def test_credentials_of_the_host_go_with_every_request():
    class Private(Shop):
        host = "http://ann:se%20cret@shop.example"

    port = FakePort()
    client = client_of(Private, port)
    client.get("/")
    client.get("/", auth=("bob", "x"))
    first, second = (dict(sent.headers)["Authorization"] for sent in port.sent)
    assert first == theirs("GET", "/", auth=("ann", "se cret")).headers["Authorization"]
    assert second == theirs("GET", "/", auth=("bob", "x")).headers["Authorization"]
    assert client.base_url == "http://shop.example"


TEXT = st.text(max_size=8)
VALUE = st.one_of(TEXT, st.integers(), st.floats(), st.booleans(), st.none(), st.binary(max_size=4))
FORM = st.one_of(
    st.dictionaries(TEXT, st.one_of(VALUE, st.lists(VALUE, max_size=3)), max_size=4),
    st.lists(st.tuples(TEXT, VALUE), max_size=4),
)


@settings(deadline=None)
@given(FORM, FORM)
def test_any_form_is_encoded_as_requests_does(params, data):
    assert_same("POST", "/items", params=params, data=data)


@settings(deadline=None)
@given(st.from_regex(r"/[ -~äß€]{0,12}", fullmatch=True))
def test_any_path_is_encoded_as_requests_does(path):
    try:
        expected = theirs("GET", path).path_url
    except requests.exceptions.InvalidURL:
        return
    assert ours("GET", path).target == expected
