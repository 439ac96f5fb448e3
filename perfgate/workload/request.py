"""Reading one request of a flow: its keys checked and compiled into a `RequestStep`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from perfgate.workload.body import KINDS, compile_body, compile_pairs, compiled
from perfgate.workload.capture import read_captures, read_matches
from perfgate.workload.checks import AfterResponse, Checks, SharedJudge
from perfgate.workload.credentials import ACCEPTED_CODINGS, compile_auth, compile_cookies
from perfgate.workload.expect import Expectation, read_expectations, status_is
from perfgate.workload.gathered import Gathered
from perfgate.workload.headers import compile_headers
from perfgate.workload.hooks import Hook, read_hooks
from perfgate.workload.multipart import compile_form_data
from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.settings import Settings
from perfgate.workload.step import RequestStep
from perfgate.workload.target import Target
from perfgate.workload.template import Names, Template, as_text

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")

MESSAGE_KEYS = (
    *("url", "uri", "name", "headers", "cookie", "auth", "gzip", "qs", "followRedirect"),
    *("json", "body", "form", "formData", "setContentLengthHeader", "capture", "match", "expect"),
)
"""What a request says about itself and its answer."""

REQUEST_KEYS = (*MESSAGE_KEYS, "ifTrue", "probability", "beforeRequest", "afterResponse")
_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DRIVER = "or let Artillery itself run the file, with driver: artillery"
REQUEST_UNSUPPORTED = {
    "followAllRedirects": "remove it: followRedirect follows those of every method",
    "maxRedirects": "remove it: at most 10 are followed",
    "timeout": "Artillery does not heed it here: write config.http.timeout",
    "think": "write it as a step of its own",
    "strictSSL": "write config.tls.rejectUnauthorized",
    "proxy": f"remove it, {_DRIVER}",
    "searchParams": "call it qs",
    "query": "call it qs",
    "params": "call it qs",
    "method": "the step's own key is the method, like get:",
}
_TARGET_VARIABLE = re.compile(r"\A\{\{\s*target\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the scenario of a request is called, and its functions for every request."""

    scenario: str = ""
    before_request: tuple[Hook, ...] = ()
    after_response: tuple[Hook, ...] = ()


def read_request(
    method: str,
    place: Place,
    settings: Settings,
    names: Names,
    gathered: Gathered,
    *,
    around: Around = Around(),
) -> RequestStep:
    """Compile a request and give its endpoint a number; what decides whether it is sent is left to others.

    Raises:
        UsageError: a key, URL, template or check that cannot be used.
    """
    fields = place.fields(REQUEST_KEYS, REQUEST_UNSUPPORTED)
    url = fields.get("url") or fields.get("uri")
    if url is None:
        raise place.fail(f"the {method} request has no url", "add url, like /items")
    if "url" in fields and "uri" in fields:
        raise fields["uri"].fail("'uri' is another word for 'url'", "keep one of them")
    if "setContentLengthHeader" in fields:
        fields["setContentLengthHeader"].flag()
    url_text = url.text()
    body, fallback, settled = _body(method, fields, names, gathered)
    redirects = _redirects(fields)
    checks = _checks(fields, settings, names, around, follows=redirects > 0)
    said = str(fields["name"].scalar()) if "name" in fields else None
    name = settings.endpoint_options.label(method, url_text, said)
    headers = compile_headers(
        settings.headers,
        fields.get("headers"),
        names,
        fallback=fallback,
        settled={**settled, **_credentials(fields, settings, names)},
    )
    varies = any(isinstance(part, Template) for header in headers for part in header)
    step = RequestStep(
        endpoint=gathered.endpoint(name),
        method=method.upper(),
        target=settings.target,
        url=_url(url, settings.target, names),
        query=compile_pairs(fields["qs"], names) if "qs" in fields else None,
        headers=headers,
        settled=None if varies else tuple((str(key), str(value)) for key, value in headers),
        body=body,
        timeout_ns=settings.timeout_ns,
        redirects=redirects,
        checks=checks,
        shared=SharedJudge(checks),
        keeps_cookies="cookie" in fields,
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


def _checks(
    fields: dict[str, Place], settings: Settings, names: Names, around: Around, *, follows: bool
) -> Checks:
    strict = settings.strict_capture
    captures = read_captures(fields["capture"], names, strict=strict) if "capture" in fields else ()
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
    own_hooks = read_hooks(fields.get("afterResponse"), settings.processor)
    hooked = own_hooks or around.after_response
    return Checks(
        captures=captures,
        matches=read_matches(fields["match"], own_names) if "match" in fields else (),
        expectations=expectations,
        hooks=AfterResponse(around.scenario, around.after_response, own_hooks) if hooked else None,
        stop_on_failure=settings.stop_on_failure and bool(expectations),
    )
