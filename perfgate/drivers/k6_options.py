"""The options of a k6 script as a run needs them: steady and short in a round, its own otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NEEDED_TAGS = (
    "error",
    "error_code",
    "expected_response",
    "group",
    "method",
    "name",
    "scenario",
    "status",
    "url",
)
"""Without these of k6's system tags a request cannot be told apart."""

SHORTEST_MS = 1000
"""k6 accepts no shorter scenario."""

GRACE = "5s"
"""How long a round waits for the requests under way; k6 gives no time of one it had to interrupt."""

_LOAD = ("vus", "duration", "iterations", "stages", "scenarios")
_KEPT = ("exec", "env", "tags", "options")
_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PERCENTILE = re.compile(r"p\(\s*([\d.]+)\s*\)")
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h|d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """What of the script's options is dropped and what takes its place, and the same in words."""

    drop: tuple[str, ...]
    options: Mapping[str, Any]
    notes: tuple[str, ...]


def ordered_options(
    options: Mapping[str, Any],
    *,
    address: str,
    insecure: bool,
    duration_ns: int | None,
    vus: int | None,
    skip_think: bool,
) -> Ordered:
    """The changes for one run; `options` are those `k6 inspect` gave, `address` is the service's IP:port."""
    replaced: dict[str, Any] = {"hosts": {"*": address}}
    notes = []
    if options.get("hosts"):
        notes.append("options.hosts did not count: every host was the service")
    notes += [f"options.{name} did not count: k6 ran here" for name in ("cloud", "ext") if options.get(name)]
    if insecure:
        replaced["insecureSkipTLSVerify"] = True
    tags = options.get("systemTags")
    if tags is not None:
        replaced["systemTags"] = sorted({*tags, *NEEDED_TAGS})
    replaced |= _with_percentiles(options)
    drop: list[str] = []
    if options.get("paused"):
        drop.append("paused")
        notes.append("options.paused did not count: nobody would have started the test")
    if duration_ns is not None or vus is not None:
        scenarios, said = _steady(options, duration_ns, vus)
        replaced["scenarios"] = scenarios
        drop += _LOAD
        notes += said
    if duration_ns is not None and options.get("thresholds"):
        drop.append("thresholds")
        notes.append("the file's thresholds were not judged: a round is shorter than what they are about")
    if skip_think and options.get("minIterationDuration"):
        drop.append("minIterationDuration")
        notes.append("minIterationDuration was left out with the think time")
    return Ordered(drop=tuple(drop), options=replaced, notes=tuple(notes))


def _with_percentiles(options: Mapping[str, Any]) -> dict[str, Any]:
    # k6 reports the value a threshold was judged by only where the summary has that percentile.
    stats = options.get("summaryTrendStats")
    expressions = [text for judged in (options.get("thresholds") or {}).values() for text in _texts(judged)]
    asked = {f"p({match})" for text in expressions for match in _PERCENTILE.findall(text)}
    return {"summaryTrendStats": [*stats, *sorted(asked - set(stats))]} if stats and asked else {}


def _texts(judged: object) -> list[str]:
    entries = judged if isinstance(judged, list) else [judged]
    found = [entry.get("threshold", "") if isinstance(entry, dict) else entry for entry in entries]
    return [text for text in found if isinstance(text, str)]


def milliseconds(duration: object) -> float | None:
    """A duration as k6 writes it (`1m30s`, or a number of milliseconds); None if it is none."""
    if isinstance(duration, int | float) and not isinstance(duration, bool):
        return float(duration)
    if not isinstance(duration, str) or not duration:
        return None
    parts = _PART.findall(duration)
    if "".join(number + unit for number, unit in parts) != duration:
        return None
    return sum(float(number) * _UNIT_MS[unit] for number, unit in parts)


def _steady(
    options: Mapping[str, Any], duration_ns: int | None, vus: int | None
) -> tuple[dict[str, Any], list[str]]:
    own: Mapping[str, Any] = options.get("scenarios") or {"default": _shortcut(options)}
    peaks = {name: peak_vus(scenario) for name, scenario in own.items()}
    shares = shared(vus if vus is not None else sum(peaks.values()), peaks)
    scenarios = {}
    notes = []
    for name, scenario in own.items():
        asked_ms = duration_ns / 1e6 if duration_ns is not None else own_duration_ms(scenario)
        duration_ms = max(SHORTEST_MS, round(asked_ms))
        kept = {key: scenario[key] for key in _KEPT if scenario.get(key) is not None}
        scenarios[name] = {
            **kept,
            "executor": "constant-vus",
            "vus": shares[name],
            "duration": f"{duration_ms}ms",
            "gracefulStop": GRACE,
        }
        notes.append(
            f"{name}: {shares[name]} constant virtual users for {duration_ms / 1000:g} s in place of "
            f"{scenario.get('executor', 'k6 defaults')}"
        )
        if asked_ms < SHORTEST_MS:
            notes.append(f"{name}: k6 runs no scenario for less than 1 s, {asked_ms / 1000:g} s were asked")
    if vus is not None and sum(shares.values()) != vus:
        notes.append(
            f"{len(own)} scenarios need a virtual user each: {sum(shares.values())} in place of {vus}"
        )
    return scenarios, notes


def _shortcut(options: Mapping[str, Any]) -> dict[str, Any]:
    if options.get("stages"):
        return {"executor": "ramping-vus", "stages": options["stages"], "startVUs": options.get("vus") or 1}
    count = options.get("vus") or 1
    if options.get("duration") is not None:
        return {"executor": "constant-vus", "vus": count, "duration": options["duration"]}
    return {"executor": "shared-iterations", "vus": count, "iterations": options.get("iterations") or 1}


def peak_vus(scenario: Mapping[str, Any]) -> int:
    """The most virtual users a scenario has at a time."""
    numbers = [scenario.get(key) for key in ("vus", "startVUs", "preAllocatedVUs", "maxVUs")]
    if scenario.get("executor") == "ramping-vus":
        numbers += [stage.get("target") for stage in scenario.get("stages") or ()]
    return max([1, *(int(number) for number in numbers if number)])


def own_duration_ms(scenario: Mapping[str, Any]) -> float:
    """How long a scenario lasts by itself; the shortest there is where it counts iterations."""
    stages = scenario.get("stages") or ()
    total = sum(milliseconds(stage.get("duration")) or 0 for stage in stages)
    return total or milliseconds(scenario.get("duration")) or SHORTEST_MS


def shared(vus: int, peaks: Mapping[str, int]) -> dict[str, int]:
    """Virtual users shared in proportion, at least one each, by largest remainder."""
    total = sum(peaks.values())
    exact = {name: vus * peak / total for name, peak in peaks.items()}
    shares = {name: max(1, int(part)) for name, part in exact.items()}
    for name in sorted(exact, key=lambda name: int(exact[name]) - exact[name]):
        if sum(shares.values()) >= vus:
            break
        shares[name] += 1
    while sum(shares.values()) > vus and max(shares.values()) > 1:
        shares[max(shares, key=lambda name: shares[name])] -= 1
    return shares
