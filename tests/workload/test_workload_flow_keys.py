"""Every documented key of scenarios and requests is followed, and a key that means nothing is refused."""

import textwrap

import pytest
from artillery_flow_features import FLOW_FEATURES, PROCESSOR

from perfgate.errors import UsageError
from perfgate.workload.artillery import read_workload

NATIVE = [feature for feature in FLOW_FEATURES if feature.is_native]
REFUSED = [feature for feature in FLOW_FEATURES if not feature.is_native]


@pytest.fixture
def read_feature(tmp_path):
    (tmp_path / "helpers.py").write_text(PROCESSOR)
    (tmp_path / "data.txt").write_text("data")

    def read(text, whole):
        path = tmp_path / "load.yml"
        flow = text if whole else f"scenarios:\n  - flow:\n{textwrap.indent(text, '      ')}"
        path.write_text(f"config: {{target: 'http://shop.test', processor: ./helpers.js}}\n{flow}\n")
        return read_workload(path, environ={"W": "2"})

    return read


@pytest.mark.parametrize("feature", NATIVE, ids=lambda feature: feature.name)
def test_a_documented_key_is_followed(read_feature, feature):
    if "xpath" in feature.name or "selector" in feature.name:
        pytest.importorskip("lxml.cssselect")
    if "jmespath" in feature.name or "jpath" in feature.name:
        pytest.importorskip("jmespath")
    assert read_feature(feature.text, feature.whole).scenarios


@pytest.mark.parametrize("feature", NATIVE, ids=lambda feature: feature.name)
def test_its_nonsense_neighbour_is_refused_by_its_place(read_feature, feature):
    with pytest.raises(UsageError, match=r"load\.yml:\d+:\d+: ") as caught:
        read_feature(feature.neighbour, feature.whole)
    assert caught.value.hint


@pytest.mark.parametrize("feature", REFUSED, ids=lambda feature: feature.name)
def test_what_is_not_supported_is_refused_by_name(read_feature, feature):
    with pytest.raises(UsageError, match=r"load\.yml:\d+:\d+: ") as caught:
        read_feature(feature.text, feature.whole)
    assert feature.message in f"{caught.value.message} {caught.value.hint}"
    assert "\n" not in caught.value.message


def test_no_feature_is_listed_twice():
    names = [feature.name for feature in FLOW_FEATURES]
    assert len(names) == len(set(names))
