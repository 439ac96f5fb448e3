"""`config.http` and `config.defaults`: what holds for every request of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from perfgate.workload.filled import filled
from perfgate.workload.place import Place
from perfgate.workload.template import Names

_HTTP = ("timeout", "defaults", "maxSockets", "extendedMetrics", "cookieJarOptions")
_HTTP_UNSUPPORTED = {
    "pool": "remove it: every virtual user has a connection of its own; or use driver: artillery",
    "distributedTracing": "set the header yourself, under headers; or use driver: artillery",
}
_JAR = ("looseMode", "rejectPublicSuffixes", "prefixSecurity", "allowSpecialUseDomain")
_DEFAULTS = ("headers", "cookie", "strictCapture", "think")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpDefaults:
    """What holds for every request; templates of `headers` and `cookies` may vary by pass."""

    headers: Mapping[str, Place] = field(default_factory=dict)
    cookies: Mapping[str, Place] = field(default_factory=dict)
    think_jitter: Place | None = None
    strict_capture: bool = True
    timeout_ns: int | None = None


def read_defaults(config: Mapping[str, Place], names: Names, notes: list[str]) -> HttpDefaults:
    """Read `http`, `defaults` and `timeout` of `config`.

    Raises:
        UsageError: a key or value that cannot be used, or one given at two places.
    """
    http = config["http"].fields(_HTTP, _HTTP_UNSUPPORTED) if "http" in config else {}
    if "maxSockets" in http:
        filled(http["maxSockets"], names).whole()
        notes.append("config.http.maxSockets changes nothing: a virtual user has one connection, as it needs")
    if "extendedMetrics" in http:
        filled(http["extendedMetrics"], names).flag()
        notes.append("config.http.extendedMetrics changes nothing: perfgate reports these times always")
    if "cookieJarOptions" in http:
        _jar(filled(http["cookieJarOptions"], names), notes)
    said = [_defaults(config.get("defaults")), _defaults(http.get("defaults"))]
    think = _one("think", said)
    strict = _one("strictCapture", said)
    return HttpDefaults(
        headers=_mapping(_one("headers", said)),
        cookies=_mapping(_one("cookie", said)),
        think_jitter=think.fields(("jitter",)).get("jitter") if think else None,
        strict_capture=filled(strict, names).flag() if strict else True,
        timeout_ns=_timeout_ns(config.get("timeout"), http.get("timeout"), names),
    )


def _defaults(place: Place | None) -> dict[str, Place]:
    return place.fields(_DEFAULTS) if place is not None and place.value is not None else {}


def _one(key: str, said: list[dict[str, Place]]) -> Place | None:
    """What is given for every request under `key`, in the one of two places that may give it."""
    found = [entries[key] for entries in said if key in entries]
    if len(found) > 1:
        raise found[1].fail(f"{key!r} is given twice for every request", f"keep config.http.defaults.{key}")
    return found[0] if found else None


def _mapping(place: Place | None) -> dict[str, Place]:
    return place.entries() if place is not None else {}


def _timeout_ns(outer: Place | None, inner: Place | None, names: Names) -> int | None:
    if outer is not None and inner is not None:
        raise outer.fail("'timeout' is given twice", "keep config.http.timeout")
    place = outer or inner
    if place is None:
        return None
    timeout_ns = round(filled(place, names).number() * 1e9)
    if not timeout_ns:
        raise place.fail("'timeout' must be more than 0", "write seconds, like 10")
    return timeout_ns


def _jar(place: Place, notes: list[str]) -> None:
    """The jar of a pass holds cookies of one host; most options are about others."""
    check: dict[str, Callable[[Place], Any]] = {"prefixSecurity": Place.text}
    for key, entry in place.fields(_JAR).items():
        value = check.get(key, Place.flag)(entry)
        if key == "looseMode" and value:
            raise entry.fail(
                "looseMode: true is not supported by perfgate", "remove it, or use driver: artillery"
            )
        notes.append(f"config.http.cookieJarOptions.{key} changes nothing: cookies are kept for one host")
