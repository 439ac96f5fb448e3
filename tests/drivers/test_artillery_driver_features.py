"""Every row of the table of features, on the real Artillery against a real service."""

import pytest
from artillery_driver_features import ARTILLERY_DRIVER_FEATURES, ArtilleryFeature
from artillery_service import NEEDS_ARTILLERY, run_artillery
from k6_service import Service, endpoints, serving

from perfgate.errors import UsageError

pytestmark = NEEDS_ARTILLERY


def named(row: ArtilleryFeature) -> str:
    return row.feature


def rows(*, refused: bool) -> list[ArtilleryFeature]:
    return [row for row in ARTILLERY_DRIVER_FEATURES if (row.treatment == "refused") == refused]


@pytest.mark.parametrize("row", rows(refused=False), ids=named)
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
