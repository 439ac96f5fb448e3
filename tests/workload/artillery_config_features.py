"""Every documented key of Artillery's `config` and what becomes of it, as rows of the compatibility table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Expectation = Literal["native", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFeature:
    """A key by the way to it (list items by number), and a `config` in YAML that uses it well."""

    feature: str
    way: tuple[str | int, ...]
    snippet: str
    expectation: Expectation = "native"


FILES = {
    "users.csv": "name,age\nann,7\nbob,8\n",
    "ca.pem": "-----BEGIN CERTIFICATE-----\n",
    "client.pem": "-----BEGIN CERTIFICATE-----\n",
    "client.key": "-----BEGIN PRIVATE KEY-----\n",
    "helpers.py": "def pick(context, events):\n    context.vars['picked'] = 1\n",
}
"""What the snippets name, beside the workload."""


def _native(feature: str, *way: str | int, snippet: str) -> ConfigFeature:
    return ConfigFeature(feature=feature, way=way, snippet=snippet)


def _refused(feature: str, *way: str | int, snippet: str) -> ConfigFeature:
    return ConfigFeature(feature=feature, way=way, snippet=snippet, expectation="refused")


_PHASE = "phases: [{{duration: 1m, {}}}]"
_PAYLOAD = "payload: {{path: users.csv, fields: [name, age], {}}}"
_TABLE = "payload: {path: users.csv, loadAll: true, name: users}"
_PLUGIN = "plugins: {{{}}}"
_BY_ENDPOINT = "plugins: {{metrics-by-endpoint: {{{}}}}}"

CONFIG_FEATURES: tuple[ConfigFeature, ...] = (
    _native("config.target", "target", snippet="target: http://127.0.0.1:8000/api"),
    _native("config.phases", "phases", snippet="phases: [{duration: 60, arrivalRate: 5}]"),
    _native("phases: duration", "phases", 0, "duration", snippet=_PHASE.format("arrivalRate: 1")),
    _native("phases: arrivalRate", "phases", 0, "arrivalRate", snippet=_PHASE.format("arrivalRate: 1")),
    _native("phases: rampTo", "phases", 0, "rampTo", snippet=_PHASE.format("arrivalRate: 9, rampTo: 1")),
    _native("phases: arrivalCount", "phases", 0, "arrivalCount", snippet=_PHASE.format("arrivalCount: 20")),
    _native(
        "phases: maxVusers", "phases", 0, "maxVusers", snippet=_PHASE.format("arrivalRate: 1, maxVusers: 3")
    ),
    _native("phases: name", "phases", 0, "name", snippet=_PHASE.format("arrivalRate: 1, name: warm up")),
    _native("phases: pause", "phases", 0, "pause", snippet="phases: [{pause: 10 min}]"),
    _native(
        "phases: mode: uniform", "phases", 0, "mode", snippet=_PHASE.format("arrivalRate: 1, mode: uniform")
    ),
    _refused(
        "phases: mode: poisson", "phases", 0, "mode", snippet=_PHASE.format("arrivalRate: 1, mode: poisson")
    ),
    _native("config.variables", "variables", snippet="variables: {city: [Oslo, Lima], user: {name: ann}}"),
    _native("config.payload", "payload", snippet=_PAYLOAD.format("order: random")),
    _native("several payloads", "payload", 0, "path", snippet="payload: [{path: users.csv, fields: [name]}]"),
    _native("payload: path", "payload", "path", snippet=_PAYLOAD.format("order: random")),
    _native("payload: fields", "payload", "fields", snippet=_PAYLOAD.format("order: random")),
    _native("payload: order", "payload", "order", snippet=_PAYLOAD.format("order: sequence")),
    _native("payload: skipHeader", "payload", "skipHeader", snippet=_PAYLOAD.format("skipHeader: true")),
    _native("payload: delimiter", "payload", "delimiter", snippet=_PAYLOAD.format("delimiter: ','")),
    _native("payload: cast", "payload", "cast", snippet=_PAYLOAD.format("cast: false")),
    _native(
        "payload: skipEmptyLines",
        "payload",
        "skipEmptyLines",
        snippet=_PAYLOAD.format("skipEmptyLines: true"),
    ),
    _native("payload: loadAll", "payload", "loadAll", snippet=_TABLE),
    _native("payload: name", "payload", "name", snippet=_TABLE),
    _native("payload: options", "payload", "options", snippet=_PAYLOAD.format('options: {quote: "\'"}')),
    _native("config.environments", "environments", snippet="environments: {local: {target: http://h:1}}"),
    _native(
        "a key of an environment",
        *("environments", "local", "target"),
        snippet="environments: {local: {target: http://h:1}}",
    ),
    _native("config.http", "http", snippet="http: {timeout: 10}"),
    _native("http.timeout", "http", "timeout", snippet="http: {timeout: 10}"),
    _native("config.timeout", "timeout", snippet="timeout: 10"),
    _native("http.pool", "http", "pool", snippet="http: {pool: 10}"),
    _native("http.maxSockets", "http", "maxSockets", snippet="http: {maxSockets: 1}"),
    _native("http.extendedMetrics", "http", "extendedMetrics", snippet="http: {extendedMetrics: true}"),
    _refused(
        "http.distributedTracing", "http", "distributedTracing", snippet="http: {distributedTracing: true}"
    ),
    _native(
        "http.cookieJarOptions",
        *("http", "cookieJarOptions", "rejectPublicSuffixes"),
        snippet="http: {cookieJarOptions: {rejectPublicSuffixes: false}}",
    ),
    _native("http.defaults", "http", "defaults", snippet="http: {defaults: {headers: {x-a: b}}}"),
    _native(
        "defaults: headers", "http", "defaults", "headers", snippet="http: {defaults: {headers: {x-a: b}}}"
    ),
    _native("defaults: cookie", "http", "defaults", "cookie", snippet="http: {defaults: {cookie: {a: b}}}"),
    _native(
        "defaults: strictCapture",
        *("http", "defaults", "strictCapture"),
        snippet="http: {defaults: {strictCapture: false}}",
    ),
    _native(
        "defaults: think.jitter",
        *("http", "defaults", "think", "jitter"),
        snippet="http: {defaults: {think: {jitter: 10%}}}",
    ),
    _native("config.defaults", "defaults", "headers", snippet="defaults: {headers: {x-a: b}}"),
    _native("config.tls", "tls", snippet="tls: {rejectUnauthorized: false}"),
    _native(
        "tls.rejectUnauthorized", "tls", "rejectUnauthorized", snippet="tls: {rejectUnauthorized: false}"
    ),
    _native("tls.ca", "tls", "ca", snippet="tls: {ca: ca.pem}"),
    _native("tls.cert", "tls", "cert", snippet="tls: {cert: client.pem, key: client.key}"),
    _native("tls.key", "tls", "key", snippet="tls: {cert: client.pem, key: client.key}"),
    _native("tls.passphrase", "tls", "passphrase", snippet="tls: {cert: client.pem, passphrase: x}"),
    _native("tls.servername", "tls", "servername", snippet="tls: {servername: api.test}"),
    _refused("tls.pfx", "tls", "pfx", snippet="tls: {pfx: client.pfx}"),
    _native("config.ensure", "ensure", snippet="ensure: {p95: 200}"),
    *(
        _native(f"ensure: {key}", "ensure", key, snippet=f"ensure: {{{key}: 100}}")
        for key in ("min", "max", "median", "p95", "p99", "maxErrorRate")
    ),
    _native(
        "ensure: thresholds",
        *("ensure", "thresholds"),
        snippet="ensure: {thresholds: [{http.response_time.p99: 250}]}",
    ),
    _native(
        "ensure: conditions",
        *("ensure", "conditions", 0, "expression"),
        snippet="ensure: {conditions: [{expression: http.codes.500 == 0 and http.request_rate > 1}]}",
    ),
    _native(
        "ensure: strict",
        *("ensure", "conditions", 0, "strict"),
        snippet="ensure: {conditions: [{expression: http.codes.500 == 0, strict: false}]}",
    ),
    _native("plugins.ensure", "plugins", "ensure", snippet=_PLUGIN.format("ensure: {p95: 200}")),
    _native("plugins.apdex", "plugins", "apdex", snippet=_PLUGIN.format("apdex: {threshold: 100}")),
    _native("apdex: threshold", "apdex", "threshold", snippet="apdex: {threshold: 100}"),
    _native("plugins.expect", "plugins", "expect", snippet=_PLUGIN.format("expect: {}")),
    *(
        _native(
            f"expect: {key}", "plugins", "expect", key, snippet=_PLUGIN.format(f"expect: {{{key}: {value}}}")
        )
        for key, value in (
            ("outputFormat", "pretty"),
            ("formatter", "json"),
            ("reportFailuresAsErrors", "true"),
            ("useOnlyRequestNames", "true"),
            ("expectDefault200", "true"),
        )
    ),
    *(
        _native(
            f"metrics-by-endpoint: {key}",
            *("plugins", "metrics-by-endpoint", key),
            snippet=_BY_ENDPOINT.format(f"{key}: {value}"),
        )
        for key, value in (
            ("useOnlyRequestNames", "true"),
            ("stripQueryString", "true"),
            ("ignoreUnnamedRequests", "true"),
            ("metricsNamespace", "mine"),
            ("groupDynamicURLs", "false"),
        )
    ),
    *(
        _refused(f"plugins.{name}", "plugins", name, snippet=_PLUGIN.format(f"{name}: {{}}"))
        for name in ("publish-metrics", "fake-data", "slack", "hls", "memory-inspector")
    ),
    _native("config.processor", "processor", snippet="processor: ./helpers.js"),
    _refused("config.engines", "engines", snippet="engines: {playwright: {}}"),
    _refused("config.ws", "ws", snippet="ws: {subprotocols: [json]}"),
    _refused("config.socketio", "socketio", snippet="socketio: {query: {a: b}}"),
    _native("config.includeFiles", "includeFiles", snippet="includeFiles: [users.csv]"),
    _native("config.bundling", "bundling", snippet="bundling: {external: [lodash]}"),
    _native("bundling: external", "bundling", "external", snippet="bundling: {external: [lodash]}"),
    _native("config.statsInterval", "statsInterval", snippet="statsInterval: 30"),
    _native("config.mode: uniform", "mode", snippet="mode: uniform"),
    _refused("config.mode: poisson", "mode", snippet="mode: poisson"),
    _refused("config.engine", "engine", snippet="engine: tcp"),
    _refused("config.playwright", "playwright", snippet="playwright: {}"),
    _refused("config.pluginsScope", "pluginsScope", snippet="pluginsScope: '@mine/'"),
)
