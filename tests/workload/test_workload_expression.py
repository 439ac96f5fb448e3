"""The language of conditions: what Artillery's own evaluator says of the same text."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.workload.expression import ExpressionError, parse_expression


@pytest.mark.parametrize(
    ("text", "values", "result"),
    [
        ("1 + 2 * 3 ^ 2 - 1", {}, 18),
        ("2 ^ 3 ^ 2", {}, 64),
        ("7 % 4 + -2", {}, 1),
        ("(1 + 2) * 3", {}, 9),
        ("a.b < 10", {"a.b": 9}, True),
        ("a >= 2 and b != 3", {"a": 2, "b": 4}, True),
        ("a or b and c", {"a": 1, "b": 0, "c": 0}, True),
        ("not a < 1", {"a": 1}, True),
        ("not (a < 1)", {"a": 0}, False),
        ("x in (1, 2, 3)", {"x": 2}, True),
        ("x not in (1, 2)", {"x": 2}, False),
        ("a ? 1 : b ? 2 : 3", {"a": 0, "b": 1}, 2),
        ("max(1, x, 2) + min(4, x)", {"x": 3}, 6),
        ("round(2.5) + floor(2.5) + ceil(2.1) + abs(-1)", {}, 9),
        ("'http.x-y' == 3", {"http.x-y": 3}, True),
        ('name == "ann"', {"name": "ann"}, True),
        ("n < 10", {"n": "9"}, True),
        ('"10" < "9"', {}, True),
        ("gone < 1 or gone >= 1", {}, False),
        ("1 / 0 > 5", {}, True),
        ("android and order", {"android": 1, "order": 1}, True),
    ],
)
def test_values(text, values, result):
    found = parse_expression(text).evaluate(values)
    assert found == pytest.approx(result)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the end"),
        ("1 +", "the end"),
        ("a b", "'b' is not expected"),
        ("a = 1", "cannot be read"),
        ("(1", "')' is missing"),
        ("()", "not expected"),
        ("eval(1)", "no function 'eval'"),
        ("max()", "given nothing"),
        ("12ab < 1", "cannot be read"),
        ("a; b", "cannot be read"),
        ("__import__('os')", "no function"),
        ("(" * 5000, "nested too deeply"),
        ("-" * 5000 + "1", "nested too deeply"),
    ],
)
def test_refused(text, what):
    with pytest.raises(ExpressionError, match=what.replace("(", r"\(").replace(")", r"\)")):
        parse_expression(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ExpressionError):
        expression = parse_expression(text)
        assert expression.holds(dict.fromkeys(expression.names, 1.0)) in {True, False}


_numbers = st.integers(0, 99).map(str)
_sums = st.recursive(
    _numbers,
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
        lambda parts: f"({' '.join(parts)})"
    ),
    max_leaves=12,
)


@given(_sums)
def test_arithmetic_is_that_of_python(text):
    found = parse_expression(text).evaluate({})
    assert math.isclose(found, eval(text))
