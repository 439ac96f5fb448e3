"""Whatever stands in a workload file, it loads or is refused; and its digest follows its meaning."""

import contextlib
import copy
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfgate.errors import UsageError
from perfgate.model import Workload
from perfgate.workload.artillery import read_workload

SAMPLE = {
    "config": {
        "target": "http://shop.test/api",
        "phases": [{"duration": 60, "arrivalRate": 10, "name": "warm"}],
        "variables": {"city": ["a", "b"], "n": 5, "o": {"k": [1]}},
        "plugins": {"expect": {"expectDefault200": True}},
        "tls": {"rejectUnauthorized": False},
        "http": {"timeout": 5, "defaults": {"headers": {"x": "{{ n }}"}, "strictCapture": True}},
    },
    "scenarios": [
        {
            "name": "s",
            "weight": 2,
            "flow": [
                {
                    "post": {
                        "url": "/t/{{ city }}",
                        "json": {"a": ["{{ o.k[0] }}"]},
                        "cookie": {"a": "{{ n }}"},
                        "auth": {"user": "u", "pass": "{{ city }}"},
                        "gzip": True,
                        "capture": {"json": "$.t", "as": "t"},
                    }
                },
                {"think": "500ms"},
                {"log": "hi"},
                {"put": {"url": "/f", "formData": {"a": "{{ t }}", "b": {"value": 1, "contentType": "x"}}}},
                {
                    "get": {
                        "url": "/u",
                        "qs": {"a": 1},
                        "headers": {"h": "{{ t }}"},
                        "expect": [
                            {"statusCode": [200, 404]},
                            {"hasProperty": "a.b"},
                            {"equals": ["{{ t }}", "x"]},
                        ],
                        "capture": [{"regexp": "x(.)", "as": "r", "group": 1}, {"header": "etag", "as": "e"}],
                    }
                },
            ],
        }
    ],
}
WORDS = [
    "target",
    "flow",
    "get",
    "url",
    "json",
    "capture",
    "as",
    "expect",
    "/x",
    "{{ n }}",
    "{{ t",
    "$.a",
    "500ms",
]
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64) + 1, 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(WORDS) | st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3
        )
    ),
    max_leaves=6,
)


def load(folder: Path, data: object, text: str | None = None) -> Workload:
    path = folder / "load.yml"
    path.write_text(json.dumps(data) if text is None else text, encoding="utf-8")
    return read_workload(path, environ={})


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("workload")


def places(value, keys=()):
    yield keys
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*keys, key))


ALL_PLACES = [keys for keys in places(SAMPLE) if keys]


def changed(keys, value):
    data = copy.deepcopy(SAMPLE)
    parent = data
    for key in keys[:-1]:
        parent = parent[key]
    parent[keys[-1]] = value
    return data


def without(keys):
    data = changed(keys, None)
    parent = data
    for key in keys[:-1]:
        parent = parent[key]
    del parent[keys[-1]]
    return data


def test_every_place_may_be_missing_or_hold_the_simplest_values(folder):
    damaged = [without(keys) for keys in ALL_PLACES]
    damaged += [changed(keys, value) for keys in ALL_PLACES for value in (None, {}, "{{")]
    loaded = 0
    for data in damaged:
        with contextlib.suppress(UsageError):
            loaded += bool(load(folder, data).scenarios)
    assert 0 < loaded < len(damaged)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(keys=st.sampled_from(ALL_PLACES), value=junk)
def test_any_damage_loads_or_is_refused(folder, keys, value):
    try:
        workload = load(folder, changed(keys, value))
    except UsageError as error:
        problem = error
    else:
        script = workload.scenarios[0].start(1)
        assert next(script) is not None
        return
    assert "\n" not in problem.message
    assert problem.message.startswith(f"{folder / 'load.yml'}:")


@settings(deadline=None, max_examples=60)
@given(data=st.dictionaries(st.sampled_from(["config", "scenarios", "x"]), junk, min_size=1))
def test_any_structure_loads_or_is_refused(folder, data):
    with pytest.raises(UsageError):
        load(folder, data)


def test_the_digest_ignores_comments_whitespace_order_and_host(folder):
    plain = load(folder, SAMPLE)
    assert (
        load(folder, None, text="# a comment\n" + json.dumps(SAMPLE, indent=3, sort_keys=True)).digest
        == plain.digest
    )
    moved = load(folder, changed(("config", "target"), "https://other.test:8443/api"))
    assert moved.digest == plain.digest
    assert load(folder, changed(("config", "target"), "http://shop.test/v2")).digest != plain.digest


def test_a_block_style_file_means_the_same_as_a_flow_style_one(folder):
    flow_style = load(folder, None, text="scenarios: [{flow: [{get: {url: /a, name: 'x'}}]}]").digest
    block = (
        '# first\nscenarios:\n\n  - flow:   # steps\n      - get:\n          name: x\n          url: "/a"\n'
    )
    assert load(folder, None, text=block).digest == flow_style


SEMANTIC = [
    (("config", "variables", "city"), ["a", "c"]),
    (("config", "variables", "n"), 6),
    (("config", "http", "timeout"), 6),
    (("config", "http", "defaults", "headers", "x"), "y"),
    (("config", "phases", 0, "arrivalRate"), 11),
    (("scenarios", 0, "weight"), 1),
    (("scenarios", 0, "flow", 0, "post", "url"), "/t"),
    (("scenarios", 0, "flow", 0, "post", "json", "a"), []),
    (("scenarios", 0, "flow", 1, "think"), "400ms"),
    (("scenarios", 0, "flow", 4, "get", "expect", 0, "statusCode"), 200),
]


@pytest.mark.parametrize(("keys", "value"), SEMANTIC, ids=[".".join(map(str, keys)) for keys, _ in SEMANTIC])
def test_the_digest_follows_the_meaning(folder, keys, value):
    assert load(folder, changed(keys, value)).digest != load(folder, SAMPLE).digest


def test_given_variables_are_part_of_the_digest_and_the_environment_is_not(folder):
    path = folder / "load.yml"
    path.write_text("scenarios: [{flow: [{get: {url: '/{{ $env.A }}{{ v }}'}}]}]")
    one, two, three = (
        read_workload(path, variables={"v": v}, environ={"A": a}).digest
        for v, a in [("1", "x"), ("2", "x"), ("1", "y")]
    )
    assert one != two
    assert one == three
