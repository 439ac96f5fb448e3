"""A workload file becomes the requests Artillery would send, in order, from a seed."""

import http.client
import json
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from perfgate.model import Response, Think

API = """
    config:
      target: https://api.example.com
      phases:
        - duration: 60
          arrivalRate: 10
          name: Warm up
        - duration: 120
          arrivalRate: 50
          name: Sustained load
      plugins:
        expect: {}

    scenarios:
      - name: API smoke test
        flow:
          - post:
              url: /auth/token
              json:
                username: test@example.com
                password: testpassword
              capture:
                json: $.access_token
                as: token
              expect:
                - statusCode: 200
          - get:
              url: /api/users
              headers:
                Authorization: Bearer {{ token }}
              expect:
                - statusCode: 200
                - hasProperty: results
"""


def test_a_token_is_captured_and_sent(read, walk, answer):
    workload = read(API)
    assert workload.name == "load"
    assert workload.endpoints == ("POST /auth/token", "GET /api/users")
    assert workload.target == "https://api.example.com"
    done = walk(workload, answer(body='{"access_token": "t-1"}'), answer(body='{"results": []}'))
    login, users = done.requests
    assert (login.method, login.target) == ("POST", "/auth/token")
    assert login.body == b'{"username":"test@example.com","password":"testpassword"}'
    assert ("content-type", "application/json") in login.headers
    assert ("authorization", "Bearer t-1") in users.headers
    assert done.errors == ["", ""]


def test_a_failed_capture_ends_the_pass(read, walk, answer):
    done = walk(read(API), answer(body='{"error": "no"}'))
    assert len(done.requests) == 1
    assert done.errors == ["capture token"]


def test_a_failed_expectation_does_not_end_the_pass(read, walk, answer):
    done = walk(read(API), answer(201, '{"access_token": "t"}'), answer(body='{"other": 1}'))
    assert done.errors == ["expect statusCode", "expect hasProperty"]


def test_no_answer_ends_the_pass(read, walk):
    assert len(walk(read(API), None).requests) == 1


def test_phases_are_noted_with_their_figures(read):
    [note] = read(API).notes
    assert "not replayed" in note
    assert "Warm up: 60.0 s, 10 users/s" in note
    assert "Sustained load: 120 s, 50 users/s" in note


def test_against_a_real_server(read):
    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.reply(200 if asked["username"] == "test@example.com" else 401, {"access_token": "s3"})

        def do_GET(self):
            allowed = self.headers["authorization"] == "Bearer s3"
            self.reply(200 if allowed else 401, {"results": []} if allowed else {})

        def reply(self, status, value):
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
        try:
            script = read(API).scenarios[0].start(1)
            errors = []
            request = next(script)
            for _ in range(2):
                connection.request(request.method, request.target, request.body, dict(request.headers))
                raw = connection.getresponse()
                headers = {name.lower(): value for name, value in raw.getheaders()}
                response = Response(status=raw.status, headers=headers, body=raw.read())
                errors.append(request.judge(response))
                request = _send(script, response)
            assert errors == ["", ""]
            assert request is None
        finally:
            connection.close()
            server.shutdown()
            thread.join()


def _send(script, response):
    try:
        return script.send(response)
    except StopIteration:
        return None


def test_a_request_without_templates_is_built_once(flow):
    workload = flow("- get: {url: /a}\n- get: {url: '/{{ x }}'}", config="variables: {x: fixed}")
    first, second = (workload.scenarios[0].start(seed) for seed in (1, 2))
    assert next(first) is next(second)
    assert first.send(Response(status=200, headers={}, body=b"")).target == "/fixed"


def test_think_in_seconds_and_with_units(flow, walk):
    written = ["2", "0.5", "'3'", "250ms", "2 min", "1 second", "5 msecs", "1hr"]
    done = walk(flow("".join(f"- think: {pause}\n" for pause in written) + "- get: {url: /}"))
    assert [pause_ns / 1e9 for pause_ns in done.thinks] == [2, 0.5, 3, 0.25, 120, 1, 0.005, 3600]


def test_log_steps_send_nothing_and_are_noted(flow, walk):
    workload = flow("- log: hello {{ x }}\n- get: {url: /}")
    assert len(walk(workload).requests) == 1
    assert "log steps print nothing while perfgate measures (1 in this file)" in workload.notes


def test_names_weights_and_endpoints(read):
    workload = read("""
        scenarios:
          - name: browse
            weight: 3
            flow:
              - get: {url: /items, name: list}
              - get: {url: "/items/{{ $randomNumber(1, 9) }}"}
          - weight: "1"
            flow:
              - get: {url: /other, name: list}
    """)
    assert workload.endpoints == ("list", "GET /items/{{ $randomNumber(1, 9) }}")
    browse, other = workload.scenarios
    assert (browse.name, browse.weight, browse.endpoints) == ("browse", 3.0, frozenset({0, 1}))
    assert (other.name, other.weight, other.endpoints) == ("scenario 2", 1.0, frozenset({0}))


def test_headers_defaults_and_own(flow, walk):
    config = "http: {timeout: 2.5, defaults: {headers: {X-A: 1, Accept: text/plain}}}"
    request = walk(flow("- get: {url: /, headers: {x-a: two, User-Agent: mine}}", config=config)).requests[0]
    assert dict(request.headers) == {"x-a": "two", "accept": "text/plain", "user-agent": "mine"}
    assert request.timeout_ns == 2_500_000_000


def test_query_form_and_body(flow, walk):
    steps = """
        - get:
            url: /search?old=1#top
            qs: {q: "a b&c", n: 5, many: [x, "{{ v }}"]}
        - post: {url: /form, form: {name: "é x", n: 1, on: true}}
        - put: {url: /raw, body: '{"a": {{ v }}}'}
        - post: {url: /list, json: [1.0, 1.5, null, "{{ v }}", "v={{ v }}"]}
    """
    search, form, raw, listed = walk(flow(steps, config="variables: {v: 7}")).requests
    assert search.target == "/search?q=a+b%26c&n=5&many=x&many=7"
    assert form.body == b"name=%C3%A9+x&n=1&on=true"
    assert ("content-type", "application/x-www-form-urlencoded") in form.headers
    assert raw.body == b'{"a": 7}'
    assert "content-type" not in dict(raw.headers)
    assert listed.body == b'[1,1.5,null,7,"v=7"]'


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/a", "/v1/a"),
        ("{{ target }}/a", "/v1/a"),
        ("{{target}}?x=1", "/v1?x=1"),
        ("http://Shop.test:8080/b?c=d", "/b?c=d"),
        ("http://shop.test:8080", "/"),
        ("/a b/é?q=%20#frag", "/v1/a%20b/%C3%A9?q=%20"),
    ],
)
def test_urls_belong_to_the_target(flow, walk, url, path):
    workload = flow(f"- get: {{url: '{url}'}}", config="target: http://shop.test:8080/v1/")
    assert walk(workload).requests[0].target == path


def test_a_url_known_only_at_run_time(flow, walk, answer):
    workload = flow(
        "- get: {url: /, capture: {json: $.next, as: next}}\n- get: {url: '{{ next }}'}",
        config="target: http://shop.test",
    )
    inside = walk(workload, answer(body='{"next": "http://shop.test/page/2"}'))
    assert (inside.requests[1].target, inside.errors[1]) == ("/page/2", "")
    outside = walk(workload, answer(body='{"next": "http://evil.test/x"}'))
    assert (outside.requests[1].target, outside.errors[1]) == ("/", "url outside the target")


def test_the_same_seed_sends_the_same_requests(flow, walk, answer):
    workload = flow(
        """
        - get: {url: '/{{ city }}/{{ $randomString(8) }}/{{ $randomNumber(1, 1000) }}/{{ $uuid }}'}
        - get: {url: '/again/{{ $uuid }}/{{ city }}'}
        """,
        config="variables: {city: [a, b, c, d, e]}",
    )
    sent = [[request.target for request in walk(workload, seed=seed).requests] for seed in (5, 5, 6)]
    assert sent[0] == sent[1] != sent[2]
    first, again = (target.split("/") for target in sent[0])
    assert first[4] == again[2], "one UUID a pass"
    assert first[1] == again[3], "one element of a list a pass"
    cities = {walk(workload, seed=seed).requests[0].target.split("/")[1] for seed in range(60)}
    assert cities == set("abcde")


def test_a_pass_cut_short_does_not_shift_the_next_one(flow, answer):
    workload = flow("- get: {url: '/{{ $randomString() }}'}\n- get: {url: '/{{ $randomString() }}'}")

    def second_pass(cut_short: bool) -> str:
        rng = random.Random(3)
        script = workload.scenarios[0].start(rng.getrandbits(64))
        next(script)
        if not cut_short:
            script.send(answer())
        return next(workload.scenarios[0].start(rng.getrandbits(64))).target

    assert second_pass(True) == second_pass(False)


def test_redirects_are_followed_unless_told_otherwise(flow, walk, answer):
    assert walk(flow("- get: {url: /}")).requests[0].redirects == 10
    assert walk(flow("- get: {url: /, followRedirect: true}")).requests[0].redirects == 10
    kept = walk(flow("- get: {url: /, followRedirect: false, expect: {statusCode: 302}}"), answer(302))
    assert (kept.requests[0].redirects, kept.errors) == (0, [""])
    # What the driver did not follow is judged like any other answer.
    assert walk(flow("- get: {url: /, followRedirect: false}"), answer(302)).errors == [""]
    assert walk(flow("- get: {url: /, expect: {statusCode: [200, 302]}}"), answer(200)).errors == [""]


def test_certificates_are_verified_unless_told_otherwise(flow):
    assert not flow("- get: {url: /}").insecure
    assert not flow("- get: {url: /}", config="tls: {rejectUnauthorized: true}").insecure
    assert flow("- get: {url: /}", config="tls: {rejectUnauthorized: false}").insecure


def test_scenarios_may_be_shared_by_threads(read, walk, answer):
    workload = read(API)
    failures = []

    def passes(token: str) -> None:
        for _ in range(300):
            done = walk(workload, answer(body=f'{{"access_token": "{token}", "results": 1}}'))
            if ("authorization", f"Bearer {token}") not in done.requests[1].headers or any(done.errors):
                failures.append(done)

    threads = [threading.Thread(target=passes, args=(f"t{index}",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_thinks_are_model_thinks(flow):
    assert isinstance(next(flow("- think: 1\n- get: {url: /}").scenarios[0].start(1)), Think)
