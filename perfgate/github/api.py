"""Asks GitHub's REST API, as much as perfgate needs of it: bounded in time, and only the one host."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from perfgate.errors import UsageError
from perfgate.github.bounded import MAX_ANSWER_BYTES, Answer, TooLargeError, read_whole, within
from perfgate.github.checked import base_address, inside, repository_name
from perfgate.github.errors import ApiError, failed, unanswered
from perfgate.github.patience import RATE_LIMITED, GitHubRetry, Patience
from perfgate.github.plain import plain

T = TypeVar("T")
Parameters = Mapping[str, str | int]
_TIMEOUT_S = (10.0, 30.0)
_TRIES = 4
_MAX_PAGES = 50  # of 100; GitHub allows 2500 comments under a pull request
_MAX_SAID_CHARACTERS = 300
_GITHUB_TOKENS_LOGIN = "github-actions[bot]"


class _Bearer(AuthBase):
    """Sends the token; as an authentication of its own it also keeps ~/.netrc from replacing it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Api:
    """One repository's GitHub; paths begin with `/` and follow the API's address: `/repos/OWNER/NAME/pulls`.

    All failures of one Api together take at most `patience_s` seconds (and the last timeout), all requests
    together at most `whole_s`, then it gives up. Proxies and certificates are the environment's. Not for
    threads.

    Raises:
        UsageError: the token, the address or the repository is nothing that could be one.
    """

    def __init__(
        self,
        *,
        token: str,
        api_url: str,
        repository: str,
        patience_s: float = 90.0,
        backoff_s: float = 1.0,
        whole_s: float = 240.0,
    ) -> None:
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise UsageError(
                "the GitHub token is empty or has characters that no token has",
                "pass `token: ${{ github.token }}` to the action, or set GITHUB_TOKEN",
            )
        self.api_url = base_address(api_url, "GITHUB_API_URL")
        self.repository = repository_name(repository, "GITHUB_REPOSITORY")
        self._token = token
        self._login: str | None = None
        self._patience = Patience(patience_s)
        self._backoff_s = backoff_s
        self._whole_s, self._end = whole_s, time.monotonic() + whole_s
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.headers.update(
            {
                "Accept": "application/vnd.github+json",
                "User-Agent": "perfgate",
                "X-GitHub-Api-Version": "2022-11-28",
            }
        )
        adapter = HTTPAdapter(max_retries=GitHubRetry.of(self._patience, backoff_s))
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def __repr__(self) -> str:
        return f"Api(api_url={self.api_url!r}, repository={self.repository!r})"

    def get(self, path: str, params: Parameters | None = None) -> Any:
        """The document at a path.

        Raises:
            ApiError: GitHub refused, failed, or did not answer.
        """
        return self._document("GET", self._ask("GET", self.api_url + path, params=params))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What GitHub made of the body; tried once, as a lost answer may be of something done.

        Raises:
            ApiError: GitHub refused, failed, or did not answer.
        """
        return self._document("POST", self._ask("POST", self.api_url + path, body=body))

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """What GitHub changed to the body; tried once, as annotations of a check are added each time.

        Raises:
            ApiError: GitHub refused, failed, or did not answer.
        """
        return self._document("PATCH", self._ask("PATCH", self.api_url + path, body=body))

    def pages(self, path: str, params: Parameters | None = None) -> Iterator[Any]:
        """The document of every page, following GitHub's own links.

        Raises:
            ApiError: GitHub refused, failed, or did not answer; a link leads elsewhere, or there is no end.
        """
        answer = self._ask("GET", self.api_url + path, params={"per_page": 100, **(params or {})})
        for _ in range(_MAX_PAGES):
            yield self._document("GET", answer)
            if not answer.following:
                return
            answer = self._ask("GET", self._own(answer.url, answer.following))
        raise unanswered(f"GET {path}", f"the list has no end after {_MAX_PAGES} pages")

    def rows(
        self, path: str, params: Parameters | None = None, *, name: str = ""
    ) -> Iterator[dict[str, Any]]:
        """Every object in a list of several pages; `name` is its key where a page is an object.

        Raises:
            ApiError: as `pages`, or a page is no list of objects.
        """
        for page in self.pages(path, params):
            rows = page.get(name) if name and isinstance(page, dict) else page
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise unanswered(f"GET {path}", "the answer is not a list of objects")
            yield from rows

    def login(self) -> str:
        """Whose token this is, as the author of its comments is called: an app's name ends in `[bot]`.

        GraphQL tells it to every token; the REST API does not to that of an app, such as GITHUB_TOKEN. Where
        it may not be asked, the token is taken for GITHUB_TOKEN.

        Raises:
            ApiError: GitHub failed, or did not answer.
        """
        if self._login is None:
            address = f"{self.api_url.removesuffix('/v3')}/graphql"
            try:
                asked = self._ask("POST", address, body={"query": "{ viewer { login } }"})
                login = inside(self._document("POST", asked), "data.viewer.login")
            except ApiError as error:
                if not error.refused:
                    raise
                login = None
            self._login = login if isinstance(login, str) and login else _GITHUB_TOKENS_LOGIN
        return self._login

    def settle(self, attempt: Callable[[], T]) -> T:
        """The outcome of what looks at what there is, then writes; tried again where an answer was lost.

        Raises:
            ApiError: GitHub refused it, or failed until the patience was used up.
        """
        for tries in range(1, _TRIES):
            try:
                return attempt()
            except ApiError as error:
                wait_s = self._backoff_s * 2**tries
                if not error.uncertain or wait_s > min(self._patience.left_s, self._end - time.monotonic()):
                    raise
                self._patience.begin()
                time.sleep(wait_s)
                self._patience.charge()
        return attempt()

    def _ask(
        self, method: str, address: str, *, params: Parameters | None = None, body: Any = None
    ) -> Answer:
        line = self._line(method, address)
        send = functools.partial(self._answer, method, address, params=params, body=body)
        self._patience.begin()
        try:
            answer = self._in_time(line, lambda: self._read(method, send))
        except (requests.RequestException, HTTPError) as error:
            self._patience.charge()
            raise unanswered(line, self._clean(_innermost(error))) from error
        except TooLargeError as error:
            raise unanswered(line, f"it is larger than {MAX_ANSWER_BYTES >> 20} MiB") from error
        if 200 <= answer.status < 300:
            return answer
        self._patience.charge()
        raise failed(line, status=answer.status, said=self._said(answer), limited=_is_limit(answer))

    def _in_time(self, line: str, read: Callable[[], Answer]) -> Answer:
        """What is read, unless that takes longer than all failures and all requests may."""
        room_s = min(max(self._patience.left_s, 0.0) + sum(_TIMEOUT_S), self._end - time.monotonic())
        if room_s <= 0:
            raise unanswered(line, f"not asked: {self._whole_s:g} s were spent on what came before")
        try:
            return within(room_s, read)
        except TimeoutError as error:
            self._patience.charge()
            raise unanswered(line, f"it was not there, whole, after {room_s:.0f} s") from error

    def _read(self, method: str, send: Callable[[], requests.Response]) -> Answer:
        """The whole answer; a read whose answer breaks off in the midst is asked for once more."""
        try:
            return read_whole(send())
        except requests.exceptions.ChunkedEncodingError:
            if method != "GET":
                raise
        return read_whole(send())

    def _answer(
        self, method: str, address: str, *, params: Parameters | None, body: Any
    ) -> requests.Response:
        return self._session.request(
            method, address, params=params, json=body, timeout=_TIMEOUT_S, allow_redirects=False, stream=True
        )

    def _document(self, method: str, answer: Answer) -> Any:
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            raise unanswered(self._line(method, answer.url), "the answer is not JSON") from error

    def _own(self, page: str, link: str) -> str:
        """The address a page links to, if it is of this API."""
        ours = urlsplit(self.api_url)
        try:
            address = urljoin(page, link)
            theirs = urlsplit(address)
        except ValueError:
            theirs = None
        if theirs is None or (theirs.scheme, theirs.netloc) != (ours.scheme, ours.netloc):
            raise unanswered("the next page", f"it is said to be elsewhere: {self._clean(link)}")
        return address

    def _line(self, method: str, address: str) -> str:
        return f"{method} {plain(urlsplit(address.removeprefix(self.api_url)).path)}"

    def _said(self, refusal: Answer) -> str:
        """GitHub's own words in an error, its details of a 422 included."""
        try:
            answer = json.loads(refusal.content)
        except (ValueError, RecursionError):
            return ""
        if not isinstance(answer, dict):
            return ""
        details = answer.get("errors")
        words = [answer.get("message", "")]
        for one in details[:5] if isinstance(details, list) else []:
            kept = (
                (one.get("message"), one.get("field"), one.get("code")) if isinstance(one, dict) else (one,)
            )
            words.append(next((str(part) for part in kept if part), ""))
        return self._clean("; ".join(str(part) for part in words if part))

    def _clean(self, text: object) -> str:
        return plain(str(text).replace(self._token, "***"), _MAX_SAID_CHARACTERS)


def _is_limit(answer: Answer) -> bool:
    """GitHub says of a limit by headers, or for a secondary one sometimes in words alone."""
    told = "Retry-After" in answer.headers or answer.headers.get("x-ratelimit-remaining") == "0"
    in_words = answer.status in RATE_LIMITED and b"rate limit" in answer.content[:4096].lower()
    return answer.status == 429 or (answer.status == 403 and (told or in_words))


def _innermost(error: BaseException) -> BaseException:
    """What happened, out of the wrappers of requests and urllib3."""
    inner = error.args[0] if error.args and isinstance(error.args[0], BaseException) else None
    reason = getattr(error, "reason", None)
    deeper = reason if isinstance(reason, BaseException) else inner
    return _innermost(deeper) if deeper is not None else error
