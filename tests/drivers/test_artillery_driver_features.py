"""Every row of the table of features, on the real Artillery against a real service."""

import json
from typing import Any

import pytest
from artillery_driver_features import ARTILLERY_DRIVER_FEATURES, ArtilleryFeature
from artillery_service import NEEDS_ARTILLERY, run_artillery
from k6_service import Service, endpoints, serving
from ruamel.yaml import YAML

from perfgate.errors import UsageError

pytestmark = NEEDS_ARTILLERY


def named(row: ArtilleryFeature) -> str:
    return row.feature


def rows(*, refused: bool) -> list[ArtilleryFeature]:
    return [row for row in ARTILLERY_DRIVER_FEATURES if (row.treatment == "refused") == refused]


def flow_of(row: ArtilleryFeature) -> list[Any] | None:
    """The steps of a row that needs nothing else: such rows share one run, as Artillery starts slowly."""
    script = YAML(typ="safe").load(row.script)
    alone = row.files or row.message or len(script["config"]) > 1 or "before" in script
    return None if alone else script["scenarios"][0]["flow"]


PLAIN = [row for row in rows(refused=False) if flow_of(row)]


def test_what_needs_no_settings_is_redirected_and_measured(tmp_path):
    flow = [step for row in PLAIN for step in flow_of(row) or ()]
    script = {"config": {"target": "https://api.example.com"}, "scenarios": [{"flow": flow}]}
    service = Service()
    with serving(service):
        run = run_artillery(tmp_path, json.dumps(script), service.url)
    assert sorted(endpoints(run)) == sorted(name for row in PLAIN for name in row.endpoints)
    assert len(service.asked) == len(endpoints(run))
    assert run.report.errors == {}


@pytest.mark.parametrize("row", [row for row in rows(refused=False) if row not in PLAIN], ids=named)
def test_what_runs_is_redirected_and_measured(row, tmp_path):
    for name, text in row.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    service = Service()
    with serving(service):
        run = run_artillery(
            tmp_path,
            row.script,
            service.url,
            environ={"ARTILLERY_PLUGIN_PATH": str(tmp_path / "node_modules")},
        )
    assert sorted(endpoints(run)) == sorted(row.endpoints)
    assert len(service.asked) >= len(row.endpoints)
    assert (run.samples.status > 0).all()
    assert (run.samples.last_ns > run.samples.sent_ns).all()
    assert run.report.errors == {}
    assert run.report.exit_code == 0
    assert row.message in "\n".join(run.report.notes)


@pytest.mark.parametrize("row", rows(refused=True), ids=named)
def test_what_cannot_run_is_refused_by_name_before_anything_is_sent(row, tmp_path):
    with pytest.raises(UsageError) as refusal:
        run_artillery(tmp_path, row.script, "http://127.0.0.1:1")
    assert row.message in refusal.value.message
    assert "script.yml:" in refusal.value.message
    assert refusal.value.hint
