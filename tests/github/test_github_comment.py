"""One comment a configuration: found again, updated, and nobody else's touched."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfgate.github.api import Api
from perfgate.github.comment import marker, put_comment
from perfgate.github.errors import ApiError
from tests.github.github_publications import KEY
from tests.github.github_server import TOKEN

BOT = {"login": "github-actions[bot]", "kind": "Bot"}


def bodies(github):
    return [comment["body"] for comment in github.comments.get(7, [])]


def test_the_first_is_written_and_then_updated(github, api):
    first = put_comment(api, 7, key=KEY, text="one")
    second = put_comment(api, 7, key=KEY, text="two")
    assert first == second == github.comments[7][0]["html_url"]
    assert bodies(github) == [f"{marker(KEY)}\ntwo"]


def test_each_configuration_has_its_own(github, api):
    put_comment(api, 7, key="a", text="of a")
    put_comment(api, 7, key="b", text="of b")
    put_comment(api, 7, key="a", text="of a again")
    assert [body.split("\n")[1] for body in bodies(github)] == ["of a again", "of b"]


def test_it_is_found_on_the_last_of_many_pages(github, api):
    for number in range(230):
        github.add_comment(7, f"comment {number}")
    github.add_comment(7, f"{marker(KEY)}\nold", **BOT)
    put_comment(api, 7, key=KEY, text="new")
    assert len(bodies(github)) == 231
    assert bodies(github)[-1] == f"{marker(KEY)}\nnew"


@pytest.mark.parametrize(
    ("body", "author"),
    [
        ("{mark}\nmine now", {"login": "mallory"}),
        ("> {mark}\nquoted", {"login": "somebody"}),
        ("> {mark}\nquoted by a bot", BOT),
        (" {mark}", BOT),
        ("{mark}\nmine now", {"login": "github-actions"}),
        ("{mark}\nechoed by another bot", {"login": "echo[bot]", "kind": "Bot"}),
        ("<!-- perfgate:another -->", BOT),
    ],
)
@pytest.mark.parametrize("login", [None, "octocat", "acme-perf[bot]"])
def test_what_others_wrote_stays(github, api, body, author, login):
    github.login = login
    theirs = body.format(mark=marker(KEY))
    github.add_comment(7, theirs, **author)
    put_comment(api, 7, key=KEY, text="ours")
    assert bodies(github) == [theirs, f"{marker(KEY)}\nours"]


@pytest.mark.parametrize("login", ["octocat", "acme-perf[bot]"])
def test_a_token_of_a_user_or_an_app_finds_what_that_one_wrote(github, api, login):
    github.login = login
    github.add_comment(7, f"{marker(KEY)}\nof the time before", **BOT)
    put_comment(api, 7, key=KEY, text="one")
    again = Api(token=TOKEN, api_url=github.url, repository="acme/shop")
    put_comment(again, 7, key=KEY, text="two")
    assert bodies(github) == [f"{marker(KEY)}\nof the time before", f"{marker(KEY)}\ntwo"]


def test_comments_of_deleted_users_and_without_body_are_passed_over(github, api):
    github.add_comment(7, f"{marker(KEY)}\nof a ghost")
    github.comments[7][0]["user"] = None
    github.add_comment(7, "")
    del github.comments[7][1]["body"]
    put_comment(api, 7, key=KEY, text="ours")
    assert len(github.comments[7]) == 3


def test_of_two_written_at_once_the_oldest_stays_and_the_other_refers_to_it(github, api):
    for text in ("first", "second"):
        github.add_comment(7, f"{marker(KEY)}\n{text}", **BOT)
    url = put_comment(api, 7, key=KEY, text="now")
    assert url == github.comments[7][0]["html_url"]
    assert bodies(github)[0] == f"{marker(KEY)}\nnow"
    assert bodies(github)[1].endswith(f"The result is in [another comment]({url}).")
    github.requests.clear()
    put_comment(api, 7, key=KEY, text="later")
    assert [line.split()[0] for line in github.lines()] == ["GET", "PATCH"]


@pytest.mark.parametrize("status", [0, 500, 502, 504])
@pytest.mark.parametrize("performed", [True, False])
def test_a_lost_answer_leaves_one_comment(github, api, status, performed):
    github.fail_next(1, status, when="POST", performed=performed)
    url = put_comment(api, 7, key=KEY, text="ours")
    assert bodies(github) == [f"{marker(KEY)}\nours"]
    assert url == github.comments[7][0]["html_url"]


def test_a_github_that_stays_down_is_an_error(github, api):
    github.fail_next(99, 502, when="POST")
    with pytest.raises(ApiError, match=r"502 to POST /repos/acme/shop/issues/7/comments"):
        put_comment(api, 7, key=KEY, text="ours")
    assert github.lines().count("POST /repos/acme/shop/issues/7/comments") == 4


def test_githubs_words_of_a_comment_too_long_are_told(github, api):
    with pytest.raises(ApiError, match=r"422 .*maximum is 65536 characters"):
        put_comment(api, 7, key=KEY, text="x" * 65_536)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x/\ud800", "https://x/\x1b[0m", 7, None])
def test_only_a_web_address_is_told(github, api, url):
    github.fail_next(1, 201, body={"html_url": url}, when="POST")
    assert put_comment(api, 7, key=KEY, text="ours") == ""


@settings(deadline=None)
@given(st.text() | st.sampled_from(["-->", "--!>", "\ud800", "", "a" * 9999]))
def test_no_key_can_end_the_marker(key):
    assert re.fullmatch("<!-- perfgate:[0-9a-f]{32} -->", marker(key))
