"""Every row of the table of k6's features, on the real k6 against a real service."""

import pytest
from k6_features import K6_FEATURES, K6Feature
from k6_service import NEEDS_K6, Service, endpoints, run_k6, serving

from perfgate.errors import UsageError

pytestmark = NEEDS_K6


def named(row: K6Feature) -> str:
    return row.feature


@pytest.mark.parametrize("row", [row for row in K6_FEATURES if row.treatment != "refused"], ids=named)
def test_what_runs_is_redirected_and_measured(row, tmp_path):
    service = Service()
    with serving(service):
        run = run_k6(tmp_path, row.script, service.url)
    assert sorted(endpoints(run)) == sorted(row.endpoints)
    assert len(service.asked) >= len(row.endpoints)
    assert (run.samples.status > 0).all()
    assert (run.samples.last_ns > run.samples.sent_ns).all()
    if row.treatment == "through k6":
        assert run.report.errors == {}
        assert run.report.exit_code == 0
    if row.message:
        assert row.message in "\n".join(run.report.notes)


@pytest.mark.parametrize("row", [row for row in K6_FEATURES if row.treatment == "refused"], ids=named)
def test_what_cannot_run_is_refused_by_name_before_anything_is_sent(row, tmp_path):
    with pytest.raises(UsageError) as refusal:
        run_k6(tmp_path, row.script, "http://127.0.0.1:1")
    assert row.message in refusal.value.message
    assert "\n" not in refusal.value.message
    assert "script.js" in refusal.value.message
    assert refusal.value.hint


def test_no_feature_is_listed_twice():
    assert len({row.feature for row in K6_FEATURES}) == len(K6_FEATURES)
