"""Captures and expectations: what an answer is called when it is not what was asked for."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.model import Response


def judged(flow, walk, checks: str, response: Response) -> str:
    return walk(flow(f"- get: {{url: /, {checks}}}"), response).errors[0]


@pytest.mark.parametrize(
    ("expect", "good", "bad"),
    [
        ("statusCode: 404", (404, ""), (200, "")),
        ("statusCode: [200, '201']", (201, ""), (202, "")),
        ("notStatusCode: 500", (404, ""), (500, "")),
        ("hasProperty: 'a.b[0].c'", (200, '{"a": {"b": [{"c": null}]}}'), (200, '{"a": {"b": []}}')),
        ("hasProperty: x.y", (200, '{"x.y": 1}'), (200, '{"x": 1}')),
        ("notHasProperty: error", (200, "{}"), (200, '{"error": 1}')),
        ("matchesRegexp: '^ok \\d+$'", (200, "ok 12"), (200, "not ok")),
        ("equals: [a, a]", (200, ""), None),
        ("equals: [a, b]", None, (200, "")),
    ],
)
def test_expectations(flow, walk, answer, expect, good, bad):
    kind = expect.partition(":")[0]
    if good:
        assert judged(flow, walk, f"expect: {{{expect}}}", answer(*good)) == ""
    if bad:
        assert judged(flow, walk, f"expect: {{{expect}}}", answer(*bad)) == f"expect {kind}"


def test_header_expectations(flow, walk, answer):
    assert judged(flow, walk, "expect: {hasHeader: ETag}", answer(etag="x")) == ""
    assert judged(flow, walk, "expect: {hasHeader: ETag}", answer()) == "expect hasHeader"
    assert judged(flow, walk, "expect: {headerEquals: [ETag, x]}", answer(etag="x")) == ""
    assert judged(flow, walk, "expect: {headerEquals: [ETag, x]}", answer(etag="y")) == "expect headerEquals"
    json_answer = answer(200, "{}", content_type="application/json; charset=utf-8")
    assert judged(flow, walk, "expect: {contentType: json}", json_answer) == ""
    assert judged(flow, walk, "expect: {contentType: json}", answer(200, "{}")) == "expect contentType"
    assert judged(flow, walk, "expect: {contentType: text/HTML}", answer(content_type="text/html")) == ""


def test_statuses_without_an_expectation(flow, walk, answer):
    assert judged(flow, walk, "name: x", answer(503)) == "status 503"
    assert judged(flow, walk, "expect: {hasHeader: a}", answer(404, a="1")) == "status 404"
    assert judged(flow, walk, "name: x", answer(204)) == ""


def test_every_key_of_every_item_counts_and_statuses_come_first(flow, walk, answer):
    checks = "expect: [{hasProperty: a, hasHeader: b}, {statusCode: 200}]"
    assert judged(flow, walk, checks, answer(200, '{"a": 1}')) == "expect hasHeader"
    assert judged(flow, walk, checks, answer(500, "")) == "expect statusCode"


def test_the_status_comes_before_a_failed_capture(flow, walk, answer):
    assert judged(flow, walk, "capture: {json: $.a, as: a}", answer(500, "oops")) == "status 500"


def test_equals_sees_what_the_same_answer_was_captured_as(flow, walk, answer):
    steps = """
        - get:
            url: /
            capture: {json: $.id, as: id}
            expect: {equals: ["{{ id }}", "{{ wanted }}"]}
    """
    workload = flow(steps, config="variables: {wanted: '5'}")
    assert walk(workload, answer(200, '{"id": 5}')).errors == [""]
    assert walk(workload, answer(200, '{"id": 6}')).errors == ["expect equals"]


def test_plugin_options_change_what_failure_means(flow, walk, answer):
    steps = "- get: {url: /, expect: {hasHeader: x}}\n- get: {url: /2}"
    assert len(walk(flow(steps), answer()).requests) == 2
    strict = "plugins: {expect: {reportFailuresAsErrors: true, expectDefault200: true}}"
    assert len(walk(flow(steps, config=strict), answer()).requests) == 1
    assert walk(flow("- get: {url: /}", config=strict), answer(201)).errors == ["expect statusCode"]
    printing = flow(steps, config="plugins: {expect: {outputFormat: json}}")
    assert "outputFormat" in printing.notes[0]


@pytest.mark.parametrize(
    ("capture", "response", "value"),
    [
        ("json: '$.items[0].id'", {"body": '{"items": [{"id": 7}]}'}, "7"),
        ("json: $.a", {"body": '{"a": {"b": [1, 2.0]}}'}, "%7B%22b%22:[1,2]%7D"),
        ("json: $.a", {"body": '{"a": false}'}, "false"),
        ("json: $.a", {"body": '{"a": null}'}, "null"),
        ("json: $.a", {"body": '\ufeff{"a": "é"}'}, "%C3%A9"),
        ("json: $.a", {"body": '{"a": "\\ud800"}'}, "%EF%BF%BD"),
        ("header: Location", {"location": "/x/9"}, "/x/9"),
        ("regexp: 'id=(\\d+)', group: 1", {"body": "id=31;"}, "31"),
        ("regexp: 'id=(?<n>\\d+)', group: n", {"body": "id=31;"}, "31"),
        ("regexp: 'ID=\\d+', flags: i", {"body": "id=31;"}, "id=31"),
    ],
)
def test_captures(flow, walk, answer, capture, response, value):
    workload = flow(f"- get: {{url: /, capture: {{{capture}, as: it}}}}\n- get: {{url: '/v/{{{{ it }}}}'}}")
    done = walk(workload, answer(**response))
    assert done.requests[1].target == f"/v/{value}"
    assert done.errors == ["", ""]


@pytest.mark.parametrize("body", ['{"a": ""}', "{}", "null", "not json", '{"a": NaN}'])
def test_captures_that_find_nothing(flow, walk, answer, body):
    done = walk(flow("- get: {url: /, capture: {json: $.a, as: it}}\n- get: {url: /}"), answer(200, body))
    assert done.errors == ["capture it"]


def test_a_captured_value_keeps_its_type_in_json(flow, walk, answer):
    steps = """
        - get: {url: /, capture: [{json: $.n, as: n}, {json: $.o, as: o}]}
        - post: {url: /, json: {n: "{{ n }}", text: "n={{ n }}", deep: "{{ o.a[0]['b c'] }}", o: "{{ o }}"}}
    """
    done = walk(flow(steps), answer(200, '{"n": 5, "o": {"a": [{"b c": true}]}}'))
    assert done.requests[1].body == b'{"n":5,"text":"n=5","deep":true,"o":{"a":[{"b c":true}]}}'


def test_one_of_several_matches_is_picked_from_the_seed(flow, walk, answer):
    workload = flow("- get: {url: /, capture: {json: '$.ids[*]', as: id}}\n- get: {url: '/{{ id }}'}")
    body = answer(200, '{"ids": [1, 2, 3]}')
    picked = [walk(workload, body, seed=seed).requests[1].target for seed in range(40)]
    assert set(picked) == {"/1", "/2", "/3"}
    assert picked == [walk(workload, body, seed=seed).requests[1].target for seed in range(40)]


def test_a_lenient_capture_that_fails_leaves_the_variable_undefined(flow, walk, answer):
    steps = """
        - get: {url: /, capture: {json: $.a, as: a, strict: false}}
        - get: {url: '/x/{{ a }}'}
        - get: {url: /}
    """
    done = walk(flow(steps), answer(200, "{}"))
    assert done.requests[1].target == "/x/"
    assert done.errors == ["", "undefined variable a", ""]
    lenient = "http: {defaults: {strictCapture: false}}"
    assert (
        len(walk(flow(steps.replace(", strict: false", ""), config=lenient), answer(200, "{}")).requests) == 3
    )


def test_a_field_that_an_answer_lacks_is_an_undefined_variable(flow, walk, answer):
    workload = flow("- get: {url: /, capture: {json: $.o, as: o}}\n- get: {url: '/{{ o.id }}'}")
    assert walk(workload, answer(200, '{"o": {}}')).errors[1] == "undefined variable o.id"


def test_a_captured_line_break_cannot_add_a_header(flow, walk, answer):
    steps = "- get: {url: /, capture: {json: $.t, as: t}}\n- get: {url: '/{{ t }}', headers: {x: '{{ t }}'}}"
    done = walk(flow(steps), answer(200, '{"t": "a\\r\\nHost: evil"}'))
    assert done.requests[1].target == "/a%0D%0AHost:%20evil"
    assert dict(done.requests[1].headers)["x"] == "a??Host: evil"
    assert done.errors[1] == "unsendable header x"


def test_compressed_bodies_are_read_and_bombs_are_not(flow, walk, answer):
    checks = "expect: {hasProperty: a}"
    body = gzip.compress(b'{"a": 1}')
    assert judged(flow, walk, checks, answer(200, body, content_encoding="gzip")) == ""
    assert judged(flow, walk, checks, answer(200, body[:-9], content_encoding="gzip")) == "expect hasProperty"
    bomb = gzip.compress(b'{"a": 1' + b" " * (65 << 20) + b"}", compresslevel=1)
    assert judged(flow, walk, checks, answer(200, bomb, content_encoding="gzip")) == "expect hasProperty"


EVERYTHING = """
    - get:
        url: /
        capture:
          - {json: "$..id", as: a, strict: false}
          - {json: "$.items[?@.n > 1].id", as: b, strict: false}
          - {regexp: "(x+)", as: c, group: 1, strict: false}
          - {header: location, as: d, strict: false}
        expect:
          - hasProperty: a.b
          - notHasProperty: c[3]
          - contentType: json
          - matchesRegexp: "^.$"
          - equals: ["{{ a }}", "{{ b }}"]
    - post: {url: "/{{ a }}?{{ b }}", headers: {x: "{{ c }}"}, json: {a: "{{ a }}", d: "{{ d }}"}}
"""
HOSTILE = [
    b"[" * 100_000,
    b'{"id":' * 600 + b"1" + b"}" * 600,
    b'{"id": ' + b"[" * 400 + b"]" * 400 + b"}",
    b'{"id": ' + b"9" * 5000 + b"}",
    b'{"id": 1e999}',
    b'{"id": NaN}',
    b'{"id": "\\ud800\\r\\n\\u0000"}',
    b"\xff\xfe{\x00}\x00",
    b"",
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bodies_are_error_classes(flow, walk, answer, body):
    done = walk(flow(EVERYTHING), answer(200, body, content_type="application/json", location="/\x00\u20ac"))
    assert len(done.requests) == 2
    assert done.errors[0].startswith("expect ")
    assert all("\n" not in value for _, value in done.requests[1].headers)


@given(
    body=st.binary(max_size=80) | st.text('{}[]":,0aid \\u', max_size=60).map(str.encode),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "content-encoding", "location"]),
        st.sampled_from(["application/json", "gzip", "deflate", "\r\n", "é"]),
    ),
    status=st.integers(100, 599),
)
def test_no_answer_makes_a_judge_raise(everything, body, headers, status):
    script = everything.scenarios[0].start(1)
    response = Response(status=status, headers=headers, body=body)
    request = next(script)
    classes = {"", f"status {status}", "expect hasProperty", "expect notHasProperty"}
    classes |= {"expect contentType", "expect matchesRegexp", "expect equals"}
    assert request.judge(response) in classes
    sent = script.send(response)
    assert sent.target.isascii()
    assert sent.target.isprintable()
    assert isinstance(sent.judge(response), str)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    import textwrap

    from perfgate.workload.artillery import read_workload

    path = tmp_path_factory.mktemp("workload") / "load.yml"
    path.write_text(
        "scenarios:\n  - flow:\n" + textwrap.indent(textwrap.dedent(EVERYTHING).strip("\n"), " " * 6)
    )
    return read_workload(path)


def test_a_variable_keeps_its_first_value_until_it_is_captured(flow, walk, answer):
    steps = """
        - get: {url: '/{{ a }}', capture: {json: $.a, as: a}}
        - get: {url: '/{{ a }}', capture: {json: $.b, as: a, strict: false}}
        - get: {url: '/{{ a }}'}
    """
    done = walk(flow(steps, config="variables: {a: first}"), answer(200, '{"a": "second"}'))
    assert [request.target for request in done.requests] == ["/first", "/second", "/"]
    assert done.errors == ["", "", "undefined variable a"]


def test_an_undefined_variable_in_an_expectation(flow, walk, answer):
    steps = """
        - get:
            url: /
            capture: {json: $.a, as: a, strict: false}
            expect: {equals: ["{{ a }}", ""]}
        - get: {url: /fine}
    """
    assert walk(flow(steps), answer(200, "{}")).errors == ["undefined variable a", ""]
