"""One request step of a flow: compiled at load, and a finished `Request` already where nothing varies."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from perfgate.model import Request, Response
from perfgate.workload.body import KINDS, compile_body, compile_pairs, compiled
from perfgate.workload.capture import read_captures
from perfgate.workload.checks import Checks, Outcome, PassJudge, SharedJudge
from perfgate.workload.expect import Expectation, read_expectations, speaks_of_status, status_is
from perfgate.workload.headers import compile_headers, render_headers
from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.settings import Settings
from perfgate.workload.target import Target, sendable
from perfgate.workload.template import Names, Template, as_text, resolve
from perfgate.yamlfile import shown

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")

_KNOWN = ("url", "name", "headers", "json", "body", "form", "qs", "capture", "expect", "followRedirect")
_UNSUPPORTED = {
    "ifTrue": "write two scenarios with weights",
    "probability": "write two scenarios with weights",
    "beforeRequest": "custom JavaScript does not run here",
    "afterResponse": "custom JavaScript does not run here; use capture and expect",
    "formData": "send the multipart text with body and a content-type header",
    "setContentLengthHeader": "remove it: the length is always sent",
    "match": "use capture and expect",
    "cookie": "set a cookie header, under headers",
    "auth": "set an authorization header, under headers",
    "gzip": "remove it; set an accept-encoding header to ask for compression",
    "uri": "call it url",
}
_TARGET_VARIABLE = re.compile(r"\A\{\{\s*target\s*\}\}")

Examine = Callable[[Response], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStep:
    """A request of a flow; `prebuilt` is the finished request, or None where something varies by pass."""

    endpoint: int
    method: str
    target: Target
    url: str | Template
    query: str | Template | None
    headers: list[tuple[str, Any]]
    body: bytes | Template
    timeout_ns: int | None
    checks: Checks
    shared: SharedJudge
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
        except (RecursionError, ValueError):
            scope.trouble("unsendable body")
            body = b""
        return Request(
            endpoint=self.endpoint,
            method=self.method,
            target=self._path(scope),
            headers=render_headers(self.headers, scope),
            body=body,
            timeout_ns=self.timeout_ns,
            judge=self.shared if self.checks.look_inside else self.checks.status_error,
        )

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
        parts = [self.url, self.query, self.body, *(value for _, value in self.headers)]
        return self.checks.need_scope or any(isinstance(part, Template) for part in parts)


def read_request(
    method: str, place: Place, settings: Settings, names: Names, endpoints: dict[str, int]
) -> RequestStep:
    """Compile a request step and give its endpoint a number.

    Raises:
        UsageError: a key, URL, template or check that cannot be used.
    """
    fields = place.fields(_KNOWN, _UNSUPPORTED)
    if "url" not in fields:
        raise place.fail(f"the {method} request has no url", "add url, like /items")
    url_text = fields["url"].text()
    kind = _body_kind(method, fields)
    checks = _checks(fields, settings, names)
    name = shown(str(fields["name"].scalar()) if "name" in fields else f"{method.upper()} {url_text}")
    step = RequestStep(
        endpoint=endpoints.setdefault(name, len(endpoints)),
        method=method.upper(),
        target=settings.target,
        url=_url(fields["url"], settings.target, names),
        query=compile_pairs(fields["qs"], names) if "qs" in fields else None,
        headers=compile_headers(settings.headers, fields.get("headers"), names, KINDS.get(kind, "")),
        body=compile_body(kind, fields[kind], names) if kind else b"",
        timeout_ns=settings.timeout_ns,
        checks=checks,
        shared=SharedJudge(checks),
    )
    return step if step.varies else replace(step, prebuilt=step.build(Scope({}, random.Random(0))))


def _url(place: Place, target: Target, names: Names) -> str | Template:
    url = compiled(place, _TARGET_VARIABLE.sub(lambda _: target.url or "", place.text()), names)
    if isinstance(url, Template):
        return url
    if target.path_of(as_text(url)) is None:
        raise place.fail(
            f"the url leads away from the target {target.url or '(none is set)'}",
            "write the path, like /items; perfgate sends it to base and head",
        )
    return as_text(url)


def _body_kind(method: str, fields: dict[str, Place]) -> str:
    kinds = [kind for kind in KINDS if kind in fields]
    if len(kinds) > 1:
        raise fields[kinds[1]].fail(
            f"{kinds[0]!r} and {kinds[1]!r} both give the request a body", "keep one of them"
        )
    if kinds and method in ("get", "head"):
        raise fields[kinds[0]].fail(f"a {method} request has no body", "remove it, or use qs")
    return kinds[0] if kinds else ""


def _checks(fields: dict[str, Place], settings: Settings, names: Names) -> Checks:
    captures = read_captures(fields["capture"], strict=settings.strict_capture) if "capture" in fields else ()
    own_names = names.with_captures(capture.name for capture in captures)
    expectations: tuple[Expectation, ...] = ()
    if "expect" in fields:
        expectations = read_expectations(fields["expect"], own_names)
    elif settings.expect_200:
        expectations = (status_is(frozenset({200})),)
    follow = fields.get("followRedirect")
    if follow is not None and follow.flag():
        raise follow.fail(
            "following redirects is not supported yet", "request the final url, or set it to false"
        )
    return Checks(
        captures=captures,
        expectations=expectations,
        redirects_are_fine=follow is not None or any(speaks_of_status(item) for item in expectations),
        stop_on_failure=settings.stop_on_failure and bool(expectations),
    )
