"""A user gives back the cookies it was given, where and as long as they are meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.load.cookies import MAX_COOKIE_BYTES, MAX_COOKIES, CookieJar, beside
from perfgate.load.http1 import encode_request


class Clock:
    def __init__(self):
        self.now_s = 1_700_000_000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def jar(clock):
    return CookieJar("shop.example.com:8080", now_s=clock)


def give(jar, *lines, target="/"):
    jar.take({"set-cookie": "\n".join(lines)}, target)
    return jar


def test_an_empty_jar_is_false_and_says_nothing(jar):
    assert not jar
    assert jar.header("/", secure=True) == ""
    jar.take({"content-type": "text/html"}, "/")
    assert not jar


def test_cookies_come_back_as_they_were_written(jar):
    give(jar, "sid=a=b; Path=/; HttpOnly; SameSite=Lax", 'q="x, y"', target="/login")
    assert jar
    assert jar.header("/anything?x=1", secure=False) == 'sid=a=b; q="x, y"'


def test_a_new_value_replaces_the_old_one_in_its_place(jar):
    give(jar, "a=1", "b=2")
    assert jar.header("/", secure=False) == "a=1; b=2"
    give(jar, "a=3")
    assert jar.header("/", secure=False) == "a=3; b=2"


@pytest.mark.parametrize(
    ("cookie", "set_by", "yes", "no"),
    [
        ("a=1; Path=/shop", "/", ["/shop", "/shop/", "/shop/x?y", "/shop?q"], ["/", "/shopping", "/sho"]),
        ("a=1; Path=/shop/", "/", ["/shop/", "/shop/x"], ["/shop", "/"]),
        ("a=1", "/api/login?next=/x/y", ["/api", "/api/me"], ["/", "/apis"]),
        ("a=1", "/login", ["/", "/x/y"], []),
        ("a=1; path=relative", "/api/login", ["/api/x"], ["/"]),
        ("a=1; Path=/; Path=/shop", "/", ["/shop"], ["/"]),
    ],
)
def test_paths(jar, cookie, set_by, yes, no):
    give(jar, cookie, target=set_by)
    assert [jar.header(path, secure=False) for path in yes] == ["a=1"] * len(yes)
    assert [jar.header(path, secure=False) for path in no] == [""] * len(no)


def test_the_longest_path_comes_first(jar):
    give(jar, "a=1; Path=/", "a=2; Path=/x/y", "a=3; Path=/x")
    assert jar.header("/x/y/z", secure=False) == "a=2; a=3; a=1"


def test_secure_cookies_need_tls(jar):
    give(jar, "a=1; Secure", "b=2")
    assert jar.header("/", secure=False) == "b=2"
    assert jar.header("/", secure=True) == "a=1; b=2"


@pytest.mark.parametrize(
    ("authority", "domain", "kept"),
    [
        ("shop.example.com:8080", "shop.example.com", True),
        ("shop.example.com", ".Example.com", True),
        ("shop.example.com", "ample.com", False),
        ("shop.example.com", "a.shop.example.com", False),
        ("shop.example.com", "other.test", False),
        ("127.0.0.1:8000", "127.0.0.1", True),
        ("127.0.0.1:8000", "0.0.1", False),
        ("[::1]:8000", "::1", True),
    ],
)
def test_domains(authority, domain, kept):
    jar = give(CookieJar(authority), f"a=1; Domain={domain}")
    assert bool(jar) is kept


def test_max_age_ends_a_cookie_and_goes_before_expires(jar, clock):
    give(jar, "a=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=2")
    assert jar.header("/", secure=False) == "a=1; b=2"
    clock.now_s += 9.5
    assert jar.header("/", secure=False) == "a=1; b=2"
    clock.now_s += 0.5
    assert jar.header("/", secure=False) == "b=2"


@pytest.mark.parametrize(
    "end",
    [
        "Max-Age=0",
        "max-age=-1",
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "Expires=Sunday, 06-Nov-94 08:49:37 GMT",
    ],
)
def test_an_end_in_the_past_deletes(jar, end):
    give(jar, "a=1", "b=2")
    give(jar, f"a=; {end}")
    assert jar.header("/", secure=False) == "b=2"
    give(jar, f"b=; {end}")
    assert not jar


def test_expires_in_the_future_and_nonsense(jar, clock):
    give(jar, "a=1; Expires=Fri, 31 Dec 2100 23:59:59 GMT", "b=2; Expires=soon", "c=3; Max-Age=1e9")
    assert jar.header("/", secure=False) == "a=1; b=2; c=3"
    clock.now_s = 4_200_000_000.0
    assert jar.header("/", secure=False) == "b=2; c=3"


@pytest.mark.parametrize(
    "line", ["", "novalue", "=x", "; Path=/", "a\x00=1", "a=1\r", f"a={'x' * MAX_COOKIE_BYTES}", "a=\u20ac"]
)
def test_malformed_cookies_are_passed_over(jar, line):
    give(jar, line, "ok=1")
    assert jar.header("/", secure=False) == "ok=1"


def test_the_oldest_of_too_many_cookies_goes(jar):
    give(jar, *(f"c{number}=x" for number in range(MAX_COOKIES + 5)))
    names = [pair.partition("=")[0] for pair in jar.header("/", secure=False).split("; ")]
    assert names == [f"c{number}" for number in range(5, MAX_COOKIES + 5)]


def test_many_paths_do_not_fill_the_memory(jar):
    give(jar, "a=1")
    assert {jar.header(f"/items/{number}", secure=False) for number in range(2000)} == {"a=1"}
    assert len(jar._lines) <= 256


def test_a_cleared_jar_is_a_new_one(jar):
    give(jar, "a=1")
    jar.header("/", secure=False)
    jar.clear()
    assert not jar
    assert jar.header("/", secure=False) == ""


def test_own_cookies_go_before_kept_ones_of_the_same_name():
    assert beside("", "a=1") == "a=1"
    assert beside("a=1", "") == "a=1"
    assert beside("a=1; c=3", "a=2; b=2") == "a=1; c=3; b=2"


@given(
    lines=st.lists(
        st.text(st.characters(max_codepoint=255), max_size=40).map(lambda text: text.replace("\n", ""))
    ),
    target=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=10).map(
        lambda text: "/" + text
    ),
)
def test_whatever_a_service_sets_can_be_sent(lines, target):
    jar = give(CookieJar("a.test"), *lines, target=target)
    cookie = jar.header(target, secure=True)
    encode_request("GET", target, "a.test", [("cookie", cookie)], b"")
    assert len(cookie) <= sum(map(len, lines)) + 3 * len(lines)


@given(
    st.dictionaries(
        st.text("abcXYZ-_", min_size=1, max_size=4),
        st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=";")),
    )
)
def test_any_cookies_of_the_root_come_back(cookies):
    jar = give(CookieJar("a.test"), *(f"{name}={value}; Path=/" for name, value in cookies.items()))
    assert jar.header("/x", secure=False) == "; ".join(f"{name}={value}" for name, value in cookies.items())
