"""Functions of a processor: what they are given, what they may change, and what becomes of their errors."""

import textwrap

import pytest

FUNCTIONS = """
def login(context, events):
    context.vars["user"] = "ann"
    events.emit("counter", "logins", 1)

def broken(context, events):
    raise KeyError("gone")

def sign(request, context, events):
    request["headers"]["x-signature"] = f"{request['method']} {request['url']}"
    request["json"] = {"by": "{{ user }}", "was": request.get("json")}

def name_user(request, context, events):
    context.vars["user"] = "bob"

def unusable(request, context, events):
    request["url"] = "http://elsewhere.test/"

def stash(request, context, events):
    request["_began"] = 1

def option(request, context, events):
    request["retry"] = 5

def keep(request, response, context, events):
    context.vars["code"] = response.status_code
    context.vars["etag"] = response.headers["etag"]
    context.vars["body"] = response.body

def reject(request, response, context, events):
    raise ValueError(response.json()["why"])

def again(context):
    context.vars["turns"] = context.vars.get("turns", 0) + 1
    return context.vars["turns"] < 3

def ask_back(context, next):
    context.vars["turns"] = context.vars.get("turns", 0) + 1
    next(context.vars["turns"] < 2)

def aim(context, events):
    context.vars["where"] = context.vars["target"]

def no(context):
    return False

class Complaint(Exception):
    pass

def complain(error, request, context, events):
    assert request["url"] == "http://shop.test/api/a"
    raise type(error, (Exception,), {})

def ported(context, events, done):
    done("it went wrong")

def metric(context, events):
    events.emit("gauge", "x", 1)
"""


@pytest.fixture
def with_functions(tmp_path, read):
    (tmp_path / "helpers.py").write_text(FUNCTIONS)

    def make(steps, scenario="", config=""):
        flow = textwrap.indent(textwrap.dedent(steps).strip("\n"), "      ")
        return read(
            f"config: {{processor: ./helpers.js, target: 'http://shop.test/api'{config}}}\n"
            f"scenarios:\n  - flow:\n{flow}\n{textwrap.indent(scenario, '    ')}\n"
        )

    return make


def test_a_function_sets_variables(with_functions, walk):
    assert walk(with_functions("- function: login\n- get: {url: '/{{ user }}'}")).targets == ["/api/ann"]
    before = with_functions("- get: {url: '/{{ user }}'}", scenario="beforeScenario: login")
    assert walk(before).targets == ["/api/ann"]


@pytest.mark.parametrize("place", ["- function: broken\n- get: {url: /}", "- get: {url: /}"])
def test_an_exception_ends_the_pass_with_an_error_of_its_own(with_functions, walk, place):
    scenario = "" if "function" in place else "beforeScenario: [login, broken]"
    done = walk(with_functions(place, scenario=scenario))
    assert (done.failures, done.requests) == (["processor broken: KeyError"], [])


def test_a_request_is_changed_before_it_is_sent(with_functions, walk):
    request = "{url: '/{{ user }}', headers: {X-Signature: none}, json: {a: 1}, beforeRequest: sign}"
    steps = f"- function: login\n- post: {request}"
    [request] = walk(with_functions(steps)).requests
    assert request.target == "/api/ann"
    assert dict(request.headers)["x-signature"] == "POST http://shop.test/api/{{ user }}".replace(
        "{{ user }}", "ann"
    )
    assert request.body == b'{"by":"ann","was":{"a":1}}'


def test_variables_set_before_a_request_are_for_that_request(with_functions, walk):
    assert walk(with_functions("- get: {url: '/{{ user }}', beforeRequest: name_user}")).targets == [
        "/api/bob"
    ]


def test_a_key_that_means_nothing_may_be_kept_on_a_request(with_functions, walk):
    assert walk(with_functions("- get: {url: /a, beforeRequest: stash}")).targets == ["/api/a"]


@pytest.mark.parametrize(
    ("function", "error"),
    [
        ("unusable", "the url leads away from the target"),
        ("option", "the request's 'retry' is not supported"),
    ],
)
def test_a_request_made_unusable_is_not_sent(with_functions, walk, function, error):
    done = walk(with_functions(f"- get: {{url: /a, beforeRequest: {function}}}"))
    assert not done.requests
    assert done.failures[0].startswith(f"processor {function}: {error}")


def test_an_answer_is_seen_and_kept(with_functions, walk, answer):
    steps = "- get: {url: /a, afterResponse: keep}\n- get: {url: '/{{ code }}/{{ etag }}/{{ body }}'}"
    assert walk(with_functions(steps), answer(201, "text", etag="e")).targets[1] == "/api/201/e/text"
    for_all = with_functions("- get: {url: /a}\n- get: {url: '/{{ code }}'}", scenario="afterResponse: keep")
    assert walk(for_all, answer(201, etag="e")).targets[1] == "/api/201"


def test_an_exception_about_an_answer_is_the_request_s_error(with_functions, walk, answer):
    workload = with_functions("- get: {url: /a, afterResponse: reject}\n- get: {url: /b}")
    done = walk(workload, answer(body='{"why": "so"}'))
    assert (done.errors, done.targets) == (["processor reject: ValueError"], ["/api/a"])


def test_loops_and_conditions_ask_functions(with_functions, walk):
    assert len(walk(with_functions("- loop: [{get: {url: /}}]\n  whileTrue: again")).requests) == 3
    assert len(walk(with_functions("- loop: [{get: {url: /}}]\n  whileTrue: ask_back")).requests) == 2
    assert walk(with_functions("- get: {url: /a, ifTrue: 'no'}\n- get: {url: /b}")).targets == ["/api/b"]


@pytest.mark.parametrize(("reply", "why"), [(None, "no answer"), ("{}", "capture t")])
def test_onerror_hears_why_the_pass_ended(with_functions, walk, answer, reply, why):
    workload = with_functions(
        "- get: {url: /a, capture: {json: $.t, as: t}, beforeRequest: stash}", scenario="onError: complain"
    )
    done = walk(workload, None if reply is None else answer(body=reply))
    assert done.failures == [f"processor complain: {why}"]


def test_a_function_ported_from_javascript_may_call_back(with_functions, walk):
    assert walk(with_functions("- function: ported\n- get: {url: /}")).failures == [
        "processor ported: called back with an error"
    ]


def test_functions_know_the_target_of_the_file(with_functions, walk):
    steps = "- function: aim\n- get: {url: /, headers: {x-where: '{{ where }}'}}"
    assert dict(walk(with_functions(steps)).requests[0].headers)["x-where"] == "http://shop.test/api"


def test_a_metric_of_an_unknown_kind_is_an_error(with_functions, walk):
    assert walk(with_functions("- function: metric\n- get: {url: /}")).failures == [
        "processor metric: ValueError"
    ]


def test_that_metrics_are_not_kept_is_noted(with_functions):
    assert any("not kept" in note for note in with_functions("- function: login\n- get: {url: /}").notes)
