"""The `config` section of an Artillery file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfgate.model import Profile
from perfgate.workload.payload import Payload, read_payloads
from perfgate.workload.phases import describe_phases, profile_of
from perfgate.workload.place import Place
from perfgate.workload.processor import Processor
from perfgate.workload.target import Target, read_target
from perfgate.workload.template import Names, Template, TemplateError, compile_value

_KNOWN = ("target", "phases", "variables", "payload", "plugins", "http", "defaults", "tls")
_UNSUPPORTED = {
    "environments": "write one file for each environment, or use {{ $env.NAME }}",
    "processor": "custom JavaScript does not run here; describe the flow with capture and expect",
    "timeout": "write it as config.http.timeout",
    "ensure": "state thresholds in perfgate.yml",
    "apdex": "state thresholds in perfgate.yml",
    "engines": "only HTTP is supported",
    "ws": "only HTTP is supported",
    "socketio": "only HTTP is supported",
    "includeFiles": "remove it: files are read where they are",
    "bundling": "remove it: files are read where they are",
}
_HTTP_UNSUPPORTED = {
    "maxSockets": "remove it: a virtual user has one connection",
    "pool": "remove it: a virtual user has one connection",
    "extendedMetrics": "remove it",
    "distributedTracing": "set the header yourself, under headers",
    "cookieJarOptions": "remove it: cookies are kept by the rules of RFC 6265",
}
_TLS_UNSUPPORTED = dict.fromkeys(
    ("ca", "cert", "key", "pfx", "passphrase", "servername"), "only rejectUnauthorized is supported here"
)
_DEFAULTS_UNSUPPORTED = {
    "think": "write each think time out",
}
_PRINT_ONLY = ("outputFormat", "formatter", "useOnlyRequestNames")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `config` says, with its templates filled in.

    Those of `headers` and `cookies` are not: they may vary by pass.
    """

    target: Target = field(default_factory=Target)
    variables: Mapping[str, Any] = field(default_factory=dict)
    payloads: tuple[Payload, ...] = ()
    headers: Mapping[str, Place] = field(default_factory=dict)
    cookies: Mapping[str, Place] = field(default_factory=dict)
    timeout_ns: int | None = None
    insecure: bool = False
    profile: Profile | None = None
    processor: Processor | None = None
    strict_capture: bool = True
    expect_200: bool = False
    stop_on_failure: bool = False
    notes: tuple[str, ...] = ()


def read_settings(place: Place | None, names: Names) -> Settings:
    """Read `config`; `names` holds the environment and the variables given from outside, which win.

    Raises:
        UsageError: a key or value that cannot be used.
    """
    if place is None:
        return Settings(variables=dict(names.constants))
    entries = place.fields(_KNOWN, _UNSUPPORTED)
    notes = [describe_phases(entries["phases"])] if "phases" in entries else []
    expect = _expect(entries.get("plugins"), notes)
    payloads = read_payloads(entries["payload"]) if "payload" in entries else ()
    if any(payload.sequence for payload in payloads):
        notes.append(
            "config.payload order: sequence is replaced by a seeded random row, the same for both sides"
        )
    http = _http(entries.get("http"))
    return Settings(
        target=_target(entries["target"], names) if "target" in entries else Target(),
        variables=_variables(entries.get("variables"), names),
        payloads=payloads,
        headers=_default("headers", entries.get("defaults"), http.get("defaults")),
        cookies=_default("cookie", entries.get("defaults"), http.get("defaults")),
        timeout_ns=_timeout_ns(http.get("timeout")),
        insecure=_insecure(entries.get("tls")),
        profile=profile_of(entries["phases"]) if "phases" in entries else None,
        strict_capture=_strict(entries.get("defaults"), http.get("defaults")),
        expect_200=expect.get("expectDefault200", False),
        stop_on_failure=expect.get("reportFailuresAsErrors", False),
        notes=tuple(notes),
    )


def constant(place: Place, names: Names) -> Any:
    """The value of a place whose templates must all be known at load.

    Raises:
        UsageError: a template names what is known only later.
    """
    try:
        value = compile_value(place.value, names)
    except TemplateError as error:
        raise place.fail(str(error), error.hint) from error
    if isinstance(value, Template):
        raise place.fail("a template here is read once, at load", "use {{ $env.NAME }} or a fixed value")
    return value


def _http(place: Place | None) -> dict[str, Place]:
    return place.fields(("timeout", "defaults"), _HTTP_UNSUPPORTED) if place else {}


def _target(place: Place, names: Names) -> Target:
    return read_target(place, str(constant(place, names)))


def _variables(place: Place | None, names: Names) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entry in place.entries().items() if place else ():
        if name.startswith("$") or name == "target" or not name.strip() or set(name) & set("{}"):
            raise entry.fail(f"{name!r} cannot name a variable", "use letters, digits, _ and -")
        if entry.value == []:
            raise entry.fail(f"the variable {name!r} has no values", "give the list at least one")
        found[name] = constant(entry, names)
    return {**found, **names.constants}


def _default(key: str, *places: Place | None) -> dict[str, Place]:
    """What is given for every request under `key`, in the one of two places that may give it."""
    said = [_defaults(place)[key] for place in places if place and key in _defaults(place)]
    if len(said) > 1:
        raise said[1].fail(f"{key!r} is given twice for every request", f"keep config.http.defaults.{key}")
    return said[0].entries() if said else {}


def _strict(*places: Place | None) -> bool:
    said = [
        _defaults(place)["strictCapture"].flag()
        for place in places
        if place and "strictCapture" in _defaults(place)
    ]
    return all(said)


def _defaults(place: Place) -> dict[str, Place]:
    return place.fields(("headers", "cookie", "strictCapture"), _DEFAULTS_UNSUPPORTED)


def _timeout_ns(place: Place | None) -> int | None:
    if place is None:
        return None
    timeout_ns = round(place.number() * 1e9)
    if not timeout_ns:
        raise place.fail("'timeout' must be more than 0", "write seconds, like 10")
    return timeout_ns


def _insecure(place: Place | None) -> bool:
    fields = place.fields(("rejectUnauthorized",), _TLS_UNSUPPORTED) if place else {}
    return "rejectUnauthorized" in fields and not fields["rejectUnauthorized"].flag()


def _expect(place: Place | None, notes: list[str]) -> dict[str, bool]:
    if place is None:
        return {}
    others = {
        name: "remove it: of the plugins only expect is supported"
        for name in place.entries()
        if name != "expect"
    }
    entries = place.fields(("expect",), others)
    if "expect" not in entries:
        return {}
    options = entries["expect"].fields((*_PRINT_ONLY, "expectDefault200", "reportFailuresAsErrors"))
    notes.extend(
        f"config.plugins.expect.{key} only changes what Artillery prints"
        for key in _PRINT_ONLY
        if key in options
    )
    return {key: entry.flag() for key, entry in options.items() if key not in _PRINT_ONLY}
