"""A GitHub on loopback: comments, checks, statuses and pull requests over real sockets, with a memory.

Every request and every answer is held to GitHub's own OpenAPI description; what does not keep to it fails
the test when the server closes. Requests can be made to fail in the ways GitHub's do.
"""

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.github.github_description import answer_of, answer_violations, request_violations
from tests.github.github_events import TOKEN, Events
from tests.github.github_operations import Answer, operate, refusal, viewer

_EVERY_ANSWER = {"Content-Type": "application/json; charset=utf-8"}
__all__ = ["TOKEN", "FakeGitHub", "Seen", "github_server"]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request as it arrived; `path` without the API's own prefix."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(kw_only=True)
class Failure:
    """Requests whose line contains `when` fail `left` times; status 0 hangs up without an answer."""

    left: int
    status: int
    headers: Mapping[str, str]
    body: Any
    when: str
    performed: bool


@dataclass(kw_only=True)
class FakeGitHub(Events):
    """What this GitHub holds, and what it was asked.

    `login` is whose token is used: None for GITHUB_TOKEN, which acts as github-actions[bot]. `denied` names
    what the token may not write: comments, checks, statuses, pulls; or, of actions, not read.
    """

    url: str = ""
    repository: str = "acme/shop"
    login: str | None = None
    denied: set[str] = field(default_factory=set)
    ended_runs: set[int] = field(default_factory=set)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Seen] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    last_id: int = 100
    connections: int = 0

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def add_pull(
        self,
        *,
        head_sha: str,
        head_ref: str = "feature",
        head_repository: str | None = None,
        base_ref: str = "main",
        base_sha: str = "b" * 40,
        title: str = "A change",
        body: str | None = None,
        draft: bool = False,
        state: str = "open",
    ) -> int:
        """A pull request; its number. `head_repository` is the fork it comes from."""
        number = self.next_id()
        self.pulls.append(
            {
                "number": number,
                "state": state,
                "title": title,
                "body": body,
                "draft": draft,
                "html_url": f"https://github.com/{self.repository}/pull/{number}",
                "head": self._end(head_ref, head_sha, head_repository or self.repository),
                "base": self._end(base_ref, base_sha, self.repository),
            }
        )
        return number

    def _end(self, ref: str, sha: str, repository: str) -> dict[str, Any]:
        owner, name = repository.split("/")
        user = answer_of("simple-user", login=owner)
        repo = answer_of("repository", full_name=repository, name=name, owner=user)
        return {"ref": ref, "sha": sha, "repo": repo, "user": user, "label": f"{owner}:{ref}"}

    def add_comment(self, number: int, body: str, *, login: str = "somebody", kind: str = "User") -> int:
        """A comment under a pull request by somebody; its id. `kind` is User or Bot."""
        comment = {
            "id": self.next_id(),
            "body": body,
            "user": answer_of("simple-user", login=login, type=kind),
        }
        comment["html_url"] = (
            f"https://github.com/{self.repository}/pull/{number}#issuecomment-{comment['id']}"
        )
        self.comments.setdefault(number, []).append(comment)
        return comment["id"]

    def fail_next(
        self,
        times: int = 1,
        status: int = 500,
        *,
        headers: Mapping[str, str] | None = None,
        message: str = "Server Error",
        body: Any = None,
        when: str = "",
        performed: bool = False,
    ) -> None:
        """Answer the next requests whose "METHOD /path" contains `when` with a status (0: hang up).

        `performed`: the request takes effect, and only its answer is lost.
        """
        self.failures.append(
            Failure(
                left=times,
                status=status,
                headers=headers or {},
                body={"message": message} if body is None else body,
                when=when,
                performed=performed,
            )
        )

    def lines(self) -> list[str]:
        """The requests as "METHOD /path", in order."""
        return [seen.line for seen in self.requests]


@contextlib.contextmanager
def github_server(
    *, prefix: str = "", repository: str = "acme/shop", tls: ssl.SSLContext | None = None
) -> Iterator[FakeGitHub]:
    """A GitHub of its own, gone afterwards; `prefix` is the API's path, as /api/v3 of GitHub Enterprise.

    Raises:
        AssertionError: on closing, if a request or an answer did not keep to GitHub's description.
    """
    github = FakeGitHub(repository=repository)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(github, prefix))
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    github.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}{prefix}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert not github.violations, "\n".join(github.violations)


def _limits() -> dict[str, str]:
    """GitHub says with every answer what is left of the limit, also where it refuses for another reason."""
    return {"x-ratelimit-remaining": "4999", "x-ratelimit-reset": str(int(time.time()) + 3600)}


def _handler(github: FakeGitHub, prefix: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with github.lock:
                github.connections += 1
            with contextlib.suppress(OSError):  # a client that does not trust the certificate hangs up
                super().handle()

        def log_message(self, *_: object) -> None:
            pass

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with github.lock:
                given = _given(github, self, body, prefix)
            if given is None:
                self.close_connection = True
                return
            content = given.body if isinstance(given.body, bytes) else json.dumps(given.body).encode()
            self.send_response(given.status)
            length = {"Content-Length": str(len(content))}
            for name, value in {**_EVERY_ANSWER, **_limits(), **length, **given.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.close_connection = "Content-Length" in given.headers  # as where an answer breaks off
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - the names http.server looks for

    return Handler


def _given(github: FakeGitHub, handler: BaseHTTPRequestHandler, body: bytes, prefix: str) -> Answer | None:
    """What GitHub answers, None to hang up."""
    address = urlsplit(handler.path)
    seen = Seen(
        method=handler.command,
        path=address.path.removeprefix(prefix),
        query=dict(parse_qsl(address.query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in handler.headers.items()},
        body=json.loads(body) if body else None,
    )
    github.requests.append(seen)
    graphql = address.path == f"{prefix.removesuffix('/v3')}/graphql"
    wrong = [] if graphql else list(request_violations(seen.method, seen.path, query=seen.query, body=body))
    if wrong:
        github.violations += wrong
        return refusal(422, "Invalid request.")
    failure = next((one for one in github.failures if one.left and one.when in seen.line), None)
    if failure:
        failure.left -= 1
        if failure.performed:
            operate(github, seen)
        return Answer(failure.status, failure.body, failure.headers) if failure.status else None
    if (
        not (graphql or address.path.startswith(prefix))
        or seen.headers.get("authorization") != f"Bearer {TOKEN}"
    ):
        return refusal(401, "Bad credentials")
    if graphql:
        return viewer(github, seen)
    given = _paged(github, seen, operate(github, seen))
    github.violations += answer_violations(
        seen.method,
        seen.path,
        query=seen.query,
        body=body,
        status=given.status,
        answer=json.dumps(given.body).encode(),
    )
    return given


def _paged(github: FakeGitHub, seen: Seen, given: Answer) -> Answer:
    """One page of a list, with the links to the others."""
    name = "check_runs" if isinstance(given.body, dict) and "check_runs" in given.body else ""
    rows = given.body[name] if name else given.body
    if not isinstance(rows, list):
        return given
    size = min(int(seen.query.get("per_page", "30")), 100)
    page = int(seen.query.get("page", "1"))
    last = max(1, -(-len(rows) // size))
    links = {"next": page + 1, "last": last} if page < last else {"prev": page - 1} if page > 1 else {}
    linked = ", ".join(
        f'<{github.url}{seen.path}?{urlencode({**seen.query, "page": number})}>; rel="{relation}"'
        for relation, number in links.items()
    )
    part = rows[(page - 1) * size : page * size]
    body = {**given.body, name: part} if name else part
    return Answer(given.status, body, {"Link": linked} if linked else {})
