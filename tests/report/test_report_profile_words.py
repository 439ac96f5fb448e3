import pytest

from perfgate.model import Profile, Ramp
from perfgate.report.profile_words import describe_profile

S = 1_000_000_000


def ramp(seconds: float, target: float, max_vus: int = 0) -> Ramp:
    return Ramp(duration_ns=round(seconds * S), target=target, max_vus=max_vus)


def users(count: int, *stages: Ramp) -> Profile:
    return Profile(executor="ramping-vus", vus=100, start=count, stages=stages)


def arrivals(start: float, *stages: Ramp, vus: int = 100) -> Profile:
    return Profile(executor="ramping-arrival-rate", vus=vus, start=start, stages=stages, arrivals="even")


def constant_rate(rate: float, seconds: float, **more: object) -> Profile:
    fields = {"vus": 100, "start": rate, "stages": (ramp(seconds, rate),), **more}
    return Profile(executor="constant-arrival-rate", **fields)


def passes(executor: str, count: int, vus: int, *stages: Ramp) -> Profile:
    return Profile(executor=executor, vus=vus, iterations=count, stages=stages)


CASES = [
    (
        Profile(executor="constant-vus", vus=50, start=50, stages=(ramp(120, 50),)),
        "50 users for 2 min (closed model)",
    ),
    (
        Profile(executor="constant-vus", vus=1, start=1, stages=(ramp(90.5, 1),)),
        "1 user for 1 min 30.5 s (closed model)",
    ),
    (passes("shared-iterations", 100, 10), "100 passes shared by 10 users (closed model)"),
    (passes("per-vu-iterations", 1, 1), "1 pass by 1 user (closed model)"),
    (passes("shared-iterations", 3, 1), "3 passes by 1 user (closed model)"),
    (passes("per-vu-iterations", 3, 2), "3 passes by each of 2 users (closed model)"),
    (
        passes("shared-iterations", 12_000, 10, ramp(600, 10)),
        "12,000 passes shared by 10 users in at most 10 min (closed model)",
    ),
    (
        constant_rate(200, 60, arrivals="even"),
        "200 arrivals/s, evenly, for 1 min, at most 100 users (open model)",
    ),
    (
        constant_rate(1, 7200, vus=1),
        "1 arrival/s, at random, for 2 h, at most 1 user (open model)",
    ),
    (
        constant_rate(1 / 60, 0.25),
        "0.0167 arrivals/s, at random, for 0.25 s, at most 100 users (open model)",
    ),
    (
        arrivals(0, ramp(30, 100), ramp(60, 100)),
        "0 → 100 arrivals/s in 30 s, 100/s for 1 min, evenly, at most 100 users (open model)",
    ),
    (
        users(1, ramp(30, 50), ramp(60, 50), ramp(10, 0)),
        "1 → 50 users in 30 s, 50 for 1 min, 50 → 0 in 10 s (closed model)",
    ),
    (
        users(10, ramp(30, 10), ramp(0, 50), ramp(30, 50), ramp(0, 0)),
        "10 users for 30 s, 50 for 30 s (closed model)",
    ),
    (
        arrivals(5, ramp(30, 5, 20), ramp(0, 50), ramp(30, 50)),
        "5 arrivals/s for 30 s with at most 20 users, "
        "50/s for 30 s with at most 100 users, evenly (open model)",
    ),
    (
        arrivals(5, ramp(30, 5, 20), vus=300),
        "5 arrivals/s for 30 s, evenly, at most 20 users (open model)",
    ),
    (users(7), "7 users for no time (closed model)"),
]


@pytest.mark.parametrize(("profile", "words"), CASES, ids=[words for _, words in CASES])
def test_profile_reads(profile: Profile, words: str) -> None:
    assert describe_profile(profile) == words


def test_many_stages_are_summed_up() -> None:
    words = describe_profile(arrivals(0, *(ramp(60, n * 10) for n in range(1, 41))))
    assert words == (
        "0 → 10 arrivals/s in 1 min, 10 → 20/s in 1 min, 20 → 30/s in 1 min, 30 → 40/s in 1 min, "
        "40 → 50/s in 1 min, 35 more stages (40 min in all, highest 400/s), "
        "evenly, at most 100 users (open model)"
    )


def test_six_stages_are_not_summed_up_to_spare_one() -> None:
    words = describe_profile(users(0, *(ramp(60, n) for n in range(1, 7))))
    assert "5 → 6 in 1 min" in words
    assert "more" not in words
