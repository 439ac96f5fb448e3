"""Every key of Artillery's own types is accepted or refused by name, and nonsense beside it is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from artillery_keys import CONTAINERS, HERE, OTHER_ENGINES, Container

from perfgate.errors import UsageError
from perfgate.workload.artillery import read_workload

HOOKS = """
def act(context, events): pass
def before(request, context, events): pass
def after(request, response, context, events): pass
def broken(error, request, context, events): pass
def ask(context): return False
"""
PLACE = re.compile(r".*load\.json:\d+:\d+: ")


@pytest.fixture(name="read")
def _read(tmp_path):
    (tmp_path / "users.csv").write_text("name\nann\n")
    (tmp_path / "hooks.py").write_text(HOOKS)

    def read(document: Any) -> str:
        """What is said against the file, hint and all; nothing where it is read."""
        path = Path(tmp_path / "load.json")
        path.write_text(json.dumps(document, indent=1))
        try:
            read_workload(path, environ={})
        except UsageError as error:
            refusal = error
        else:
            return ""
        assert PLACE.match(refusal.message), refusal.message
        assert refusal.hint
        return PLACE.sub("", refusal.message)

    return read


def filled(around: Any, held: dict[str, Any]) -> Any:
    if around == HERE:
        return held
    if isinstance(around, dict):
        return {key: filled(value, held) for key, value in around.items()}
    return [filled(item, held) for item in around] if isinstance(around, list) else around


KEYS = [
    pytest.param(container, key, id=f"{container.name}: {key}")
    for container in CONTAINERS
    for key in container.keys
]


def skip_without_libraries(container: Container) -> None:
    if container.name.endswith(("xpath", "selector")):
        pytest.importorskip("lxml.cssselect")


@pytest.mark.parametrize(("container", "key"), KEYS)
def test_a_documented_key_is_accepted_or_refused_by_name(read, container, key):
    skip_without_libraries(container)
    held = container.base | {key: container.keys[key]} | container.beside.get(key, {})
    if container.name == "a step":
        held = {key: container.keys[key]} | container.beside.get(key, {})
    said = read(filled(container.around, held))
    assert "unknown key" not in said
    assert not said or f"'{key}" in said


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container.name)
def test_nonsense_in_it_is_refused_by_name(read, container):
    skip_without_libraries(container)
    base = container.base or {"get": {"url": "/"}} if container.name == "a step" else container.base
    beside = container.beside.get("loop", {}) if container.name == "a loop" else {}
    assert read(filled(container.around, base | beside)) == ""
    assert "'nonsense'" in read(filled(container.around, base | beside | {"nonsense": 1}))


@pytest.mark.parametrize("scenario", OTHER_ENGINES, ids="-".join)
def test_scenarios_of_other_engines_are_refused_by_their_engine(read, scenario):
    said = read({"config": {"target": "http://shop.test"}, "scenarios": [scenario]})
    assert said == f"the engine {scenario['engine']!r} does not run here, only http"
