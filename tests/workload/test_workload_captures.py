"""Where values are found in answers, what must match, and what may be expected of them."""

import pytest

ITEMS = '{"items": [{"id": 1, "a-b": "x"}, {"id": 2}], "user-id": 7, "none": "", "total": 2}'
PAGE = """<!doctype html><html><body>
<form><input name="token" value="t0"><a class="x" href="/one">1</a><a class="x" href="/two">2</a></form>
</body></html>"""
XML = '<?xml version="1.0" encoding="utf-8"?><shop><book id="b1"><title>é <i>two</i></title></book></shop>'


def captured(flow, walk, reply, capture):
    """The value of the variable, as text in the next request's path."""
    workload = flow(
        f"- get: {{url: /, capture: {{{capture}, as: v}}}}\n- get: {{url: /n, qs: {{v: '{{{{ v }}}}'}}}}"
    )
    done = walk(workload, reply)
    return done.targets[1].partition("=")[2] if len(done.targets) > 1 else done.errors[0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.items[0].id", "1"),
        ("items[1].id", "2"),
        ("$.user-id", "7"),
        ("$.items.length", "2"),
        ("$.items[?(@.id===2)].id", "2"),
        ("$.items[(@.length-1)].id", "2"),
        ("$.items.0.id", "1"),
        ("$.items[*].a-b", "x"),
        ("$..['a-b']", "x"),
        ("$.none", "capture v"),
        ("$.gone", "capture v"),
    ],
)
def test_json(flow, walk, answer, path, value):
    assert captured(flow, walk, answer(body=ITEMS), f'json: "{path}"') == value


def test_all_matches_as_a_list(flow, walk, answer):
    ids = captured(flow, walk, answer(body=ITEMS), 'json: "$.items[*].id", multiple: false')
    assert ids == "1&v=2"
    assert captured(flow, walk, answer(body=ITEMS), 'json: "$.total", multiple: false') == "2"


def test_a_path_with_a_variable(flow, walk, answer):
    workload = flow(
        "- loop:\n"
        "    - get: {url: /, capture: {json: '$.items[{{ $loopCount }}].id', as: v}}\n"
        "    - get: {url: '/{{ v }}'}\n"
        "  count: 2"
    )
    assert walk(workload, answer(body=ITEMS)).targets == ["/", "/1", "/", "/2"]


@pytest.mark.parametrize(
    ("capture", "value"),
    [
        ("selector: 'input[name=token]', attr: value", "t0"),
        ("selector: a.x, attr: href", "%2Fone"),
        ("selector: a.x, attr: href, index: 1", "%2Ftwo"),
        ("selector: a.x, attr: href, index: last", "%2Ftwo"),
        ("selector: a.x, attr: href, index: 5", "capture v"),
        ("selector: a.y, attr: href", "capture v"),
        ('xpath: "//a[2]/@href"', "%2Ftwo"),
        ("xpath: 'count(//a)'", "2"),
        ("regexp: 'VALUE=\"(?<t>\\w+)', flags: i, group: t", "t0"),
    ],
)
def test_html(flow, walk, answer, capture, value):
    pytest.importorskip("lxml.cssselect")
    assert captured(flow, walk, answer(body=PAGE, content_type="text/html"), capture) == value


def test_one_of_several_elements_at_random(flow, walk, answer):
    pytest.importorskip("lxml.cssselect")
    steps = (
        "- get: {url: /, capture: {selector: a, attr: href, index: random, as: v}}\n- get: {url: '{{ v }}'}"
    )
    workload = flow(steps)
    seen = {walk(workload, answer(body=PAGE), seed=seed).targets[1] for seed in range(20)}
    assert seen == {"/one", "/two"}


@pytest.mark.parametrize(
    ("path", "value"),
    [("//book/@id", "b1"), ("//title", "%C3%A9+two"), ("//title/i/text()", "two"), ("//none", "capture v")],
)
def test_xml(flow, walk, answer, path, value):
    pytest.importorskip("lxml")
    assert captured(flow, walk, answer(body=XML, content_type="application/xml"), f"xpath: {path}") == value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><b>&x;</b></a>', "%26x%3B"),
        ('<!DOCTYPE a [<!ENTITY x "boom"><!ENTITY y "&x;&x;&x;">]><a><b>&y;</b></a>', "%26y%3B"),
        ('<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a><b></b></a>', "capture v"),
        ("<a><b>", "capture v"),
        ("", "capture v"),
        ("\x00\xff", "capture v"),
    ],
)
def test_hostile_markup_is_not_expanded_and_fetches_nothing(flow, walk, answer, body, value):
    pytest.importorskip("lxml")
    assert captured(flow, walk, answer(body=body, content_type="text/xml"), "xpath: //b") == value


def test_lxml_is_named_where_it_is_missing(flow, monkeypatch):
    import sys

    from perfgate.errors import UsageError

    monkeypatch.setitem(sys.modules, "lxml.etree", None)
    with pytest.raises(UsageError, match="lxml, which reads XML and HTML, is not installed") as caught:
        flow("- get: {url: /, capture: {xpath: //a, as: a}}")
    assert "perfgate[html]" in caught.value.hint


@pytest.mark.parametrize(
    ("match", "error"),
    [
        ("json: $.total, value: 2", ""),
        ("json: $.total, value: '2'", "match json"),
        ("json: $.total, value: '{{ two }}'", ""),
        ("json: $.gone, value: 2", "match json"),
        ("header: etag, value: e", ""),
        ("regexp: 'total', value: total", ""),
    ],
)
def test_match(flow, walk, answer, match, error):
    workload = flow(
        f"- get: {{url: /, match: {{{match}}}}}\n- get: {{url: /end}}", config="variables: {two: 2}"
    )
    done = walk(workload, answer(body=ITEMS, etag="e"))
    assert (done.errors[0], len(done.requests)) == (error, 1 if error else 2)


def test_a_lenient_match_goes_on(flow, walk, answer):
    workload = flow("- get: {url: /, match: {json: $.a, value: 1, strict: false}}\n- get: {url: /end}")
    done = walk(workload, answer(body=ITEMS))
    assert (done.errors[0], len(done.requests)) == ("match json", 2)


@pytest.mark.parametrize(
    ("expect", "holds"),
    [
        ("cdnHit: true", True),
        ("cdnHit: false", False),
        ("jmespath: 'length(items) == `2`'", True),
        ("jmespath: 'items[?id == `5`] | [0]'", False),
        ("jpath: total", True),
        ("{jmespath: gone, description: it is there}", False),
        ("statusCode: '{{ ok }}'", True),
        ("statusCode: ['{{ bad }}', 404]", False),
        ("notStatusCode: '{{ ok }}'", False),
        ("contentType: '{{ kind }}'", True),
        ("hasProperty: '{{ field }}'", True),
        ("notHasProperty: '{{ field }}.x'", True),
        ("hasHeader: '{{ header }}'", True),
        ("headerEquals: ['{{ header }}', 'Hit from x']", True),
        ("matchesRegexp: '\"{{ field }}\": \\['", True),
        ("matchesRegexp: '{{ bad }}'", False),
    ],
)
def test_expectations(flow, walk, answer, expect, holds):
    if "jmespath" in expect or "jpath" in expect:
        pytest.importorskip("jmespath")
    config = "variables: {ok: 200, bad: '500', kind: json, field: items, header: X-Cache}"
    item = expect if expect.startswith("{") else f"{{{expect}}}"
    reply = answer(body=ITEMS, content_type="application/json", x_cache="Hit from x")
    [error] = walk(flow(f"- get: {{url: /, expect: [{item}]}}", config=config), reply).errors
    assert (error == "") == holds
    assert error in ("", f"expect {expect.strip('{').partition(':')[0]}")
