"""What perfgate makes of every feature of k6 scripts: one row a feature, proven by a test that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Treatment = Literal["through k6", "noted", "refused"]
_HTTP = "import http from 'k6/http';\n"
_SITE = "https://api.example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class K6Feature:
    """`script` shows the feature; `endpoints` are what must be measured, `message` what must be said."""

    feature: str
    script: str
    treatment: Treatment = "through k6"
    endpoints: tuple[str, ...] = ()
    message: str = ""


def _body(feature: str, body: str, *endpoints: str, head: str = "", message: str = "") -> K6Feature:
    return K6Feature(
        feature=feature,
        script=f"{_HTTP}{head}\nexport default function () {{ {body} }}\n",
        treatment="noted" if message else "through k6",
        endpoints=endpoints,
        message=message,
    )


def _refused(feature: str, script: str, message: str) -> K6Feature:
    return K6Feature(feature=feature, script=script, treatment="refused", message=message)


_IDLE = "export default function () {}\n"

K6_FEATURES = (
    _body("http.get, head", f"http.get('{_SITE}/a'); http.head('{_SITE}/b');", "GET /a", "HEAD /b"),
    _body(
        "http.post, put, patch, del, options",
        f"for (const m of ['post', 'put', 'patch', 'del', 'options']) http[m]('{_SITE}/x', 'body');",
        "POST /x",
        "PUT /x",
        "PATCH /x",
        "DELETE /x",
        "OPTIONS /x",
    ),
    _body("http.request", f"http.request('GET', '{_SITE}/a', null, {{headers: {{a: 'b'}}}});", "GET /a"),
    K6Feature(
        feature="http.asyncRequest",
        script=f"{_HTTP}export default async function () {{ await http.asyncRequest('GET', '{_SITE}/a'); }}",
        endpoints=("GET /a",),
    ),
    _body(
        "http.batch of strings, arrays and objects",
        f"http.batch(['{_SITE}/a', ['POST', '{_SITE}/b', 'x'], {{method: 'PUT', url: '{_SITE}/c'}}]);",
        "GET /a",
        "POST /b",
        "PUT /c",
    ),
    _body("http.batch of an object", f"http.batch({{one: '{_SITE}/a'}}).one.json();", "GET /a"),
    _body("http.url", f"http.get(http.url`{_SITE}/users/${{1 + 1}}`);", "GET /users/${}"),
    _body(
        "numbers and UUIDs in paths", f"http.get('{_SITE}/users/17/orders?x=1');", "GET /users/{id}/orders"
    ),
    _body("tags.name", f"http.get('{_SITE}/users/17', {{tags: {{name: 'one user'}}}});", "GET one user"),
    _body("named import", f"get('{_SITE}/a');", "GET /a", head="import { get } from 'k6/http';"),
    _body("require", f"web.get('{_SITE}/a');", "GET /a", head="const web = require('k6/http');"),
    _body("destructured functions", f"get('{_SITE}/a');", "GET /a", head="const { get } = http;"),
    _body("redirects", f"http.get('{_SITE}/moved');", "GET /moved", "GET /target"),
    _body("a redirect to another host", f"http.get('{_SITE}/away');", "GET /away", "GET /target"),
    _body("a request without redirects", f"http.get('{_SITE}/moved', {{redirects: 0}});", "GET /moved"),
    _body("Response.submitForm", f"http.get('{_SITE}/page').submitForm();", "GET /page", "POST /sent"),
    _body("Response.clickLink", f"http.get('{_SITE}/page').clickLink();", "GET /page", "GET /linked"),
    _body("responseType none", f"http.get('{_SITE}/a', {{responseType: 'none'}});", "GET /a"),
    _body(
        "discardResponseBodies",
        f"http.get('{_SITE}/a');",
        "GET /a",
        head="export const options = {discardResponseBodies: true};",
    ),
    _body("file uploads", f"http.post('{_SITE}/a', {{f: http.file('x', 'x.txt')}});", "POST /a"),
    _body(
        "cookie jars",
        f"http.cookieJar().set('{_SITE}/', 'k', 'v'); const jar = new http.CookieJar();"
        f"jar.set('{_SITE}/', 'k', 'v', {{domain: 'api.example.com', secure: true}});"
        f"http.get('{_SITE}/a', {{jar}});"
        f"if (jar.cookiesForURL('{_SITE}/').k[0] !== 'v') throw new Error('lost');",
        "GET /a",
    ),
    _body(
        "setResponseCallback",
        f"http.get('{_SITE}/broken');",
        "GET /broken",
        head="http.setResponseCallback(http.expectedStatuses(500));",
    ),
    _body(
        "group and check",
        f"group('g', () => check(http.get('{_SITE}/a'), {{ok: (r) => r.status === 200}}));",
        "GET /a",
        head="import { check, group } from 'k6';",
    ),
    _body(
        "setup and teardown",
        f"http.get('{_SITE}/a');",
        "GET /a",
        head=f"export function setup() {{ http.get('{_SITE}/setup'); }}",
        message="1 requests of setup() and teardown() are not among the samples",
    ),
    _body(
        "scenarios with exec and env",
        "",
        "GET /a",
        head="const s = {executor: 'per-vu-iterations', exec: 'named', env: {P: 'a'}};"
        "export const options = {scenarios: {s}};"
        f"export function named() {{ http.get(`{_SITE}/${{__ENV.P}}`); }}",
    ),
    _body(
        "several hosts",
        "http.get('http://one.example.com/a'); http.get('https://two.example.com:8443/b');",
        "GET /a",
        "GET /b",
        message="http://one.example.com, https://two.example.com:8443",
    ),
    _body(
        "options.hosts",
        f"http.get('{_SITE}/a');",
        "GET /a",
        head="export const options = {hosts: {'api.example.com': '10.0.0.1'}};",
        message="options.hosts did not count",
    ),
    _body(
        "options.cloud",
        f"http.get('{_SITE}/a');",
        "GET /a",
        head="export const options = {cloud: {name: 'shop'}};",
        message="options.cloud did not count",
    ),
    _body(
        "systemTags",
        f"http.get('{_SITE}/a');",
        "GET /a",
        head="export const options = {systemTags: ['proto']};",
    ),
    _body(
        "an exception in an iteration",
        f"http.get('{_SITE}/a'); throw new Error('boom');",
        "GET /a",
        message="1 iterations ended in an exception of the script",
    ),
    _body(
        "SharedArray",
        "http.get(names[0]);",
        "GET /a",
        head="import { SharedArray } from 'k6/data';\n"
        f"const names = new SharedArray('n', () => ['{_SITE}/a']);",
    ),
    K6Feature(
        feature="k6/experimental/fs",
        script=f"{_HTTP}import {{ open as openFile }} from 'k6/experimental/fs';\n"
        "const file = await openFile('./script.js');\n"
        "export default async function () {\n"
        f"  http.get(`{_SITE}/${{(await file.stat()).name}}`);\n}}\n",
        endpoints=("GET /script.js",),
    ),
    K6Feature(
        feature="CommonJS",
        script=f"const http = require('k6/http');\nexports.default = () => http.get('{_SITE}/a');\n",
        endpoints=("GET /a",),
    ),
    _body(
        "test.abort",
        f"http.get('{_SITE}/a'); exec.test.abort();",
        "GET /a",
        head="import exec from 'k6/execution';",
        message="k6 ended with 108: the script aborted the test",
    ),
    _body(
        "thresholds that are crossed",
        f"http.get('{_SITE}/a');",
        "GET /a",
        head="export const options = {thresholds: {http_reqs: ['count>5']}};",
        message="k6 ended with 99: thresholds were crossed",
    ),
    _refused(
        "k6/browser",
        f"import {{ browser }} from 'k6/browser';\n{_IDLE}",
        ":1:26: k6/browser is not supported",
    ),
    _refused(
        "k6/net/grpc", f"import grpc from 'k6/net/grpc';\n{_IDLE}", ":1:19: k6/net/grpc is not supported"
    ),
    _refused("k6/ws", f"\nimport ws from 'k6/ws';\n{_IDLE}", ":2:17: k6/ws is not supported"),
    _refused(
        "k6/websockets",
        f"import {{ WebSocket }} from 'k6/experimental/websockets';\n{_IDLE}",
        ":1:28: k6/experimental/websockets is not supported",
    ),
    _refused(
        "k6/experimental/redis",
        f"import redis from 'k6/experimental/redis';\n{_IDLE}",
        ":1:20: k6/experimental/redis is not supported",
    ),
    _refused(
        "extensions (k6/x)", f"import sql from 'k6/x/sql';\n{_IDLE}", ":1:18: k6/x/sql is not supported"
    ),
    _refused(
        "an unknown option",
        f"export const options = {{duraton: '1s'}};\n{_IDLE}",
        "script.js:1:25: k6 says: There were unknown fields",
    ),
    _refused("a syntax error", "export default function () {\n  (;\n}\n", "script.js: Line 2:4"),
    _refused("no function to run", "export const options = {vus: 1};\n", "no exported functions"),
    _refused(
        "an exec that is not there",
        "export const options = {scenarios: {a: {executor: 'per-vu-iterations', exec: 'no'}}};\n" + _IDLE,
        "function 'no' not found",
    ),
    _refused(
        "a remote module without a network",
        "import x from 'https://127.0.0.1:1/x.js';\n" + _IDLE,
        "couldn't be retrieved from the resolved url",
    ),
    _refused("a file that is not there", f"const data = open('./no.json');\n{_IDLE}", "no.json"),
)
