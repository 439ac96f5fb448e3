"""Loads for these tests: one GET again and again, by whichever executor."""

from __future__ import annotations

from collections.abc import Callable

from load_servers import LocalServer

from perfgate.load.address import Address, Timeouts
from perfgate.load.plan import LoadPlan
from perfgate.model import Profile, Ramp, Request, Samples, Scenario, Script, Think

MS = 1_000_000
GET = Request(endpoint=0, method="GET", target="/")

Start = Callable[[int], Script]


def one_get(seed: int) -> Script:
    yield GET


def gets(count: int, *, think_ms: int = 0) -> Start:
    """Passes of several requests, with a pause before each but the first."""

    def start(seed: int) -> Script:
        for number in range(count):
            if think_ms and number:
                yield Think(duration_ns=think_ms * MS)
            yield GET

    return start


def scenario(start: Start = one_get, *, weight: float = 1.0, name: str = "s") -> Scenario:
    return Scenario(name=name, weight=weight, endpoints=frozenset({0}), start=start)


def ramps(*stages: tuple[int, float], max_vus: int = 0) -> tuple[Ramp, ...]:
    """Stages as milliseconds and target."""
    return tuple(Ramp(duration_ns=ms * MS, target=target, max_vus=max_vus) for ms, target in stages)


def profile(executor: str, *stages: tuple[int, float], vus: int = 1, start: float = 0.0, **more) -> Profile:
    max_vus = more.pop("max_vus", 0)
    return Profile(executor=executor, vus=vus, start=start, stages=ramps(*stages, max_vus=max_vus), **more)


def users(count: int, ms: int, **more) -> Profile:
    return profile("constant-vus", (ms, count), vus=count, start=count, **more)


def iterations(executor: str, count: int, *, vus: int, ms: int = 10_000) -> Profile:
    return profile(executor, (ms, vus), vus=vus, start=vus, iterations=count)


def arrivals(rate: float, ms: int, *, vus: int = 16, **more) -> Profile:
    return profile("constant-arrival-rate", (ms, rate), vus=vus, start=rate, **more)


def load(server: LocalServer | None, how: Profile, *, start: Start = one_get, **changes) -> LoadPlan:
    defaults = {
        "addresses": (Address(*server.address),) if server else (),
        "scenarios": (scenario(start),),
        "endpoints": ("/",),
        "profile": how,
        "timeouts": Timeouts(10_000 * MS),
        "seed": 1,
    }
    return LoadPlan(**(defaults | changes))


def errors_of(samples: Samples) -> dict[str, int]:
    """How many requests ended in each error class, "" among them."""
    names = [samples.errors[number] for number in samples.error]
    return {name: names.count(name) for name in dict.fromkeys(names)}
