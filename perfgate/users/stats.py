"""The figures of a load under way in Locust's words, worked out from the samples only when somebody looks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from perfgate.users.exceptions import MissingError, UnsupportedError

if TYPE_CHECKING:
    from perfgate.model import Samples, Steering

CURRENT_S = 10
_REPORTED = (
    "num_requests",
    "num_failures",
    "fail_ratio",
    "avg_response_time",
    "median_response_time",
    "min_response_time",
    "max_response_time",
    "avg_content_length",
    "total_rps",
)
_NO_REQUEST = "task "
"""Begins the endpoints under which exceptions of the file's own code are counted."""


class StatsError:
    """One kind of failure: of which requests, and how often."""

    def __init__(self, method: str, name: str, error: str, occurrences: int) -> None:
        self.method, self.name, self.error, self.occurrences = method, name, error, occurrences

    def to_name(self) -> str:
        """In one line."""
        return f"{self.method} {self.name}: {self.error}"

    def to_dict(self) -> dict[str, Any]:
        """As a mapping."""
        return dict(vars(self))


class StatsEntry:
    """The requests of one name, or all of them; times are milliseconds."""

    def __init__(self, stats: RequestStats, name: str, method: str) -> None:
        self._stats = stats
        self.name, self.method = name, method

    @property
    def num_requests(self) -> int:
        """How many requests there were, failed ones too."""
        return int(self._mask().sum())

    @property
    def num_none_requests(self) -> int:
        """Always 0: every request has a time."""
        return 0

    @property
    def num_failures(self) -> int:
        """How many failed."""
        return int((self._mask() & (self._samples.error != 0)).sum())

    @property
    def fail_ratio(self) -> float:
        """The share that failed, 0 if there were none."""
        return self.num_failures / max(self.num_requests, 1)

    @property
    def total_response_time(self) -> float:
        """The sum of all times."""
        return float(self._times_ms().sum())

    @property
    def avg_response_time(self) -> float:
        """The mean time, 0 if there were none."""
        times = self._times_ms()
        return float(times.mean()) if len(times) else 0.0

    @property
    def median_response_time(self) -> float:
        """The median time, 0 if there were none."""
        return self.get_response_time_percentile(0.5)

    @property
    def min_response_time(self) -> float | None:
        """The shortest time."""
        times = self._times_ms()
        return float(times.min()) if len(times) else None

    @property
    def max_response_time(self) -> float:
        """The longest time."""
        return self.get_response_time_percentile(1.0)

    @property
    def response_times(self) -> dict[int, int]:
        """How many requests took how many whole milliseconds."""
        import numpy as np

        values, counts = np.unique(self._times_ms().round().astype(int), return_counts=True)
        return dict(zip(values.tolist(), counts.tolist(), strict=True))

    def get_response_time_percentile(self, percent: float) -> float:
        """The time that a share of requests did not exceed, like 0.95; 0 if there were none."""
        return _quantile(self._times_ms(), percent)

    def get_current_response_time_percentile(self, percent: float) -> float:
        """As `get_response_time_percentile`, of the last ten seconds."""
        return _quantile(self._times_ms(last_s=CURRENT_S), percent)

    @property
    def total_content_length(self) -> int:
        """Bytes received."""
        return int(self._samples.bytes_received[self._mask()].sum())

    @property
    def avg_content_length(self) -> float:
        """Bytes received for each request."""
        return self.total_content_length / max(self.num_requests, 1)

    @property
    def start_time(self) -> float:
        """When the first request was sent, in seconds since the epoch; 0 if there was none."""
        sent = self._samples.sent_ns[self._mask()]
        return float(sent.min()) / 1e9 if len(sent) else 0.0

    @property
    def last_request_timestamp(self) -> float | None:
        """When the last request was sent."""
        sent = self._samples.sent_ns[self._mask()]
        return float(sent.max()) / 1e9 if len(sent) else None

    @property
    def total_rps(self) -> float:
        """Requests a second since the first."""
        return self.num_requests / self._lasted_s()

    @property
    def total_fail_per_sec(self) -> float:
        """Failures a second since the first request."""
        return self.num_failures / self._lasted_s()

    @property
    def current_rps(self) -> float:
        """Requests a second over the last ten seconds."""
        return int(self._mask(last_s=CURRENT_S).sum()) / min(CURRENT_S, self._lasted_s())

    @property
    def current_fail_per_sec(self) -> float:
        """Failures a second over the last ten seconds."""
        failed = self._mask(last_s=CURRENT_S) & (self._samples.error != 0)
        return int(failed.sum()) / min(CURRENT_S, self._lasted_s())

    def to_dict(self) -> dict[str, Any]:
        """The figures Locust has in its reports."""
        return {"method": self.method, "name": self.name, **{name: getattr(self, name) for name in _REPORTED}}

    def __getattr__(self, name: str) -> NoReturn:
        raise _unknown("StatsEntry", name)

    @property
    def _samples(self) -> Samples:
        return self._stats._samples()

    def _mask(self, last_s: float = 0.0) -> Any:
        samples = self._samples
        mask = self._stats._mask(self.method, self.name)
        return mask & (samples.sent_ns >= time.time_ns() - last_s * 1e9) if last_s else mask

    def _times_ms(self, last_s: float = 0.0) -> Any:
        samples, mask = self._samples, self._mask(last_s)
        mask = mask & (samples.last_ns > 0)
        return (samples.last_ns[mask] - samples.sent_ns[mask]) / 1e6

    def _lasted_s(self) -> float:
        return max((self.last_request_timestamp or 0.0) - self.start_time, 1e-3)


class RequestStats:
    """All figures: `total`, `entries` by name and method, and `errors`."""

    def __init__(self) -> None:
        self._steering: Steering | None = None
        self._seen: Samples | None = None
        self._seen_s = 0.0
        self.total = StatsEntry(self, "Aggregated", "")

    @property
    def entries(self) -> Mapping[tuple[str, str], StatsEntry]:
        """What was counted so far, by name and method."""
        import numpy as np

        samples = self._samples()
        numbers: list[int] = np.unique(samples.endpoint).tolist()  # type: ignore[assignment]
        found = (samples.endpoints[number] for number in numbers)
        split = [name.partition(" ") for name in found if not name.startswith(_NO_REQUEST)]
        return {(name, method): StatsEntry(self, name, method) for method, _, name in split}

    @property
    def errors(self) -> Mapping[str, StatsError]:
        """What failed so far."""
        found = {}
        for name, method in self.entries:
            for error, count in self._errors_of(method, name):
                found[f"{method}.{name}.{error}"] = StatsError(method, name, error, count)
        return found

    def get(self, name: str, method: str) -> StatsEntry:
        """The requests of one name and method; without requests if there are none."""
        return StatsEntry(self, name, method)

    @property
    def num_requests(self) -> int:
        """How many requests there were."""
        return self.total.num_requests

    @property
    def num_failures(self) -> int:
        """How many requests failed."""
        return self.total.num_failures

    @property
    def start_time(self) -> float:
        """When the first request was sent."""
        return self.total.start_time

    @property
    def last_request_timestamp(self) -> float | None:
        """When the last request was sent."""
        return self.total.last_request_timestamp

    def __getattr__(self, name: str) -> NoReturn:
        raise _unknown("RequestStats", name)

    def _samples(self) -> Samples:
        """What was counted, at most half a second old while the load runs: working it out takes time."""
        if self._steering is None:
            raise UnsupportedError("environment.stats before the load", "look at it while users run")
        now_s = time.monotonic()
        if self._seen is None or self._steering.is_over() or now_s - self._seen_s > 0.5:
            self._seen, self._seen_s = self._steering.samples(), now_s
        return self._seen

    def _mask(self, method: str, name: str) -> Any:
        import numpy as np

        samples = self._samples()
        if method or name != "Aggregated":
            wanted = [number for number, text in enumerate(samples.endpoints) if text == f"{method} {name}"]
        else:
            wanted = [
                number for number, text in enumerate(samples.endpoints) if not text.startswith(_NO_REQUEST)
            ]
        return np.isin(samples.endpoint, wanted)

    def _errors_of(self, method: str, name: str) -> Iterator[tuple[str, int]]:
        import numpy as np

        samples = self._samples()
        numbers, counts = np.unique(samples.error[self._mask(method, name)], return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            if number:
                yield samples.errors[number], count


def _quantile(times_ms: Any, share: float) -> float:
    import numpy as np

    return float(np.quantile(times_ms, share, method="higher")) if len(times_ms) else 0.0


def _unknown(owner: str, name: str) -> Exception:
    if name.startswith("__"):
        return AttributeError(name)
    return MissingError(f"{owner}.{name}", "docs/reference/users.md lists the figures there are")
