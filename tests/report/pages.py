"""Pages of every kind with made-up numbers, and a history, that the tests of the HTML look at."""

import math
from dataclasses import replace

import numpy as np

from perfgate.model import SIDES, Outcome
from perfgate.report.page.model import (
    Band,
    Curve,
    EndpointView,
    ForestRow,
    Page,
    RoundView,
    SeriesView,
)
from perfgate.report.words import Row

HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "`rm -rf` | pipe | @everyone",
    "GET /\u202egpj.exe/\u2066x\u2069",
    "'\"><svg onload=alert(1)>{{ 7 * 7 }}{% raw %}",
    "GET /" + "long/" * 1000,
    "GET /日本語/ñ/😀?q=\u2028</style>",
)
_ROUNDS = 13
_ROUND_S = 6.0
_POINTS = 300
_QUANTILES = (
    ("p5", 5),
    ("p25", 25),
    ("p50", 50),
    ("p75", 75),
    ("p90", 90),
    ("p95", 95),
    ("p99", 99),
    ("p99.9", 99.9),
)
_UNIT = {"errors": "pp", "memory": "100 B/request"}


def samples_of(seed: int, factor: float) -> np.ndarray:
    """Latencies in ms of requests of two kinds: most hit a cache, some do not."""
    rng = np.random.default_rng(seed)
    hits = rng.lognormal(math.log(1.15 * factor), 0.22, 3200)
    misses = rng.lognormal(math.log(5.4 * factor), 0.30, 700)
    return np.sort(np.concatenate([hits, misses]))


def endpoint(
    name: str, number: int, *, factor: float = 1.004, outcome=Outcome.PASS, points=_POINTS
) -> EndpointView:
    both = {"base": samples_of(2 * number, 1.0), "head": samples_of(2 * number + 1, factor)}
    grid = np.geomspace(min(s[0] for s in both.values()), max(s[-1] for s in both.values()), points)
    edges = np.linspace(math.log10(grid[0]), math.log10(grid[-1]), 81)
    middles = tuple((10 ** ((edges[1:] + edges[:-1]) / 2)).tolist())
    quantiles = np.linspace(0.05, 0.99, 95)
    change = np.quantile(both["head"], quantiles) / np.quantile(both["base"], quantiles) - 1
    width = 0.01 + 0.05 * quantiles**6
    return EndpointView(
        name=name,
        anchor=f"endpoint-{number}",
        rows=rows_of(name, factor, outcome),
        quantiles=(
            *(
                (title, float(np.percentile(both["base"], q)), float(np.percentile(both["head"], q)))
                for title, q in _QUANTILES
            ),
            ("max", float(both["base"][-1]), float(both["head"][-1])),
        ),
        ecdf={
            side: Curve(
                x=tuple(grid.tolist()), y=tuple((np.searchsorted(s, grid, "right") / len(s)).tolist())
            )
            for side, s in both.items()
        },
        density={
            side: Curve(
                x=middles, y=tuple(_smooth(np.histogram(np.log10(s), edges, density=True)[0]).tolist())
            )
            for side, s in both.items()
        },
        shift=Curve(x=tuple(quantiles.tolist()), y=tuple(change.tolist())),
        shift_band=Band(
            x=tuple(quantiles.tolist()),
            low=tuple((change - width).tolist()),
            high=tuple((change + width).tolist()),
        ),
        latency={
            side: {
                "p50": _over_time(number, 1.2 * (factor if side == "head" else 1), 0.05),
                "p95": _over_time(number + 1, 6.1 * (factor if side == "head" else 1), 0.09),
            }
            for side in SIDES
        },
        throughput={side: _over_time(number + 2, 640.0, 0.03) for side in SIDES},
        errors=(("http_5xx", 0, 12), ("timeout", 1, 0)) if outcome == Outcome.REGRESSED else (),
        statuses=(("200", 25_920, 25_908), ("404", 80, 80)),
    )


def rows_of(name: str, factor: float, outcome: Outcome) -> tuple[Row, ...]:
    change = factor - 1
    latencies = (
        Row(
            endpoint=name,
            metric=metric,
            base=f"{base:.2f} ms",
            head=f"{base * factor:.2f} ms",
            change=f"{100 * change:+.1f} % [{100 * change - width:+.1f}, {100 * change + width:+.1f}]",
            p="<0.0001" if outcome == Outcome.REGRESSED else "0.62",
            mde=f"≥ {width * 1.6:.1f} %",
            outcome=outcome,
        )
        for metric, base, width in (("p50", 1.2, 1.2), ("p95", 6.1, 3.0), ("p99", 8.4, 9.5))
    )
    return (
        *latencies,
        Row(
            endpoint=name,
            metric="errors",
            base="0.00 %",
            head="0.05 %",
            change="+0.05 pp [+0.01, +0.08]",
            p="1.00",
            mde="≥ 0.3 pp",
            outcome=Outcome.PASS,
        ),
    )


def forest_of(endpoints: list[EndpointView]) -> tuple[ForestRow, ...]:
    found = []
    for view in endpoints:
        for row in view.rows:
            size, _, interval = row.change.partition(" [")
            low, high = interval.rstrip("]").split(", ")
            found.append(
                forest_row(
                    endpoint=view.name,
                    metric=row.metric,
                    outcome=str(row.outcome),
                    change=float(size.split()[0]),
                    low=float(low),
                    high=float(high),
                    tolerance={"p50": 3.0, "p95": 5.0, "p99": 10.0, "errors": 0.1}[row.metric],
                    text=row.change,
                    anchor=view.anchor,
                    p=row.p,
                    base=row.base,
                    head=row.head,
                )
            )
    order = [str(each) for each in (Outcome.REGRESSED, Outcome.INCONCLUSIVE, Outcome.IMPROVED, Outcome.PASS)]
    return tuple(sorted(found, key=lambda row: order.index(row.outcome)))


def forest_row(**changes) -> ForestRow:
    row = ForestRow(
        label="",
        endpoint="all endpoints",
        metric="cpu",
        outcome="PASS",
        unit="%",
        change=1.2,
        low=-0.4,
        high=2.9,
        mde=1.9,
        tolerance=3.0,
        text="+1.2 % [-0.4, +2.9]",
        anchor="",
        p="0.41",
        base="820 µs",
        head="830 µs",
    )
    row = replace(row, **changes)
    return replace(row, label=f"{row.endpoint} {row.metric}", unit=_UNIT.get(row.metric, "%"))


UNMEASURED = forest_row(
    endpoint="POST /items",
    metric="p99",
    outcome="NOT_MEASURED",
    change=None,
    low=None,
    high=None,
    mde=None,
    text="–",
    base="–",
    head="–",
    anchor="endpoint-2",
)


def rounds_of(count: int = _ROUNDS, dropped: int = 4) -> tuple[RoundView, ...]:
    return tuple(
        RoundView(
            number=number,
            stage="screen" if number <= 8 else "confirm",
            start_s=(number - 1) * _ROUND_S,
            end_s=number * _ROUND_S,
            dropped_because="the CPU was taken away for 12 % of the time" if number == dropped else "",
            requests={"base": 2000, "head": 2000},
            health={
                "steal": "12 %" if number == dropped else "0.0 %",
                "driver CPU": "41 %",
                "lateness p99": "84 µs",
            },
        )
        for number in range(1, count + 1)
    )


def series_of() -> tuple[SeriesView, ...]:
    kinds = (
        ("CPU", "cores", 0.84, 0.06),
        ("memory", "MB", 96.0, 0.01),
        ("threads", "", 12, 0),
        ("connections", "", 16, 0),
    )
    return tuple(
        SeriesView(
            unit=unit,
            name=name,
            curves={
                side: _over_time(number, level * (1.16 if side == "head" and noise else 1.0), noise)
                for number, side in enumerate(SIDES)
            },
        )
        for name, unit, level, noise in kinds
    )


def page_of(endpoints: list[EndpointView], **changes) -> Page:
    page = Page(
        headline="PASS: nothing was found to be slower or to fail more; changes of p50 ≥ 2.4 %, p95 ≥ 6.0 %, "
        "p99 ≥ 15.2 %, errors ≥ 0.3 pp would have been found.",
        outcome="PASS",
        title="shop: main 1a2b3c4d5e → slow-query 99aa88bb77",
        forest=forest_of(endpoints),
        endpoints=tuple(endpoints),
        rounds=rounds_of(),
        series=series_of(),
        environment=(
            ("kernel", "6.8.0-45-generic", "6.8.0-48-generic"),
            ("CPU", "AMD EPYC 7763 64-Core Processor", "AMD EPYC 7763 64-Core Processor"),
            ("cores", "4", "4"),
            ("interpreter", "CPython 3.12.4", "CPython 3.12.4"),
        ),
        facts=(
            ("base", "main 1a2b3c4d5e"),
            ("head", "slow-query 99aa88bb77"),
            ("workload", "shop (digest 5f2c91ab04)"),
            ("load", "open model, 640 requests a second, two sides interleaved"),
            ("latency", "service time: request sent to last byte received"),
            ("clock", "kernel receive timestamps"),
            ("requests", "52,000"),
            ("took", "1 min 58 s"),
            ("seed", "7"),
        ),
        reproduce="perfgate compare main slow-query --seed 7",
        generated_at="2026-11-26 04:05 UTC",
        version="0.1.0",
    )
    return replace(page, **changes)


def passing() -> Page:
    views = [endpoint("GET /items", 1, factor=1.004), endpoint("POST /items", 2, factor=0.997)]
    return page_of(views, forest=(*forest_of(views), forest_row(), UNMEASURED))


def regression() -> Page:
    views = [
        endpoint("GET /items", 1, factor=1.462, outcome=Outcome.REGRESSED),
        endpoint("POST /items", 2),
        endpoint("GET /items/{id}", 3, factor=0.93, outcome=Outcome.IMPROVED),
    ]
    cpu = forest_row(
        outcome="REGRESSED", change=18.8, low=17.0, high=20.0, text="+18.8 % [+17.0, +20.0]", p="0.0003"
    )
    return page_of(
        views,
        outcome="REGRESSED",
        headline="REGRESSED: GET /items p50 is 46.2 % slower (1.20 → 1.75 ms, 90 % interval +44.1 % … "
        "+48.0 %), and 3 more metrics.",
        reasons=(
            (
                "GET /items got slower by more than its tolerance of 3 %, confirmed on 13 fresh rounds",
                "Run the reproduce command and profile GET /items on head.",
            ),
        ),
        warnings=(
            (
                "driver and services share all CPUs, which makes small changes hard to see",
                "Run on a machine with two cores or more.",
            ),
        ),
        forest=(cpu, *forest_of(views), UNMEASURED),
        accept="perfgate accept 'GET /items' p50 --up-to 50% --reason '…'",
    )


def inconclusive() -> Page:
    views = [
        endpoint("GET /items", 1, factor=1.021, outcome=Outcome.INCONCLUSIVE),
        endpoint("POST /items", 2),
    ]
    return page_of(
        views,
        outcome="INCONCLUSIVE",
        headline="INCONCLUSIVE: the machine was too noisy to see a change of 5 % in p50; run on a quieter "
        "machine or raise the time budget.",
        reasons=(("the machine was too noisy to see a change of 5 % in p50", "Run on a quieter machine."),),
        notes=("the service's threads: the platform does not tell",),
        series=series_of()[:2],
    )


def invalid() -> Page:
    return page_of(
        [],
        outcome="INVALID",
        headline="INVALID: the driver itself was the bottleneck; give it a core of its own.",
        rounds=rounds_of(30),
        series=(),
    )


def empty() -> Page:
    """A verdict without any evidence, as from a document that only holds comparisons."""
    return Page(
        headline="PASS: nothing was found.",
        outcome="PASS",
        title="shop: main → head",
        forest=(forest_row(), forest_row(metric="memory", change=None, low=None, high=None, text="–")),
        notes=("samples were not kept: no distributions", "no series of the service were stored"),
        version="0.1.0",
    )


def many(count: int = 40) -> Page:
    slow = {3: 1.31, 17: 1.09}
    views = [
        endpoint(
            f"{'GET' if n % 3 else 'POST'} /api/v2/shops/{{shop}}/section-{n}",
            n,
            factor=slow.get(n, 1 + 0.004 * math.sin(n)),
            outcome=Outcome.REGRESSED if n in slow else Outcome.PASS,
        )
        for n in range(1, count + 1)
    ]
    views.sort(key=lambda view: view.rows[0].outcome != Outcome.REGRESSED)
    return page_of(
        views,
        outcome="REGRESSED",
        headline="REGRESSED: GET /api/v2/shops/{shop}/section-17 p50 is 9.0 % slower, and 5 more metrics.",
        rounds=rounds_of(24),
    )


def one() -> Page:
    views = [endpoint("GET /", 1, factor=0.71, outcome=Outcome.IMPROVED)]
    return page_of(
        views,
        outcome="IMPROVED",
        headline="IMPROVED: GET / p50 is 29.0 % faster (1.20 ms → 852 µs), and 2 more metrics.",
        rounds=rounds_of(1, dropped=-1),
    )


def hostile() -> Page:
    """Every text of the page is an attack."""
    views = [endpoint(name, number, points=60) for number, name in enumerate(HOSTILE_NAMES, 1)]
    script, quoted = HOSTILE_NAMES[0], HOSTILE_NAMES[4]
    everywhere = " ".join(HOSTILE_NAMES[:5])
    views[0] = replace(views[0], errors=((script, 1, 2),), statuses=((quoted, 1, 2),))
    return page_of(
        views,
        headline=f"PASS: {everywhere}.",
        title=everywhere,
        reasons=((quoted, script),),
        warnings=((everywhere, script),),
        environment=((script, quoted, everywhere), (quoted, script, script)),
        facts=((script, everywhere), ("name", HOSTILE_NAMES[5])),
        notes=(script, HOSTILE_NAMES[5]),
        reproduce=f"perfgate compare '{everywhere}'",
        series=(replace(series_of()[0], unit=HOSTILE_NAMES[1]),),
        accept=script,
        generated_at=script,
        version=script,
        rounds=(replace(rounds_of(1)[0], dropped_because=script, stage=quoted, health={script: quoted}),),
    )


def odd() -> Page:
    """Curves of one point, of gaps only, of nothing; rounds without length; numbers of every size."""
    one, gaps, nothing = Curve(x=(1.0,), y=(1.0,)), Curve(x=(0.0, 1.0, 2.0), y=(None, None, None)), Curve()
    flat = Curve(x=(0.0, 0.0000004, 5e6), y=(0.0, 0.5, 1.0))
    views = [
        EndpointView(name="one", anchor="endpoint-1", ecdf={"head": one}, density={"head": one}, shift=one),
        EndpointView(
            name="gaps",
            anchor="endpoint-2",
            ecdf={"base": gaps, "head": one},
            shift=gaps,
            shift_band=Band(x=gaps.x, low=gaps.y, high=gaps.y),
            latency={"base": {"p50": gaps, "p95": nothing}, "head": {"p50": one}},
            throughput={"head": nothing},
            quantiles=(("p50", None, None), ("max", 0.0, 1e9)),
        ),
        EndpointView(
            name="wide", anchor="endpoint-3", ecdf={"base": flat, "head": gaps}, density={"base": flat}
        ),
        EndpointView(name="", anchor="endpoint-4"),
    ]
    rows = [
        forest_row(endpoint="wide", change=4e7, low=-3e5, high=None, text="+40,000,000 %"),
        forest_row(metric="memory", change=0.0, low=0.0, high=0.0, tolerance=None),
        forest_row(metric="throughput", outcome="PASS, accepted", change=-99.9, low=-100.0, high=-50.0),
        forest_row(metric="errors", outcome="SOMETHING_NEW"),
    ]
    return page_of(
        views,
        forest=tuple(rows),
        rounds=(replace(rounds_of(1)[0], end_s=0.0), *rounds_of(70, dropped=66)[1:]),
        series=(
            SeriesView(unit="cores", name="CPU", curves={"base": gaps, "head": one}),
            SeriesView(unit="MB", name="memory", curves={"head": nothing}),
        ),
    )


PAGES = {
    "pass": passing,
    "regression": regression,
    "inconclusive": inconclusive,
    "invalid": invalid,
    "empty": empty,
    "one": one,
    "many": many,
    "hostile": hostile,
    "odd": odd,
}


def _smooth(heights: np.ndarray) -> np.ndarray:
    return np.convolve(heights, np.array([1, 3, 4, 3, 1]) / 12, "same")


def _over_time(seed: int, level: float, noise: float) -> Curve:
    rng = np.random.default_rng(seed)
    x = np.arange(0.5, _ROUNDS * _ROUND_S, 0.5)
    y = [None if value % _ROUND_S == 0 else level * (1 + noise * rng.standard_normal()) for value in x]
    return Curve(x=tuple(x.tolist()), y=tuple(y))
