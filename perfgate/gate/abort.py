"""Ending a measurement early: k6's `abortOnFail` and `delayAbortEval`, held against the requests so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from perfgate.gate.slo import series_of
from perfgate.gate.threshold_syntax import Threshold
from perfgate.gate.thresholds import Series, ThresholdOutcome, describe, evaluate
from perfgate.model import Reason, Samples
from perfgate.units import format_duration_ns


class Abort:
    """The thresholds that end a measurement, and every request they are held against so far.

    As in k6 they are looked at now and then while it runs, each once its delay is over, and one without
    data is not broken yet. `breached` keeps the first that was broken.
    """

    def __init__(self, thresholds: Sequence[Threshold], *, unsent: str | None = None) -> None:
        self._thresholds = tuple(t for t in thresholds if t.abort_on_fail)
        self._unsent = unsent
        self._parts: list[Series] = []
        self.breached: ThresholdOutcome | None = None
        self.after_ns = 0

    def __bool__(self) -> bool:
        """Whether any threshold may end the measurement."""
        return bool(self._thresholds)

    def add(self, samples: Samples, elapsed_ns: int) -> bool:
        """Take in requests that have ended since the last look, `elapsed_ns` after the beginning.

        Returns:
            Whether to stop.
        """
        keep = np.array([name != self._unsent for name in samples.errors])[samples.error]
        self._parts = [_joined([*self._parts, series_of(samples, keep, elapsed_ns)], elapsed_ns)]
        for threshold in self._thresholds:
            if elapsed_ns < threshold.delay_abort_eval_ns:
                continue
            found = evaluate(threshold, self._parts[0])
            if not found.passed and not found.no_data:
                self.breached, self.after_ns = found, elapsed_ns
                return True
        return False

    def reason(self) -> Reason:
        """Why it was stopped.

        Raises:
            ValueError: it was not.
        """
        if self.breached is None:
            raise ValueError("no threshold was broken")
        return Reason(
            code="aborted_on_threshold",
            text=f"stopped after {format_duration_ns(self.after_ns)} of load, as abortOnFail asks: "
            f"{describe(self.breached)}",
            remedy="what follows is of the requests until then; take abortOnFail away to measure to the end",
        )


def _joined(parts: Sequence[Series], elapsed_ns: int) -> Series:
    """All requests as one series; names of endpoints are only ever added, so the newest table serves all."""
    return replace(
        parts[-1],
        endpoint=np.concatenate([part.endpoint for part in parts]),
        service_ns=np.concatenate([part.service_ns for part in parts]),
        status=np.concatenate([part.status for part in parts]),
        failed=np.concatenate([part.failed for part in parts]),
        duration_ns=elapsed_ns,
    )
