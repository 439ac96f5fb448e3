"""Answers are decoded and searched as their formats say, and examined once."""

import contextlib
import gzip
import json
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpath import JSONPathEnvironment

from perfgate.model import Response
from perfgate.workload import inflate
from perfgate.workload.checks import Checks, SharedJudge
from perfgate.workload.inflate import inflated
from perfgate.workload.jsonpath import _plain_steps, compile_jsonpath
from perfgate.workload.scope import Scope


def bare_deflate(data):
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


CODINGS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress}


@given(st.binary(), st.lists(st.sampled_from([*CODINGS, "identity"]), max_size=3), st.booleans())
def test_codings_are_undone_in_reverse(data, codings, loud):
    body = data
    for coding in codings:
        body = CODINGS.get(coding, bytes)(body)
    written = ", ".join(codings)
    assert inflated(body, written.upper() if loud else written) == data


@given(st.binary(min_size=1))
def test_deflate_may_be_bare(data):
    assert inflated(bare_deflate(data), "deflate") == data


@given(st.binary(max_size=60), st.lists(st.sampled_from([*CODINGS, "zstd", "", "compress"]), max_size=6))
def test_any_body_is_read_or_refused(body, codings):
    with contextlib.suppress(ValueError, zlib.error):
        inflated(body, ",".join(codings))


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_cut_short_is_refused(coding):
    body = CODINGS[coding](b"some text, and more of it" * 9)
    with pytest.raises(ValueError, match="cut short"):
        inflated(body[:-3], coding)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_stops_at_the_bound(coding, monkeypatch):
    monkeypatch.setattr(inflate, "MAX_INFLATED_BYTES", 1 << 16)
    with pytest.raises(ValueError, match="too large"):
        inflated(CODINGS[coding](b" " * (1 << 20)), coding)


def test_other_codings_are_refused_by_name():
    with pytest.raises(ValueError, match="zstd"):
        inflated(b"x", "gzip, zstd")
    with pytest.raises(ValueError, match="too many"):
        inflated(b"x", "gzip, gzip, gzip, gzip, gzip")


ENVIRONMENT = JSONPathEnvironment(strict=True)
names = st.sampled_from(["a", "b", "_c", "id", "0", "a b"])
steps = st.one_of(
    st.sampled_from(["a", "b", "_c", "id"]).map(lambda name: f".{name}"),
    names.map(lambda name: f"['{name}']"),
    names.map(lambda name: f'["{name}"]'),
    st.integers(-3, 3).map(lambda index: f"[{index}]"),
)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab0", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(steps, max_size=4).map("".join), documents)
def test_plain_paths_find_what_the_library_finds(path, document):
    assert _plain_steps(f"${path}") is not None
    assert compile_jsonpath(f"${path}").find_all(document) == ENVIRONMENT.compile(f"${path}").findall(
        document
    )


@pytest.mark.parametrize("path", ["$..a", "$.*", "$[*]", "$[?@.a]", "$[0,1]", "$[0:2]", "$.é", "$['a\\'b']"])
def test_other_paths_are_left_to_the_library(path):
    assert _plain_steps(path) is None
    document = {"a": [1, {"a": 2}], "é": 3, "a'b": 4}
    assert compile_jsonpath(path).find_all(document) == ENVIRONMENT.compile(path).findall(document)


def test_an_answer_is_read_once_by_judge_and_script(flow, monkeypatch):
    workload = flow(
        "- get: {url: /, capture: {json: $.id, as: id}, expect: {hasProperty: id}}\n- get: {url: '/{{ id }}'}"
    )
    read = []
    real = json.loads
    monkeypatch.setattr("perfgate.workload.seen._read_json", lambda text: read.append(text) or real(text))
    # As in a couple: both sides are judged before either script goes on.
    scripts = [workload.scenarios[0].start(1) for _ in range(2)]
    requests = [next(script) for script in scripts]
    answers = [Response(200, {}, b'{"id": 1}'), Response(200, {}, b'{"id": 2}')]
    assert [request.judge(answer) for request, answer in zip(requests, answers, strict=True)] == ["", ""]
    sent = [script.send(answer).target for script, answer in zip(scripts, answers, strict=True)]
    assert sent == ["/1", "/2"]
    assert len(read) == 2


def test_answers_nobody_asks_about_again_are_forgotten():
    judge = SharedJudge(Checks(stop_on_failure=True))
    for _ in range(1000):
        judge(Response(200, {}, b""))
    assert len(judge._kept) <= 256


def test_a_generator_is_made_only_when_something_draws():
    scope = Scope({}, 5)
    assert scope.pick([1]) == 1
    assert scope._rng is None
    assert scope.pick([1, 2]) in (1, 2)
    assert scope._rng is not None
