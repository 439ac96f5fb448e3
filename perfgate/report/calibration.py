"""What a calibration found, for the terminal and as Markdown."""

from __future__ import annotations

from perfgate.model import (
    BOUND_CONFIDENCE,
    QUANTILES,
    CalibratedMetric,
    Calibration,
    CalibrationRow,
    CalibrationRun,
    Outcome,
)
from perfgate.report.console import new_console, print_wrapped, written
from perfgate.report.inert import code, prose
from perfgate.report.levels import render_table
from perfgate.report.text import shorten
from perfgate.report.words import (
    NONE,
    WORST_FIRST,
    elapsed_text,
    endpoint_text,
    is_number,
    mde_text,
    signed_text,
    size_text,
)
from perfgate.units import format_ratio

_NAME_WIDTH = 80
_NAMED = 5

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]


def render(found: Calibration, *, width: int) -> str:
    """The sentences and, below them, a table with a line a metric."""
    console = new_console(width, color=False)
    for sentence in sentences(found):
        print_wrapped(console, sentence)
    header, rows = _table(found)
    table = f"\n{render_table(header, rows, width=width)}" if rows else ""
    return f"{written(console)}{table}"


def render_markdown(found: Calibration) -> str:
    """The same for a page or a comment; nothing in a name becomes markup."""
    first, *others = sentences(found)
    header, rows = _table(found)
    lines = [f"### {prose(first)}", "", *(f"- {prose(sentence)}" for sentence in others)]
    if rows:
        lines += ["", f"| {' | '.join(header)} |", f"|---|---|{'--:|' * (len(header) - 2)}"]
        lines += [f"| {code(shorten(name, _NAME_WIDTH))} | {' | '.join(cells)} |" for name, *cells in rows]
    return "\n".join(lines) + "\n"


def run_text(run: CalibrationRun, worst: CalibrationRow | None) -> str:
    """One run in a line: its outcome, its time, and the metric that looked worst."""
    text = f"{run.outcome} in {elapsed_text(run.seconds)}"
    if run.rounds_dropped:
        text += f", {run.rounds_dropped} of {run.rounds_measured} rounds dropped"
    if worst is None:
        return text
    name = f"{shorten(endpoint_text(worst.metric), 60)} {worst.metric.statistic}"
    return f"{text}; worst: {name} {signed_text(worst.metric.statistic, worst.change)}"


def sentences(found: Calibration) -> list[str]:
    """What the runs show, the first sentence by itself, and what they do not show."""
    lines = _found(found) if found.injected else _false_alarms(found)
    if len(found.runs) < found.asked:
        lines.append(f"Ended early: {len(found.runs)} of {found.asked} runs.")
    counts = [f"{found.outcomes[o]} {o}" for o in WORST_FIRST if found.outcomes.get(o)]
    lines.append(f"Outcomes: {', '.join(counts)}; {elapsed_text(found.seconds)} a run (median).")
    return lines + (_coverage(found) if found.injected else _blindness(found))


def _false_alarms(found: Calibration) -> list[str]:
    if not found.judged:
        return ["A/A: every run was INVALID, so nothing is known about false alarms."]
    alarms = "false alarm" if found.red == 1 else "false alarms"
    first = f"A/A: {found.red} {alarms} in {found.judged} {_runs(found.judged)} of one commit against itself."
    sure = f"{BOUND_CONFIDENCE * 100:.0f} %"
    if not found.red:
        said = (
            f"That shows a rate of false alarms under {_percent(found.upper)} ({sure} sure, Clopper-Pearson)"
        )
        if found.judged < found.runs_for_one_percent:
            said += f" and no more: to show 1 %, {found.runs_for_one_percent} runs without one are needed"
        return [first, f"{said}."]
    named = [m for m in found.metrics if m.red]
    who = ", ".join(f"{_name(m)} ({m.red}×)" for m in named[:_NAMED])
    return [
        first,
        f"The rate is {_percent(found.red / found.judged)}: at least {_percent(found.lower)}, at most "
        f"{_percent(found.upper)} (each {sure} sure, Clopper-Pearson). The gate promises 1 %.",
        f"Called worse though nothing changed: {who}.",
    ]


def _found(found: Calibration) -> list[str]:
    what = found.injected.text if found.injected else ""
    if not found.judged:
        return [f"Injected {what} into head: every run was INVALID, so nothing is known."]
    open_runs = found.outcomes.get(Outcome.INCONCLUSIVE, 0)
    missed = found.judged - found.red - open_runs
    lines = [f"Injected {what} into head: found in {found.red} of {found.judged} {_runs(found.judged)}."]
    if found.red:
        lines.append(
            f"That shows that at least {_percent(found.lower)} of such runs find it "
            f"({BOUND_CONFIDENCE * 100:.0f} % sure, Clopper-Pearson)."
        )
    if missed or open_runs:
        lines.append(
            f"{missed} missed it, {open_runs} could not tell. The table says which changes can be seen here; "
            "longer rounds (measure.round) or more of them (measure.rounds) see smaller ones."
        )
    return lines


def _coverage(found: Calibration) -> list[str]:
    injected = found.injected
    if injected is None:
        return []
    if injected.ratio:
        whose = "slow answers' " if injected.is_tail_only else ""
        return [
            f"{injected.text} is of the {whose}time behind the wrapper, from the last byte of the request to "
            "the first of the answer; the change of the whole service time is smaller."
        ]
    of = sum(m.coverable for m in found.metrics)
    held = sum(m.covered for m in found.metrics)
    if not of:
        return []
    return [
        f"The intervals held what was injected in {held} of {of} cases (a metric in a run; those of one run "
        "depend on each other). 90 % should."
    ]


def _blindness(found: Calibration) -> list[str]:
    """Which requirements this machine and service cannot meet as things are."""
    required = [m for m in found.metrics if is_number(m.requirement) and m.mde is not None]
    blind = [m for m in required if m.met * 2 < m.runs]
    if not blind:
        return []
    who = ", ".join(f"{_name(m)} ({mde_text(m.metric.statistic, m.mde)})" for m in blind[:_NAMED])
    more = f" and {len(blind) - _NAMED} more" if len(blind) > _NAMED else ""
    return [
        f"Most runs could not see a change as large as gate.require allows to go unseen: {who}{more}. "
        "Measure longer rounds (measure.round) or allow more."
    ]


def _table(found: Calibration) -> Table:
    if found.injected is None:
        noise = ("SD of a round", "MDE", "tolerance", "required", "met", "flagged", "red")
        return ("endpoint", "metric", *noise), [_noise_row(m) for m in found.metrics]
    shown = [m for m in found.metrics if m.metric.statistic in QUANTILES]
    seen = ("injected", "change", "interval", "MDE", "flagged", "red")
    return ("endpoint", "metric", *seen), [_injected_row(m, found) for m in shown]


def _noise_row(m: CalibratedMetric) -> tuple[str, ...]:
    statistic = m.metric.statistic
    required = size_text(statistic, m.requirement) if is_number(m.requirement) else NONE
    return (
        endpoint_text(m.metric),
        statistic,
        size_text(statistic, m.round_sd) if is_number(m.round_sd) else NONE,
        mde_text(statistic, m.mde),
        size_text(statistic, m.tolerance),
        required,
        f"{m.met} of {m.runs}" if required != NONE and m.mde is not None else NONE,
        str(m.flagged),
        str(m.red),
    )


def _injected_row(m: CalibratedMetric, found: Calibration) -> tuple[str, ...]:
    statistic = m.metric.statistic
    ends = (m.low, m.high)
    interval = ", ".join(signed_text(statistic, end) for end in ends) if all(map(is_number, ends)) else NONE
    return (
        endpoint_text(m.metric),
        statistic,
        _injected_text(m, found),
        signed_text(statistic, m.change),
        interval,
        mde_text(statistic, m.mde),
        str(m.flagged),
        f"{m.red} of {m.runs}",
    )


def _injected_text(m: CalibratedMetric, found: Calibration) -> str:
    if m.injected is not None:
        return signed_text(m.metric.statistic, m.injected)
    injected = found.injected
    if injected is None or not injected.ratio or (injected.is_tail_only and m.metric.statistic != "p99"):
        return NONE
    return f"≤ {format_ratio(injected.ratio)}"


def _name(m: CalibratedMetric) -> str:
    return f"{shorten(endpoint_text(m.metric), 60)} {m.metric.statistic}"


def _percent(ratio: float) -> str:
    """A rate with the digits that count: 26 %, 0.99 %."""
    return f"{ratio * 100:.2g} %" if ratio < 0.995 else "100 %"


def _runs(count: int) -> str:
    return "run" if count == 1 else "runs"
