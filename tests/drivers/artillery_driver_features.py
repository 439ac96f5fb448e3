"""What perfgate makes of features of Artillery scripts on Artillery itself, proven by a test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Treatment = Literal["through artillery", "noted", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtilleryFeature:
    """`script` shows the feature; `endpoints` are what must be measured, `message` what must be said.

    `files` stand beside the script.
    """

    feature: str
    script: str
    treatment: Treatment = "through artillery"
    endpoints: tuple[str, ...] = ()
    message: str = ""
    files: dict[str, str] = field(default_factory=dict)


def _http(
    feature: str,
    flow: str,
    *endpoints: str,
    config: str = "",
    head: str = "",
    message: str = "",
    files: dict[str, str] | None = None,
) -> ArtilleryFeature:
    script = (
        f"config: {{target: 'https://api.example.com', {config}}}\n{head}\nscenarios: [{{flow: [{flow}]}}]\n"
    )
    return ArtilleryFeature(
        feature=feature,
        script=script,
        treatment="noted" if message else "through artillery",
        endpoints=endpoints,
        message=message,
        files=files or {},
    )


_HOOKS = """
exports.pick = (context, events, done) => { context.vars.id = 7; done(); };
exports.sign = async (request) => { request.headers = { ...request.headers, "x-signed": "1" }; };
exports.count = (request, response, context, events, done) => { events.emit("counter", "seen", 1); done(); };
exports.more = (context, next) => next((context.vars.n = (context.vars.n || 0) + 1) < 2);
"""
_TYPED = (
    "export async function pick(context: { vars: { id: number } }): Promise<void> { context.vars.id = 8; }\n"
)
_PLUGIN = """
module.exports = { Plugin: class {
  constructor(script, events) {
    for (const scenario of script.scenarios) scenario.flow.push({ get: { url: "/added" } });
  }
} };
"""
_STEP = "get: {url: '/a'}"

ARTILLERY_DRIVER_FEATURES = (
    _http(
        "get, name and templates",
        "{get: {url: '/users/{{ id }}?x=1'}}, {get: {url: '/a', name: 'one'}}",
        "GET /users/{{ id }}",
        "GET one",
        config="variables: {id: [17]}",
    ),
    _http(
        "post json, put body, patch, delete, form",
        "{post: {url: /x, json: {a: 1}}}, {put: {url: /x, body: b}}, {patch: {url: /x, json: {}}}, "
        "{delete: {url: /x}}, {post: {url: /f, form: {a: b}}}",
        "POST /x",
        "PUT /x",
        "PATCH /x",
        "DELETE /x",
        "POST /f",
    ),
    _http(
        "absolute URLs",
        "{get: {url: 'https://api.example.com/a'}}, {get: {url: 'http://cdn.example.com/b'}}",
        "GET /a",
        "GET /b",
        message="http://cdn.example.com",
    ),
    _http(
        "redirects",
        "{get: {url: /moved}}, {get: {url: /moved, followRedirect: false}}, {get: {url: /away}}",
        "GET /moved",
        "GET /target",
        "GET /moved",
        "GET /away",
        "GET /target",
        message="http://other.example.com",
    ),
    _http(
        "capture and match",
        "{post: {url: /login, capture: {json: $.token, as: t}}}, {get: {url: '/{{ t }}'}}",
        "POST /login",
        "GET /{{ t }}",
    ),
    _http(
        "loop and parallel",
        f"{{loop: [{{{_STEP}}}], count: 2}}, {{parallel: [{{{_STEP}}}, {{get: {{url: /b}}}}]}}",
        "GET /a",
        "GET /a",
        "GET /a",
        "GET /b",
    ),
    _http(
        "a processor in JavaScript: function, beforeRequest, afterResponse, whileTrue",
        "{function: pick}, {get: {url: '/users/{{ id }}', beforeRequest: sign, afterResponse: count}}, "
        f"{{loop: [{{{_STEP}}}], whileTrue: more}}",
        "GET /users/{{ id }}",
        "GET /a",
        "GET /a",
        config="processor: ./hooks.js",
        files={"hooks.js": _HOOKS},
    ),
    _http(
        "a processor in TypeScript",
        "{function: pick}, {get: {url: '/users/{{ id }}'}}",
        "GET /users/{{ id }}",
        config="processor: ./hooks.ts",
        files={"hooks.ts": _TYPED},
    ),
    _http(
        "a plugin of one's own",
        f"{{{_STEP}}}",
        "GET /a",
        "GET /added",
        config="plugins: {mine: {}}",
        files={"node_modules/artillery-plugin-mine/index.js": _PLUGIN},
    ),
    _http(
        "publish-metrics",
        f"{{{_STEP}}}",
        "GET /a",
        config="plugins: {publish-metrics: [{type: datadog, apiKey: x}]}",
        message="config.plugins.publish-metrics takes no part",
    ),
    _http(
        "a payload file",
        "{get: {url: '/users/{{ id }}'}}",
        "GET /users/{{ id }}",
        config="payload: {path: ids.csv, fields: [id]}",
        files={"ids.csv": "17\n"},
    ),
    _http(
        "before and after",
        f"{{{_STEP}}}",
        "GET /a",
        head="before: {flow: [{post: {url: /login, capture: {json: $.token, as: t}}}]}\n"
        "after: {flow: [{get: {url: /bye}}]}",
        message="2 requests of before and after are not among the samples",
    ),
    ArtilleryFeature(
        feature="scenarios of the engines ws, socketio and playwright beside HTTP",
        script="config: {target: 'https://api.example.com'}\n"
        "scenarios: [{weight: 1000, flow: [{get: {url: /a}}]}, {engine: ws, weight: 0, flow: [{send: x}]}]\n",
        treatment="noted",
        endpoints=("GET /a",),
        message="engine ws runs, but only HTTP requests of the engine http are measured",
    ),
    ArtilleryFeature(
        feature="only websockets",
        script="config: {target: 'wss://api.example.com'}\nscenarios: [{engine: ws, flow: [{send: x}]}]\n",
        treatment="refused",
        message="no scenario uses the engine http, only ws",
    ),
    ArtilleryFeature(
        feature="only a browser",
        script="config: {target: 'https://api.example.com'}\n"
        "scenarios: [{engine: playwright, testFunction: f}]\n",
        treatment="refused",
        message="no scenario uses the engine http, only playwright",
    ),
)
