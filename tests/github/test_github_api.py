"""Asking GitHub: what is tried again, what is not, what is said of it, and where the token goes."""

import contextlib
import gzip
import socket
import ssl
import threading
import time
import traceback

import pytest
import trustme

from perfgate.errors import ExitCode, UsageError
from perfgate.github.api import Api
from perfgate.github.errors import ApiError
from tests.github.github_server import TOKEN, github_server

COMMENTS = "/repos/acme/shop/issues/7/comments"
STATUS = f"/repos/acme/shop/statuses/{'a' * 40}"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 0])
def test_a_read_is_tried_again_after_a_fault(github, api, status):
    github.fail_next(3, status)
    assert api.get(COMMENTS) == []
    assert github.lines() == [f"GET {COMMENTS}"] * 4


@pytest.mark.parametrize("status", [500, 502, 0])
def test_a_write_is_not_as_it_may_have_been_done(github, api, status):
    github.fail_next(1, status)
    with pytest.raises(ApiError) as error:
        api.post(STATUS, {"state": "success"})
    assert error.value.uncertain
    assert len(github.requests) == 1


def test_it_gives_up_after_some_tries_and_says_what_was_tried(github, api):
    github.fail_next(99, 503, message="Unicorn!")
    with pytest.raises(ApiError, match=f"GitHub answered 503 to GET {COMMENTS}: Unicorn!") as error:
        api.get(COMMENTS)
    assert len(github.requests) == 6
    assert (error.value.status, error.value.exit_code) == (503, ExitCode.INVALID)
    assert "run the job again" in error.value.hint


def test_it_gives_up_when_its_patience_is_used_up(github):
    github.fail_next(99, 503)
    api = Api(token=TOKEN, api_url=github.url, repository="acme/shop", patience_s=60.0, backoff_s=1000.0)
    with pytest.raises(ApiError):
        api.get(COMMENTS)
    assert len(github.requests) == 2  # the first repetition follows at once


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("header", ["retry-after", "reset"])
def test_a_rate_limit_is_waited_for_also_by_a_write(github, api, status, header):
    reset = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()))}
    github.fail_next(2, status, headers={"Retry-After": "0"} if header == "retry-after" else reset)
    api.post(STATUS, {"state": "success"})
    assert len(github.requests) == 3
    assert len(github.statuses) == 1


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Retry-After": "3600"}, "Slow down"),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 3600)}, "Slow down"),
        ({}, "You have exceeded a secondary rate limit. Please wait a few minutes."),
        ({"Retry-After": "soon"}, "API rate limit exceeded"),
    ],
)
def test_a_longer_rate_limit_is_an_error_and_no_missing_permission(github, api, headers, message):
    github.fail_next(9, 403, headers=headers, message=message)
    with pytest.raises(ApiError, match=message) as error:
        api.post(STATUS, {"state": "success"})
    assert not error.value.refused
    assert "limits how often this token may ask" in error.value.hint
    assert len(github.requests) == 1


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(
    ("path", "body", "needed"),
    [
        (COMMENTS, {"body": "x"}, "pull-requests: write"),
        ("/repos/acme/shop/check-runs", {"name": "x", "head_sha": "a" * 40}, "checks: write"),
        (STATUS, {"state": "success"}, "statuses: write"),
    ],
)
def test_a_refusal_names_the_permission_that_is_missing(github, api, status, path, body, needed):
    github.fail_next(1, status, message="Resource not accessible by integration")
    with pytest.raises(ApiError, match="Resource not accessible by integration") as error:
        api.post(path, body)
    assert error.value.refused
    assert f"permissions: {needed}" in error.value.hint
    assert len(github.requests) == 1


def test_a_bad_token_says_so(github):
    api = Api(token="ghs_other", api_url=github.url, repository="acme/shop")
    with pytest.raises(ApiError, match=r"401 .*Bad credentials") as error:
        api.get(COMMENTS)
    assert "github.token" in error.value.hint
    assert not error.value.refused


def test_githubs_words_are_cleaned_and_bounded(github, api):
    github.fail_next(
        1,
        422,
        body={
            "message": "Validation\x1b[31m\nFailed\u202e",
            "errors": [{"message": "x" * 9000}, "why", 3, {}],
        },
    )
    with pytest.raises(ApiError) as error:
        api.post(STATUS, {"state": "success"})
    assert error.value.message.startswith("GitHub answered 422 to POST")
    assert "Validation[31m Failed; xxx" in error.value.message
    assert error.value.message.isprintable()
    assert len(error.value.message) < 500


@pytest.mark.parametrize("body", [b"<html>a proxy</html>", b"", b"[1, 2", b"\xff", b"[" * 99_999])
def test_an_answer_that_is_not_json_is_an_error(github, api, body):
    github.fail_next(1, 200, body=body)
    with pytest.raises(ApiError, match="not JSON"):
        api.get(COMMENTS)


@pytest.mark.parametrize("status", [502, 403, 418])
def test_a_refusal_that_is_not_json_is_an_error_like_any(github, api, status):
    github.fail_next(9, status, body=b"<html>a proxy</html>")
    with pytest.raises(ApiError, match=f"GitHub answered {status} to PATCH"):
        api.patch("/repos/acme/shop/issues/comments/1", {"body": "x"})


TORN = {"status": 200, "body": b'[{"id": 1', "headers": {"Content-Length": "4000"}}


def test_a_read_that_breaks_off_in_the_midst_is_asked_for_again(github, api):
    github.fail_next(1, **TORN)
    assert api.get(COMMENTS) == []
    github.fail_next(2, **TORN)
    with pytest.raises(ApiError, match=r"no usable answer .*IncompleteRead") as error:
        api.get(COMMENTS)
    assert error.value.uncertain
    assert len(github.requests) == 4


def test_a_write_whose_answer_breaks_off_is_not_repeated_unseen(github, api):
    github.fail_next(1, performed=True, **TORN)
    with pytest.raises(ApiError) as error:
        api.post(STATUS, {"state": "success"})
    assert error.value.uncertain
    assert len(github.statuses) == 1


@pytest.mark.parametrize("status", [200, 422])
def test_an_answer_that_unpacks_to_more_than_there_is_room_for_is_given_up(github, api, status):
    packed = gzip.compress(b" " * (65 << 20), 1)
    github.fail_next(1, status, body=packed, headers={"Content-Encoding": "gzip"})
    with pytest.raises(ApiError, match="it is larger than 64 MiB"):
        api.get(COMMENTS)


@contextlib.contextmanager
def dripping(*beginning):
    """A server that sends a byte at a time, each soon enough for a timeout, and never comes to an end."""
    ended = threading.Event()

    def serve():
        with listener, listener.accept()[0] as client, contextlib.suppress(OSError):
            client.sendall(b"".join(beginning))
            while not ended.wait(0.005):
                client.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize(
    "beginning", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"]
)
def test_an_answer_that_never_ends_is_given_up_and_then_nothing_more_is_asked(beginning):
    with dripping(beginning) as url:
        api = Api(token=TOKEN, api_url=url, repository="acme/shop", whole_s=0.3)
        with pytest.raises(ApiError, match=r"GET .*: it was not there, whole, after 0 s") as error:
            api.get(COMMENTS)
        assert error.value.uncertain
        with pytest.raises(ApiError, match=r"POST .*: not asked: 0.3 s were spent"):
            api.post(STATUS, {"state": "success"})


def test_nobody_listens(github, api):
    with github_server() as gone:
        lost = Api(token=TOKEN, api_url=gone.url, repository="acme/shop", backoff_s=0.001)
    with pytest.raises(ApiError, match=r"no usable answer from GitHub to GET .*[Rr]efused") as error:
        lost.get(COMMENTS)
    assert error.value.status == 0
    assert "proxy" in error.value.hint


def test_no_redirect_is_followed_with_the_token(github, api):
    with github_server() as other:
        for status in (301, 302, 307, 308):
            github.fail_next(1, status, headers={"Location": f"{other.url}{COMMENTS}"})
            with pytest.raises(ApiError, match=str(status)) as error:
                api.get(COMMENTS)
            assert "follows no redirect" in error.value.hint
        assert other.requests == []


def test_all_pages_are_read(github, api):
    for number in range(250):
        github.add_comment(7, f"comment {number}")
    assert [row["body"] for row in api.rows(COMMENTS)] == [f"comment {number}" for number in range(250)]
    assert len(github.requests) == 3


@pytest.mark.parametrize(
    "link", ["{other}/page/2", "https://evil.example/", "//evil.example/x", "ftp:/x", "//[x"]
)
def test_a_link_to_another_page_elsewhere_is_not_followed(github, api, link):
    with github_server() as other:
        target = link.format(other=other.url)
        github.fail_next(1, 200, body=[], headers={"Link": f'<{target}>; rel="next"'})
        with pytest.raises(ApiError, match="elsewhere"):
            list(api.pages(COMMENTS))
        assert other.requests == []


def test_a_list_without_end_is_an_error(github, api):
    github.fail_next(999, 200, body=[], headers={"Link": f'<{github.url}{COMMENTS}>; rel="next"'})
    with pytest.raises(ApiError, match="no end"):
        list(api.pages(COMMENTS))


@pytest.mark.parametrize("body", [{}, {"check_runs": 3}, [1], "x", None])
def test_a_list_of_anything_else_is_an_error(github, api, body):
    github.fail_next(1, 200, body=b"null" if body is None else body)
    with pytest.raises(ApiError, match="not a list of objects"):
        list(api.rows(COMMENTS))


def test_the_token_is_nowhere_to_be_read(github, api):
    github.fail_next(1, 422, message=f"Authorization: Bearer {TOKEN} is wrong")
    with pytest.raises(ApiError) as refused:
        api.get(COMMENTS)
    github.fail_next(9, 0)
    with pytest.raises(ApiError) as lost:
        api.get(COMMENTS)
    for error in (refused.value, lost.value):
        assert TOKEN not in "".join(traceback.format_exception(error)) + error.hint + repr(error)
    assert TOKEN not in repr(api) + str(vars(api)["_session"].auth)
    assert "is wrong" in refused.value.message


@pytest.mark.parametrize("token", ["", "two words", "line\n", "umläut", "nul\0"])
def test_what_cannot_be_a_token_is_refused_without_showing_it(token):
    with pytest.raises(UsageError, match="token") as error:
        Api(token=token, api_url="https://api.github.com", repository="acme/shop")
    assert not token or token not in error.value.message


def test_a_netrc_does_not_replace_the_token(github, api, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login octocat password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    api.get(COMMENTS)
    assert github.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_proxy_of_the_environment_is_used(github, monkeypatch):
    monkeypatch.setenv("http_proxy", github.url)
    api = Api(token=TOKEN, api_url="http://localhost:1", repository="acme/shop", backoff_s=0.001)
    assert api.get(COMMENTS) == []
    assert github.requests[0].headers["host"] == "localhost:1"


def test_certificates_are_those_of_the_environment(tmp_path, monkeypatch):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with github_server(tls=context) as secure:
        api = Api(token=TOKEN, api_url=secure.url, repository="acme/shop")
        with pytest.raises(ApiError, match="certificate"):
            api.get(COMMENTS)
        assert secure.connections == 1
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        assert api.get(COMMENTS) == []
        assert len(secure.requests) == 1


def test_github_enterprise_has_a_path_of_its_own(github, api):
    with github_server(prefix="/api/v3", repository="Acme/shop") as enterprise:
        asked = Api(token=TOKEN, api_url=f"{enterprise.url}/", repository="acme/shop")
        for number in range(120):
            enterprise.add_comment(7, f"comment {number}")
        assert len(list(asked.rows(COMMENTS))) == 120
        assert set(enterprise.lines()) == {f"GET {COMMENTS}"}


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
@pytest.mark.parametrize("login", [None, "octocat", "acme-perf[bot]"])
def test_whose_token_it_is_is_asked_once(prefix, login):
    with github_server(prefix=prefix) as github:
        github.login = login
        api = Api(token=TOKEN, api_url=github.url, repository="acme/shop")
        assert api.login() == api.login() == (login or "github-actions[bot]")
        assert github.lines() == [f"POST {prefix.removesuffix('/v3')}/graphql"]


@pytest.mark.parametrize("answer", [{"errors": [{"message": "no"}]}, {"data": None}, [], 3])
def test_where_it_is_not_told_the_token_is_that_of_the_job(github, api, answer):
    github.fail_next(1, 200, body=answer)
    assert api.login() == "github-actions[bot]"
    again = Api(token=TOKEN, api_url=github.url, repository="acme/shop")
    github.fail_next(1, 403, message="Resource not accessible by integration")
    assert again.login() == "github-actions[bot]"


def test_a_github_that_is_down_does_not_say_whose_token_it_is(github, api):
    github.fail_next(1, 502)
    with pytest.raises(ApiError, match="502 to POST /graphql"):
        api.login()
