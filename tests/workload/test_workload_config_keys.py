"""Every documented key of `config` is followed or refused by name, and a nonsense key beside it refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from artillery_config_features import CONFIG_FEATURES, FILES, ConfigFeature

from perfgate.errors import UsageError
from perfgate.model import Workload
from perfgate.workload.artillery import read_workload
from perfgate.yamlfile import parse_yaml

BY_NAME = [pytest.param(row, id=row.feature) for row in CONFIG_FEATURES]
PLACE = re.compile(r"(?P<file>.*load\.yml):(?P<line>\d+):(?P<column>\d+): (?P<what>.+)")


def read(folder: Path, config: dict[str, Any]) -> Workload:
    """The smallest file with this `config`, written so that every value has a line of its own."""
    for name, content in FILES.items():
        (folder / name).write_text(content)
    path = folder / "load.yml"
    document = {"config": config, "scenarios": [{"flow": [{"get": {"url": "/items"}}]}]}
    path.write_text(json.dumps(document, indent=1))
    return read_workload(path, environ={})


def config_of(row: ConfigFeature) -> dict[str, Any]:
    return parse_yaml(Path("snippet"), row.snippet.encode()).data


def refusal(folder: Path, config: dict[str, Any]) -> re.Match[str]:
    with pytest.raises(UsageError) as caught:
        read(folder, config)
    assert caught.value.hint
    place = PLACE.fullmatch(caught.value.message)
    assert place, caught.value.message
    assert int(place["line"]) > 1
    return place


@pytest.mark.parametrize("row", BY_NAME)
def test_a_documented_key(tmp_path, row):
    if row.expectation == "native":
        assert read(tmp_path, config_of(row)).scenarios
    else:
        assert str(row.way[-1]) in refusal(tmp_path, config_of(row))["what"]


@pytest.mark.parametrize("row", BY_NAME)
def test_a_nonsense_neighbour(tmp_path, row):
    config = config_of(row)
    beside: Any = config
    for step in row.way[:-1]:
        beside = beside[step]
    nonsense = f"{row.way[-1]}x"
    if row.expectation == "refused":
        del beside[row.way[-1]]
    beside[nonsense] = 1
    assert repr(nonsense) in refusal(tmp_path, config)["what"]


def test_the_table_has_every_key_once():
    names = [row.feature for row in CONFIG_FEATURES]
    assert sorted(names) == sorted(set(names))
