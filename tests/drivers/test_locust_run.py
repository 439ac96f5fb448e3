"""Locustfiles run unmodified: what comes back as samples, and as Locust's own report."""

from pathlib import Path

import pytest
from k6_service import serving
from locust_service import NEEDS_LOCUST, STEADY, Service, endpoints, errors, run_locust, user

pytestmark = NEEDS_LOCUST

SEED = (Path(__file__).parents[1] / "seeds/locustfile.py").read_text()


@pytest.fixture
def service():
    server = Service()
    with serving(server):
        yield server


def test_a_load_test_as_users_have_it_is_measured_request_by_request(tmp_path, service):
    ticks = []
    run = run_locust(tmp_path, SEED, service.url, skip_think=True, on_tick=ticks.append, **STEADY)
    names = endpoints(run)
    assert set(names) == {"POST /auth/token", "GET /api/users", "POST /api/orders"}
    assert names.count("POST /auth/token") == 2
    assert len(names) > 30
    assert sorted(service.asked) == sorted(names)
    assert (run.samples.last_ns > run.samples.sent_ns).all()
    assert len(set((run.samples.last_ns - run.samples.sent_ns).tolist())) > len(names) / 2
    assert set(run.samples.status.tolist()) == {200, 201}
    assert set(run.samples.bytes_received.tolist()) == {29}
    assert run.report.exit_code == 0
    assert run.report.tool.startswith("locust 2.")
    assert 0.9e9 < run.duration_ns < 7e9
    notes = "\n".join(run.report.notes)
    assert "2 users, all at once, for 1 s" in notes
    assert "think time was left out" in notes
    assert ticks == sorted(ticks)


def test_very_many_names_are_bounded_and_told(tmp_path, service):
    fire = "self.environment.events.request.fire(request_type='X', name=f'n{n}', response_time=1)"
    run = run_locust(tmp_path, user(f"for n in range(1200): {fire}"), service.url)
    assert len(endpoints(run)) == 1200
    assert endpoints(run).count("X others") == 200
    assert "more than 1000 different names: the rest is counted as 'others'" in run.report.notes


def test_a_request_without_a_time_is_counted_and_no_sample(tmp_path, service):
    fire = "self.environment.events.request.fire(request_type='X', name='a', response_time={}, response=7)"
    body = "\n".join(fire.format(time) for time in ("1.5", "None", "'soon'", "float('nan')", "-1"))
    run = run_locust(tmp_path, user(body), service.url)
    assert (run.samples.last_ns - run.samples.sent_ns).tolist() == [1_500_000]
    assert "4 requests without a response time are not among the samples" in run.report.notes


def test_a_failure_is_an_error_in_the_words_of_the_file(tmp_path, service):
    run = run_locust(
        tmp_path,
        user("""
        self.client.get('/broken')
        with self.client.get('/a', catch_response=True) as r: r.failure('too old')
        with self.client.get('/broken', catch_response=True) as r: r.success()
        """),
        service.url,
    )
    assert errors(run) == {"status 500", "too old"}
    assert run.samples.status.tolist() == [500, 200, 500]
    assert run.samples.error.tolist()[2] == 0
    assert run.report.exit_code == 1
    assert "locust ended with 1: requests failed" in "\n".join(run.report.notes)
