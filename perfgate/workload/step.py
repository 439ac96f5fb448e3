"""One request step of a flow: rendered anew in each pass, or finished at load where nothing varies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from perfgate.model import Cookies, Request, Response, no_check
from perfgate.workload.checks import Checks, Outcome, PassJudge, SharedJudge
from perfgate.workload.headers import render_headers
from perfgate.workload.scope import Scope
from perfgate.workload.target import Target, sendable
from perfgate.workload.template import Template, as_text, resolve

UNRENDERABLE = (RecursionError, ValueError, TypeError)
"""What a value can raise that a function of a processor left among the variables."""

Examine = Callable[[Response], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStep:
    """A request of a flow; `prebuilt` is the finished request, or None where something varies by pass.

    `settled` is the headers where none of them varies. With `keeps_cookies` later requests of the pass send
    its own cookies too.
    """

    endpoint: int
    method: str
    target: Target
    url: str | Template
    query: str | Template | None
    headers: tuple[tuple[str | Template, Any], ...]
    settled: tuple[tuple[str, str], ...] | None
    body: bytes | Template
    timeout_ns: int | None
    redirects: int
    checks: Checks
    shared: SharedJudge
    keeps_cookies: bool = False
    prebuilt: Request | None = None

    def prepare(self, scope: Scope) -> tuple[Request, Examine | None]:
        """The request to send in this pass, and how to examine its answer if the pass depends on it."""
        if self.prebuilt is not None:
            return self.prebuilt, self.shared.examine if self.checks.steer_pass else None
        request = self.build(scope)
        problem = scope.take_problem()
        if not problem and not self.checks.need_scope:
            return request, self.shared.examine if self.checks.steer_pass else None
        judge = PassJudge(self.checks, scope, problem)
        return replace(request, judge=judge), judge.examine

    def build(self, scope: Scope) -> Request:
        """The request with every template filled in; what goes wrong is noted in the scope."""
        try:
            body = resolve(self.body, scope)
        except UNRENDERABLE:
            scope.trouble("unsendable body")
            body = b""
        try:
            target, headers = self._path(scope), self._headers(scope)
        except UNRENDERABLE:
            scope.trouble("unsendable request")
            target, headers = "/", ()
        return Request(
            endpoint=self.endpoint,
            method=self.method,
            target=target,
            headers=headers,
            body=body,
            timeout_ns=self.timeout_ns,
            judge=self.shared if self.checks.look_inside else no_check,
            redirects=self.redirects,
        )

    def cookies_of(self, request: Request) -> Cookies:
        """What the request puts among the user's cookies."""
        return Cookies(line=dict(request.headers).get("cookie", ""), target=request.target)

    @property
    def requests(self) -> tuple[RequestStep, ...]:
        """The request itself, as steps that hold others give theirs."""
        return (self,)

    @property
    def pauses(self) -> bool:
        """A request never waits."""
        return False

    def _headers(self, scope: Scope) -> tuple[tuple[str, str], ...]:
        return self.settled if self.settled is not None else render_headers(self.headers, scope)

    def _path(self, scope: Scope) -> str:
        path = self.target.path_of(as_text(resolve(self.url, scope)))
        if path is None:
            scope.trouble("url outside the target")
            path = "/"
        if self.query is not None:
            path = f"{path.partition('#')[0].partition('?')[0]}?{resolve(self.query, scope)}"
        return sendable(path)

    @property
    def uses_scope(self) -> bool:
        """Whether the request reads or writes variables of the pass."""
        return self.prebuilt is None or bool(self.checks.captures)

    @property
    def varies(self) -> bool:
        """Whether anything of the request, or of its checks, depends on the pass."""
        parts = (self.url, self.query, self.body)
        return (
            self.checks.need_scope
            or self.settled is None
            or any(isinstance(part, Template) for part in parts)
        )
