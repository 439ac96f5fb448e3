"""Templates: what `{{ … }}` becomes, and what is refused before anything is sent."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.workload.scope import Scope
from perfgate.workload.template import Names, Template, TemplateError, as_json, compile_value, resolve

LATER = Names(later=frozenset({"id", "user", "full name"}), environ={"STAGE": "ci"})


def rendered(value, values=None, names=LATER, seed=1):
    scope = Scope(dict(values or {}), seed)
    return resolve(compile_value(value, names), scope)


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{{ id }}", 7),
        ("{{id}}", 7),
        ("{{{ id }}}", 7),
        (" {{ id }}", " 7"),
        ("{{ id }}-{{ id }}", "7-7"),
        ("{{ user.tags[1] }}", "b"),
        ("{{ user['first name'] }}", "Ann"),
        ('{{ user["tags"].length }}', 2),
        ("{{ user.tags.0 }}", "a"),
        ("<{{ user.tags }}>", '<["a","b"]>'),
        ("<{{ user.none }}>", "<null>"),
        ("<{{ user.price }}>", "<2>"),
        ("<{{ user.on }}>", "<true>"),
        ("{{ full name }}", "x"),
        ("{{ $env.STAGE }}/{{ $processEnvironment.STAGE }}", "ci/ci"),
        ('{"a": {{ id }}}', '{"a": 7}'),
        ("no braces }} here", "no braces }} here"),
    ],
)
def test_variables(template, result):
    user = {"tags": ["a", "b"], "first name": "Ann", "none": None, "price": 2.0, "on": True}
    assert rendered(template, {"id": 7, "user": user, "full name": "x"}) == result


def test_what_is_known_at_load_needs_no_template_at_run_time():
    names = Names(constants={"a": {"b": 5}}, environ={"X": "y"})
    assert compile_value({"k": ["{{ a.b }}", "{{ $env.X }}-{{ a.b }}"]}, names) == {"k": [5, "y-5"]}
    assert isinstance(compile_value("{{ id }}", LATER), Template)


def test_a_rendered_value_is_never_read_as_a_template_again():
    assert rendered("{{ id }} {{ id }}", {"id": "{{ $env.STAGE }}"}) == "{{ $env.STAGE }} {{ $env.STAGE }}"


def test_random_functions_are_text_within_bounds():
    numbers = {rendered("{{ $randomNumber(3, 1) }}", seed=seed) for seed in range(60)}
    assert numbers == {"1", "2", "3"}
    assert len(rendered("{{ $randomString() }}")) == 10
    assert len(rendered("{{ $randomString(25) }}")) == 25
    assert rendered("{{ $randomString(9) }}", seed=4) == rendered("{{ $randomString(9) }}", seed=4)


def test_a_missing_value_is_named_and_rendered_empty():
    scope = Scope({"user": {}}, 1)
    assert resolve(compile_value("a{{ user.name }}b{{ id }}", LATER), scope) == "ab"
    assert scope.take_problem() == "undefined variable user.name"
    assert scope.take_problem() == ""


@pytest.mark.parametrize(
    ("template", "what"),
    [
        ("{{ idd }}", "did you mean 'id'"),
        ("{{ nothing.like.it }}", "no value here"),
        ("{{ $env.GONE }}", "not set"),
        ("{{ $env }}", "not set"),
        ("{{ $testId }}", "not supported"),
        ("{{ $environment }}", "not supported"),
        ("{{ target }}", "differs between base and head"),
        ("{{ id + 1 }}", "not a template"),
        ("{{ }}", "not a template"),
        ("{{ id", "does not begin a template"),
        ("{{ {{ id }} }}", "does not begin a template"),
        ("{{ $template(id) }}", "not supported"),
        ("{{ $randomNumber(id, 3) }}", "whole numbers"),
        ("{{ $randomNumber(3) }}", "smallest and the largest"),
        ("{{ $randomString(99999) }}", "at most"),
        ({"{{ idd }}": 1}, "did you mean 'id'"),
    ],
)
def test_refused_at_load(template, what):
    with pytest.raises(TemplateError) as caught:
        compile_value(template, LATER)
    assert what in str(caught.value)
    assert caught.value.hint


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(value=json_values)
def test_a_whole_template_gives_back_any_value(value):
    assert rendered("{{ id }}", {"id": value}) == value
    assert rendered(["{{ id }}", {"k": "{{ id }}"}], {"id": value}) == [value, {"k": value}]


@given(value=json_values)
def test_json_text_reads_back_as_the_value(value):
    assert json.loads(as_json(value)) == value


@given(
    before=st.text(st.characters(exclude_characters="{}")),
    value=st.text(),
    after=st.text(st.characters(exclude_characters="{}")),
)
def test_text_around_a_template_is_kept(before, value, after):
    assert rendered(f"{before}{{{{ id }}}}{after}x", {"id": value}) == f"{before}{value}{after}x"


@given(text=st.text("{} $id.[]'()1,abc", max_size=30))
def test_any_text_compiles_or_is_refused(text):
    try:
        compiled = compile_value(text, LATER)
    except TemplateError:
        return
    resolve(compiled, Scope({"id": 1}, 1))
