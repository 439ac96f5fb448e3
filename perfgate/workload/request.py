"""Reading one request of a flow: its keys checked and compiled into a `RequestStep`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from perfgate.workload.body import KINDS, compile_body, compile_pairs, compiled
from perfgate.workload.capture import read_captures
from perfgate.workload.checks import Checks, SharedJudge
from perfgate.workload.credentials import ACCEPTED_CODINGS, compile_auth, compile_cookies
from perfgate.workload.expect import Expectation, read_expectations, status_is
from perfgate.workload.gathered import Gathered
from perfgate.workload.headers import compile_headers
from perfgate.workload.multipart import compile_form_data
from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.settings import Settings
from perfgate.workload.step import RequestStep
from perfgate.workload.target import Target
from perfgate.workload.template import Names, Template, as_text

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")

_KNOWN = (
    *("url", "name", "headers", "cookie", "auth", "gzip", "qs"),
    *("json", "body", "form", "formData", "capture", "expect", "followRedirect"),
)
_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_UNSUPPORTED = {
    "ifTrue": "write two scenarios with weights",
    "probability": "write two scenarios with weights",
    "beforeRequest": "custom JavaScript does not run here",
    "afterResponse": "custom JavaScript does not run here; use capture and expect",
    "setContentLengthHeader": "remove it: the length is always sent",
    "match": "use capture and expect",
    "uri": "call it url",
}
_TARGET_VARIABLE = re.compile(r"\A\{\{\s*target\s*\}\}")


def read_request(
    method: str, place: Place, settings: Settings, names: Names, gathered: Gathered
) -> RequestStep:
    """Compile a request step and give its endpoint a number.

    Raises:
        UsageError: a key, URL, template or check that cannot be used.
    """
    fields = place.fields(_KNOWN, _UNSUPPORTED)
    if "url" not in fields:
        raise place.fail(f"the {method} request has no url", "add url, like /items")
    url_text = fields["url"].text()
    body, fallback, settled = _body(method, fields, names, gathered)
    redirects = _redirects(fields)
    checks = _checks(fields, settings, names, follows=redirects > 0)
    said = str(fields["name"].scalar()) if "name" in fields else None
    name = settings.endpoint_options.label(method, url_text, said)
    headers = compile_headers(
        settings.headers,
        fields.get("headers"),
        names,
        fallback=fallback,
        settled={**settled, **_credentials(fields, settings, names)},
    )
    step = RequestStep(
        endpoint=gathered.endpoint(name),
        method=method.upper(),
        target=settings.target,
        url=_url(fields["url"], settings.target, names),
        query=compile_pairs(fields["qs"], names) if "qs" in fields else None,
        headers=headers,
        headers_vary=any(isinstance(value, Template) for _, value in headers),
        body=body,
        timeout_ns=settings.timeout_ns,
        redirects=redirects,
        checks=checks,
        shared=SharedJudge(checks),
    )
    return step if step.varies else replace(step, prebuilt=step.build(Scope({}, 0)))


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


def _body(
    method: str, fields: dict[str, Place], names: Names, gathered: Gathered
) -> tuple[bytes | Template, dict[str, str], dict[str, str]]:
    """The body, the headers that come with it unless others are set, and those that cannot be others."""
    fallback = {"accept-encoding": ACCEPTED_CODINGS} if "gzip" in fields and fields["gzip"].flag() else {}
    kinds = [kind for kind in (*KINDS, "formData") if kind in fields]
    if not kinds:
        return b"", fallback, {}
    if len(kinds) > 1:
        raise fields[kinds[1]].fail(
            f"{kinds[0]!r} and {kinds[1]!r} both give the request a body", "keep one of them"
        )
    place = fields[kinds[0]]
    if method in ("get", "head"):
        raise place.fail(f"a {method} request has no body", "remove it, or use qs")
    if kinds == ["formData"]:
        body, content_type = compile_form_data(place, names, gathered)
        return body, fallback, {"content-type": content_type}
    if content_type := KINDS[kinds[0]]:
        fallback["content-type"] = content_type
    return compile_body(kinds[0], place, names), fallback, {}


def _credentials(fields: dict[str, Place], settings: Settings, names: Names) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "cookie" in fields or settings.cookies:
        found["cookie"] = compile_cookies(settings.cookies, fields.get("cookie"), names)
    if "auth" in fields:
        found["authorization"] = compile_auth(fields["auth"], names)
    return found


def _redirects(fields: dict[str, Place]) -> int:
    """How many redirects are followed: as many as Artillery's HTTP client does, or none."""
    follows = fields["followRedirect"].flag() if "followRedirect" in fields else True
    return _MOST_REDIRECTS if follows else 0


def _checks(fields: dict[str, Place], settings: Settings, names: Names, *, follows: bool) -> Checks:
    captures = read_captures(fields["capture"], strict=settings.strict_capture) if "capture" in fields else ()
    own_names = names.with_captures(capture.name for capture in captures)
    expectations: tuple[Expectation, ...] = ()
    if "expect" in fields:
        expectations = read_expectations(fields["expect"], own_names)
    elif settings.expect_200:
        expectations = (status_is(frozenset({200})),)
    if follows and any(item.statuses and item.statuses <= _REDIRECTS for item in expectations):
        raise fields["expect"].fail(
            "a redirect is followed, so its status is never seen", "add followRedirect: false to the request"
        )
    return Checks(
        captures=captures,
        expectations=expectations,
        stop_on_failure=settings.stop_on_failure and bool(expectations),
    )
