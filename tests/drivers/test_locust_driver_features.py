"""Every row of the table of Locust's features, on the real Locust against a real service."""

import pytest
from k6_service import serving
from locust_driver_features import LOCUST_DRIVER_FEATURES, LocustFeature
from locust_service import NEEDS_LOCUST, Service, endpoints, errors, run_locust

from perfgate.errors import UsageError

pytestmark = NEEDS_LOCUST


def named(row: LocustFeature) -> str:
    return row.feature


@pytest.mark.parametrize("row", [r for r in LOCUST_DRIVER_FEATURES if r.treatment != "refused"], ids=named)
def test_what_runs_is_measured(row, tmp_path):
    service = Service()
    with serving(service):
        run = run_locust(tmp_path, row.file, service.url, arguments=row.arguments)
    assert set(endpoints(run)) == set(row.endpoints)
    assert len(endpoints(run)) >= len(row.endpoints)
    assert errors(run) == set()
    assert (run.samples.status > 0).all()
    assert (run.samples.last_ns > run.samples.sent_ns).all()
    notes = "\n".join(run.report.notes)
    if row.treatment == "through locust":
        assert run.report.errors == {}
        assert run.report.exit_code == 0, notes
    assert row.message in notes


@pytest.mark.parametrize("row", [r for r in LOCUST_DRIVER_FEATURES if r.treatment == "refused"], ids=named)
def test_what_cannot_run_is_refused_by_name_before_anything_is_sent(row, tmp_path):
    service = Service()
    with serving(service), pytest.raises(UsageError) as refusal:
        run_locust(tmp_path, row.file, service.url, arguments=row.arguments)
    assert row.message in refusal.value.message
    assert "\n" not in refusal.value.message
    assert refusal.value.hint
    assert service.seen == []


def test_no_feature_is_listed_twice():
    assert len({row.feature for row in LOCUST_DRIVER_FEATURES}) == len(LOCUST_DRIVER_FEATURES)
