"""A load's sentences, the same for every surface: clean, but neither wrapped nor escaped."""

from __future__ import annotations

from collections.abc import Mapping

from perfgate.model import LoadSummary, Outcome
from perfgate.report import loadtotals
from perfgate.report.loadrows import rate_text, share_text
from perfgate.report.profile_words import counted, describe_profile
from perfgate.report.text import clean, shorten
from perfgate.report.words import NONE, elapsed_text, is_number
from perfgate.units import format_bytes, format_duration_ns, format_ratio

CLOSED_MODEL = (
    "closed model: a user who waits for an answer sends nothing meanwhile, so a stall of the service shows "
    "in few requests and these times look too good (coordinated omission); drive it by an arrival rate "
    "to see stalls in full"
)
_TARGET_WIDTH = 80
_NAME_WIDTH = 40
_ERROR_WIDTH = 60
_MOST_ERRORS = 10
_MOST_ENDPOINTS = 3
_MOST_STATUSES = 12
_NOTABLE_STEP_NS = 100_000
_NO_ANSWER = ("0", "")


def load_sentence(summary: LoadSummary, outcome: Outcome) -> str:
    """The outcome, what was driven how hard, and how much of it failed, as one sentence."""
    target = shorten(clean(summary.target), _TARGET_WIDTH)
    evidence = "no evidence about " if outcome == Outcome.INVALID else ""
    driven = f"{evidence}{target} under {summary.load_words or describe_profile(summary.profile)}"
    if not summary.requests:
        return f"{outcome}: {driven}: no request was sent."
    failed = loadtotals.all_failed(summary)
    share = (
        "none"
        if not failed
        else "all"
        if failed == summary.requests
        else share_text(failed, summary.requests)
    )
    rate = rate_text(summary.requests, summary)
    return f"{outcome}: {driven}: {counted(summary.requests, 'request')}, {rate}/s, {share} failed."


def error_lines(summary: LoadSummary) -> list[str]:
    """Each error class with its requests and where they were sent, the most frequent first."""
    errors = loadtotals.errors(summary)
    lines = [
        f"{count:,} × {shorten(clean(error), _ERROR_WIDTH)}: {_where(loadtotals.where(summary, error))}"
        for error, count in list(errors.items())[:_MOST_ERRORS]
    ]
    left_out = len(errors) - len(lines)
    return [*lines, f"and {left_out} more error classes in the JSON report"] if left_out else lines


def statuses_text(summary: LoadSummary) -> str:
    """The answers by HTTP status: `200 × 118,419 · no whole answer × 4`."""
    statuses = list(loadtotals.statuses(summary).items())
    texts = [
        f"{'no whole answer' if status in _NO_ANSWER else shorten(clean(status), 8)} × {count:,}"
        for status, count in statuses[:_MOST_STATUSES]
    ]
    left_out = len(statuses) - len(texts)
    return " · ".join([*texts, f"{left_out} more"] if left_out else texts)


def dropped_text(summary: LoadSummary) -> str:
    """The arrivals that were never sent, or nothing where there were none."""
    if not summary.dropped:
        return ""
    return f"{counted(summary.dropped, 'arrival')} that no user was free to take in time"


def driver_text(summary: LoadSummary) -> str:
    """How the driver fared, and what the times were taken with."""
    driver = summary.driver
    clock = clean(driver.clock_source).partition(" (")[0]
    if "kernel" in clock:
        clock += f" for {format_ratio(driver.kernel_stamped_ratio)} of answers"
    if abs(driver.clock_step_ns) >= _NOTABLE_STEP_NS:
        clock += f" · wall clock moved by {format_duration_ns(abs(driver.clock_step_ns))}"
    cpu = (
        format_duration_ns(driver.cpu_us_per_request * 1000) if is_number(driver.cpu_us_per_request) else NONE
    )
    return " · ".join(
        (
            f"{format_ratio(driver.cpu_ratio)} of the CPUs it may use",
            f"{cpu} of CPU per request",
            counted(driver.processes, "process"),
            f"times by {clock}",
        )
    )


def facts_text(summary: LoadSummary) -> str:
    """What was done, in one line."""
    name = shorten(clean(summary.workload_name), _NAME_WIDTH)
    short = 0 < summary.elapsed_s < 60
    took = format_duration_ns(summary.elapsed_s * 1e9) if short else elapsed_text(summary.elapsed_s)
    return " · ".join(
        (
            f"workload {name} {clean(summary.workload_digest)[:10]}",
            f"seed {summary.seed}",
            f"{format_bytes(loadtotals.bytes_received(summary))} received",
            f"took {took}",
            f"started {shorten(clean(summary.started_at), _NAME_WIDTH)}",
        )
    )


def _where(endpoints: Mapping[str, int]) -> str:
    """The endpoints; how many requests each, where it is not just one."""
    names = [(shorten(clean(name) or "(no name)", _NAME_WIDTH), count) for name, count in endpoints.items()]
    if len(names) == 1:
        return names[0][0]
    texts = [f"{name} {count:,}" for name, count in names[:_MOST_ENDPOINTS]]
    left_out = len(names) - len(texts)
    return ", ".join([*texts, f"{left_out} more"] if left_out else texts)
