"""What the HTML report shows, as plain values: aggregated, finite, clean, ready for JSON and a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from perfgate.model import Side
from perfgate.report.words import Row

SeriesName = Literal["CPU", "memory", "threads", "connections"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Points of a line, `x` rising; `y` is None where there is nothing to say, and the line breaks there."""

    x: tuple[float, ...] = ()
    y: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """An interval around each point of a curve at `confidence`, over rounds; None where there is none."""

    x: tuple[float, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    confidence: float = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """One endpoint: its comparisons, its latency distributions, and how it went over time.

    `rows` are the worst first, and `anchor` is safe as the id of an element. `quantiles` has a name ("p50" …
    "max") and both sides in ms. `ecdf` is the share (0 to 1) of requests answered within x ms, `density` the
    density per decade (log10) of ms. `shift` is head / base - 1 of the quantile x, with the interval
    `shift_band`. `latency` ("p50", "p95" in ms) and `throughput` (requests a second) go over seconds of the
    run's cut time axis (see `RoundView`). `errors` and `statuses` count by class: name, base, head.
    """

    name: str
    anchor: str
    rows: tuple[Row, ...] = ()
    quantiles: tuple[tuple[str, float | None, float | None], ...] = ()
    ecdf: Mapping[Side, Curve] = field(default_factory=dict)
    density: Mapping[Side, Curve] = field(default_factory=dict)
    shift: Curve = field(default_factory=Curve)
    shift_band: Band = field(default_factory=Band)
    latency: Mapping[Side, Mapping[str, Curve]] = field(default_factory=dict)
    throughput: Mapping[Side, Curve] = field(default_factory=dict)
    errors: tuple[tuple[str, int, int], ...] = ()
    statuses: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView:
    """One round on the cut time axis, where rounds lie one after another without the pauses between them.

    `number` counts from 1, as progress and logs do (a result's `index` counts from 0).
    `dropped_because` is empty for a round that counts. `health` has what was seen of machine and driver by
    name, in words.
    """

    number: int
    stage: str
    start_s: float
    end_s: float
    dropped_because: str = ""
    requests: Mapping[Side, int] = field(default_factory=dict)
    health: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesView:
    """What the services used, over the same time axis: CPU in cores, memory in MB, the others in number."""

    unit: str
    name: SeriesName
    curves: Mapping[Side, Curve] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One metric's change with its interval against its tolerance.

    `change`, `low`, `high`, `mde` and `tolerance` are lengths on one axis: % (percentage points for errors,
    100 B a request for memory), None where there is no such thing. The interval is at `confidence`. `text`
    is the change as words, `base` and `head` the values, `anchor` the endpoint's.
    """

    label: str
    endpoint: str
    metric: str
    outcome: str
    unit: str
    change: float | None
    low: float | None
    high: float | None
    mde: float | None
    tolerance: float | None
    text: str
    anchor: str
    p: str
    base: str
    head: str
    confidence: float = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Which rounds the metrics, and which the quantiles and distributions of every endpoint stand on."""

    metrics: str = ""
    quantiles: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything on the page, in the order it is read.

    Where both sides were measured at different times it is not `is_paired`, and rounds go together by number
    only.

    `reasons` and `warnings` are pairs of text and remedy. `environment` has a name with what base and what
    head was measured in, differing ones first. `facts` are names and values. `notes` say what could not be
    shown and why. `reproduce` and `accept` are command lines, empty where there is none to give.
    """

    headline: str
    outcome: str
    title: str
    reasons: tuple[tuple[str, str], ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    forest: tuple[ForestRow, ...] = ()
    endpoints: tuple[EndpointView, ...] = ()
    endpoints_left_out: int = 0
    basis: Basis = field(default_factory=Basis)
    is_paired: bool = True
    rounds: tuple[RoundView, ...] = ()
    series: tuple[SeriesView, ...] = ()
    environment: tuple[tuple[str, str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    reproduce: str = ""
    accept: str = ""
    generated_at: str = ""
    version: str = ""
