"""Coordinated omission: a service that stalls once shows it under arrivals, and hides it from users."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from load_plans import MS, arrivals, errors_of, load, users
from load_servers import OK, LocalServer

from perfgate.measure.loaded import LoadJob, run_load
from perfgate.model import LoadSummary, Outcome, Profile, Workload
from perfgate.report.load import render_load
from perfgate.report.profile_words import describe_profile
from perfgate.report.progress import QuietProgress

STALL_S = 0.4
LOAD_MS = 2_000


def stalling_once(begins_s: float) -> Callable[[socket.socket, LocalServer], None]:
    """Whoever is waiting between so many seconds from now and the stall's end is answered at its end."""
    stall_from = time.monotonic() + begins_s
    stall_to = stall_from + STALL_S

    def behave(peer: socket.socket, server: LocalServer) -> None:
        while server.request(peer):
            if stall_from <= (now := time.monotonic()) < stall_to:
                server.over.wait(stall_to - now)
            peer.sendall(OK)

    return behave


def summary_of(how: Profile, **changes) -> LoadSummary:
    with LocalServer(stalling_once(0.8)) as server:
        plan = load(server, how, **changes)
        job = LoadJob(
            plan=plan,
            workload=Workload(name="w", digest="d" * 64, endpoints=plan.endpoints, scenarios=plan.scenarios),
            read=lambda: None,
            processes=1,
            target="http://service",
            words=describe_profile(how),
            notes=(),
            pin=False,
            dns_ns=0,
        )
        summary, samples = run_load(job, QuietProgress())
    assert set(errors_of(samples)) == {""}
    return summary


def report(summary: LoadSummary) -> str:
    return " ".join(render_load(summary, Outcome.PASS, (), (), width=100).split())


def test_a_stall_shows_in_the_response_times_of_arrivals_however_few_users_there_are():
    # Two users meet the stall in two requests; everybody who came meanwhile waited all the same.
    summary = summary_of(arrivals(200, LOAD_MS, vus=2, arrivals="even"))
    assert summary.requests == 400
    assert summary.response.quantiles_ns["p99"] >= 0.75 * STALL_S * 1e9
    assert summary.response.quantiles_ns["p95"] >= 0.4 * STALL_S * 1e9
    assert summary.service.quantiles_ns["p99"] < 0.25 * STALL_S * 1e9
    assert summary.lateness.quantiles_ns["p50"] < 20 * MS
    assert "coordinated omission" not in report(summary)


def test_the_closed_model_is_blind_to_it_and_its_report_says_so():
    summary = summary_of(users(2, LOAD_MS, graceful_stop_ns=MS), max_rate_rps=200.0)
    assert summary.requests > 250
    assert summary.service.max_ns >= 0.75 * STALL_S * 1e9
    assert summary.service.quantiles_ns["p99"] < 0.25 * STALL_S * 1e9
    assert summary.response is None
    assert "a stall of the service shows in few requests" in report(summary)
    assert "coordinated omission" in report(summary)
