"""What the services use while a round is measured: CPU time, memory and more, and what disturbed them."""

from __future__ import annotations

from collections.abc import Sequence

from perfgate.target import noise, observe, service
from perfgate.target.readings import Recorded, UsageRecorder


class Counters:
    """CPU time of the running services when measuring begins and ends, and what they used in between."""

    def __init__(self, services: Sequence[service.Service | None]) -> None:
        self._services = services
        self._watched = [observe.watch(s) if s else None for s in services]
        self._before: list[int | None] = []
        self._after: list[int | None] = []
        self._noise_before = noise.snapshot()
        self.noise = noise.between(self._noise_before, self._noise_before)
        self.rss_bytes: list[int | None] = [None] * len(services)
        self._recorder = UsageRecorder(self._watched, [s.port if s else None for s in services])

    def begin(self) -> None:
        """Measuring begins."""
        self._noise_before = noise.snapshot()
        self._before = [w.cpu_ns() if w else None for w in self._watched]
        self._recorder.start()

    def end(self) -> None:
        """Measuring ends."""
        self._recorder.stop()
        self._after = [w.cpu_ns() if w else None for w in self._watched]
        self.noise = noise.between(self._noise_before, noise.snapshot())
        self.rss_bytes = [w.rss_bytes() if w else None for w in self._watched]

    def so_far_ns(self, index: int) -> int | None:
        """The CPU time a service has used by now, in its whole life."""
        watched = self._watched[index]
        return watched.cpu_ns() if watched else None

    def cpu_ns(self, index: int) -> int | None:
        """The CPU time a service used between the two."""
        before, after = self._before[index], self._after[index]
        return None if before is None or after is None else max(0, after - before)

    def recorded(self) -> tuple[Recorded, ...]:
        """What was read of each service while measured; nobody reads any more after this."""
        return self._recorder.stop()
