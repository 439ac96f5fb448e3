# ruff: noqa: E501 - a container is a line
"""Every key of Artillery's own description of a test script (its types and its schema), by what holds it.

A container is a file in JSON in which `HERE` is the mapping that holds the keys; each key has a value Artillery takes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

HERE = "HERE"
_URL = {"url": "/"}
_FLOW: list[Any] = [{"get": _URL}]
_TARGET = "http://shop.test"


class Container(NamedTuple):
    """`base` is what the mapping holds already; `beside` what a key needs beside it."""

    name: str
    around: Any
    keys: dict[str, Any]
    base: dict[str, Any]
    beside: dict[str, dict[str, Any]]


def _config(name: str, around: Any, keys: dict[str, Any], **more: Any) -> Container:
    whole = {"config": around, "scenarios": [{"flow": _FLOW}]}
    return Container(name, whole, keys, more.get("base", {}), more.get("beside", {}))


def _flow(name: str, step: Any, keys: dict[str, Any], **more: Any) -> Container:
    known = {"variables": {"known": 1}, "target": _TARGET, "processor": "./hooks.js"}
    whole = {"config": known, "scenarios": [{"flow": [step, *_FLOW]}]}
    return Container(name, whole, keys, more.get("base", {}), more.get("beside", {}))


_CONFIG = {
    "target": _TARGET,
    "phases": [{"duration": 1, "arrivalRate": 1}],
    "environments": {"local": {"target": _TARGET}},
    "variables": {"a": 1},
    "engines": {"playwright": {}},
    "plugins": {"expect": {}},
    "processor": "./hooks.js",
    "payload": {"path": "users.csv", "fields": ["name"]},
    "tls": {"rejectUnauthorized": False},
    "http": {"timeout": 10},
    "ws": {"subprotocols": ["json"]},
    "socketio": {"query": {"a": "b"}},
    "ensure": {"p95": 100},
    "apdex": {"threshold": 100},
    "bundling": {"external": ["lodash"]},
    "includeFiles": ["users.csv"],
    "engine": "tcp",
    "mode": "uniform",
    "statsInterval": 30,
    "timeout": 10,
    "defaults": {"headers": {"a": "b"}},
}
_REQUEST = {
    "url": "/x",
    "name": "n",
    "headers": {"a": "b"},
    "cookie": {"a": "b"},
    "qs": {"a": 1},
    "followRedirect": False,
    "gzip": True,
    "auth": {"user": "a", "pass": "b"},
    "capture": {"json": "$.a", "as": "a"},
    "match": {"json": "$.a", "value": "1"},
    "beforeRequest": "before",
    "afterResponse": "after",
    "ifTrue": "known",
    "probability": 50,
    "expect": {"statusCode": 200},
}
_WITH_BODY = {
    **_REQUEST,
    "json": {"a": 1},
    "body": "x",
    "form": {"a": 1},
    "formData": {"a": 1},
    "setContentLengthHeader": True,
}
_EXPECT = {
    "statusCode": [200, 201],
    "notStatusCode": 500,
    "contentType": "json",
    "hasProperty": "a",
    "notHasProperty": "b",
    "equals": ["a", "a"],
    "hasHeader": "etag",
    "headerEquals": ["etag", "a"],
    "matchesRegexp": "a",
    "cdnHit": True,
}
_DEFAULTS = {
    "headers": {"a": "b"},
    "cookie": {"a": "b"},
    "strictCapture": "true",
    "think": {"jitter": "10%"},
}
_PLUGINS: dict[str, Any] = {
    "expect": {},
    "ensure": {"p95": 100},
    "apdex": {"threshold": 100},
    "metrics-by-endpoint": {},
    "publish-metrics": [{"type": "datadog"}],
    "fake-data": {},
    "slack": {"webhookUrl": "x"},
}
_RATE = {"duration": 10, "arrivalRate": 1}
_HOOKS = {"beforeScenario": "act", "afterScenario": ["act"], "onError": "broken"}

CONTAINERS: tuple[Container, ...] = (
    Container(
        "the file",
        HERE,
        {
            "config": {"target": _TARGET},
            "before": {"flow": _FLOW},
            "after": {"flow": _FLOW},
            "scenarios": [{"flow": _FLOW}],
            "$schema": "x",
        },
        {"scenarios": [{"flow": _FLOW}]},
        {},
    ),
    _config("config", HERE, _CONFIG),
    _config(
        "an environment",
        {"environments": {"local": HERE}},
        {key: value for key, value in _CONFIG.items() if key != "environments"},
    ),
    _config(
        "a phase",
        {"phases": [HERE]},
        {"name": "n", "duration": "10s", "arrivalRate": "1", "rampTo": 5, "maxVusers": 5, "mode": "uniform"},
        base=_RATE,
    ),
    _config("a phase that counts", {"phases": [HERE]}, {"duration": 5, "arrivalCount": 5}, base={"duration": 5, "arrivalCount": 1}),
    _config("a pause", {"phases": [HERE]}, {"pause": 5, "name": "n"}, base={"pause": 1}),
    _config(
        "payload",
        {"payload": HERE},
        {
            **{"path": "users.csv", "fields": ["name"], "order": "sequence", "skipHeader": "true", "delimiter": ","},
            **{"cast": False, "skipEmptyLines": True, "loadAll": True, "name": "users"},
        },
        base={"path": "users.csv", "fields": ["name"]},
        beside={"loadAll": {"name": "users"}, "name": {"loadAll": True}},
    ),
    _config("tls", {"tls": HERE}, {"rejectUnauthorized": False}),
    _config(
        "http",
        {"http": HERE},
        {
            **{"timeout": "10", "maxSockets": 1, "pool": "10", "extendedMetrics": True, "defaults": _DEFAULTS},
            **{"cookieJarOptions": {"rejectPublicSuffixes": False}, "distributedTracing": {"enabled": True}},
        },
    ),
    _config("http.defaults", {"http": {"defaults": HERE}}, _DEFAULTS),
    _config("defaults", {"defaults": HERE}, _DEFAULTS),
    _config("defaults.think", {"http": {"defaults": {"think": HERE}}}, {"jitter": 100}),
    _config("plugins", {"plugins": HERE}, _PLUGINS),
    _config(
        "plugins.expect",
        {"plugins": {"expect": HERE}},
        {
            **{"outputFormat": "prettyError", "formatter": "silent", "reportFailuresAsErrors": True},
            **{"useOnlyRequestNames": "true", "expectDefault200": True},
        },
    ),
    _config(
        "ensure",
        {"ensure": HERE},
        {
            "thresholds": [{"http.response_time.p99": 100}],
            "conditions": [{"expression": "http.codes.200 > 1", "strict": False}],
            **dict.fromkeys(("min", "max", "median", "p95", "p99", "maxErrorRate"), "10"),
        },
        base={"p95": 1},
    ),
    _config(
        "a condition of ensure",
        {"ensure": {"conditions": [HERE]}},
        {"expression": "http.codes.200 > 2", "strict": True},
        base={"expression": "http.codes.200 > 1"},
    ),
    _config("apdex", {"apdex": HERE}, {"threshold": "100"}),
    _config(
        "metrics-by-endpoint",
        {"plugins": {"metrics-by-endpoint": HERE}},
        {
            **dict.fromkeys(("useOnlyRequestNames", "stripQueryString", "ignoreUnnamedRequests"), True),
            **{"metricsNamespace": "mine", "groupDynamicURLs": False},
        },
    ),
    _config("bundling", {"bundling": HERE}, {"external": ["lodash"]}),
    Container(
        "a scenario",
        {"config": {"processor": "./hooks.js"}, "scenarios": [HERE]},
        {"name": "n", "weight": "2", "engine": "http", "flow": _FLOW, **_HOOKS},
        {"flow": _FLOW},
        {},
    ),
    Container("before", {"before": HERE, "scenarios": [{"flow": _FLOW}]}, {"engine": "http", "flow": _FLOW}, {"flow": _FLOW}, {}),
    Container("after", {"after": HERE, "scenarios": [{"flow": _FLOW}]}, {"engine": "http", "flow": _FLOW}, {"flow": _FLOW}, {}),
    _flow(
        "a step",
        HERE,
        {
            **{"log": "x", "think": "1", "function": "act", "loop": _FLOW, "parallel": _FLOW},
            **dict.fromkeys(("get", "post", "put", "patch", "delete", "head", "options"), _URL),
            **{"send": "x", "connect": "x", "wait": {}, "emit": {"channel": "x"}},
            **{"namespace": "x", "response": {}, "acknowledge": {}},
        },
        beside={"loop": {"count": 2}},
    ),
    _flow(
        "a loop",
        HERE,
        {
            **{"count": "2", "over": ["a"], "whileTrue": "ask", "loop": _FLOW, "loopValue": "i", "loopElement": "e"},
            "ifTrue": "known",
        },
        base={"loop": _FLOW},
        beside={key: {"count": 2} for key in ("loop", "loopValue", "ifTrue")} | {"loopElement": {"over": ["a"]}},
    ),
    _flow("a get", {"get": HERE}, _REQUEST, base=_URL),
    *(_flow(f"a {verb}", {verb: HERE}, _WITH_BODY, base=_URL) for verb in ("post", "put", "patch", "delete")),
    _flow("auth", {"get": {"url": "/", "auth": HERE}}, {"user": "b", "pass": "c"}, base={"user": "a"}),
    *(
        _flow(
            f"a capture by {kind}",
            {"get": {"url": "/", "capture": [HERE]}},
            {"as": "v", "strict": "false", **extra},
            base={kind: text, "as": "w"} | ({"attr": "id"} if kind == "selector" else {}),
        )
        for kind, text, extra in (
            ("json", "$.a", {}),
            ("regexp", "a(b)", {"group": "1", "flags": "i"}),
            ("header", "etag", {}),
            ("xpath", "//a", {}),
            ("selector", "a", {"attr": "href", "index": "last"}),
        )
    ),
    _flow(
        "match", {"get": {"url": "/", "match": HERE}}, {"json": "$.b", "value": "1"}, base={"json": "$.a", "value": "2"}
    ),
    _flow("expect", {"get": {"url": "/", "expect": HERE}}, _EXPECT, base={"statusCode": 200}),
)  # fmt: skip

OTHER_ENGINES: tuple[dict[str, Any], ...] = (
    {"engine": "playwright", "testFunction": "f"},
    {"flowFunction": "f", "engine": "playwright"},
    {"engine": "websocket", "flow": [{"connect": {"target": "x", "proxy": {"url": "x"}}}, {"send": "x"}]},
    {"engine": "ws", "flow": [{"send": {"a": 1}}]},
    {"flow": [{"emit": {"channel": "a", "data": "b"}, "namespace": "/"}], "engine": "socketio"},
    {"engine": "own", "anything": {"at": "all"}},
)
"""Scenarios of Artillery's other engines, and of an engine of one's own."""
