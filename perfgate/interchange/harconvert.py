"""A recording as a workload: choosing, linking, cleaning, pausing; and an account of it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from perfgate.errors import UsageError
from perfgate.interchange.draft import Draft, DraftRequest, DraftScenario, LeftOutError
from perfgate.interchange.har import HarEntry, read_har
from perfgate.interchange.harchoice import choose, numbered
from perfgate.interchange.harlinks import Link, find_links
from perfgate.interchange.harnames import endpoint_name
from perfgate.interchange.harrequest import Cleaned, request_of
from perfgate.interchange.scrub import Scrubber
from perfgate.interchange.secretnames import secret_values
from perfgate.interchange.vault import Vault

SHORTEST_THINK_S = 0.5
LONGEST_THINK_S = 30.0


def draft_of_har(
    document: Mapping[str, Any], name: str, *, host: str | None, include_static: bool, think: bool
) -> Draft:
    """The workload that sends what was recorded to one host again, in one scenario.

    Raises:
        UsageError: not a HAR perfgate can read, or nothing in it can become a request.
    """
    recording = read_har(document, name)
    choice = choose(recording, host, include_static=include_static)
    usable, refused = _usable(choice.entries)
    if not usable:
        some = "; ".join(f"entry {entry.number}: {why}" for entry, why in refused[:3])
        raise UsageError(
            f"{name}: no request to {choice.origin} can be sent again: {some}", "record other requests"
        )
    links = find_links(usable)
    captured = {link.value: link.variable for found in links.values() for link in found}
    vault = Vault()
    for _ in range(2):  # A secret may be met before the name that gives it away.
        cleaned = Cleaned()
        scrubber = Scrubber(vault, captured)
        requests = [request_of(each, scrubber, vault, links.get(each.number, ()), cleaned) for each in usable]
    headers = _shared_headers(requests)
    requests = [
        replace(each, headers={key: v for key, v in each.headers.items() if key not in headers})
        for each in requests
    ]
    pauses, capped = _pauses(usable) if think else ([0.0] * len(usable), 0)
    steps = [
        step
        for pause, each in zip(pauses, requests, strict=True)
        for step in ((pause, each) if pause else (each,))
    ]
    notes = [
        f"{len(requests)} requests to {choice.origin}, made by perfgate convert from {name}"
        + (f" (recorded with {recording.creator})" if recording.creator else ""),
        *choice.notes,
        *_refusals(refused),
        *_account(vault, links, cleaned),
        *([f"{capped} pauses were longer than {LONGEST_THINK_S:g} s and are cut to that"] if capped else []),
    ]
    scenario = DraftScenario(name=_title(recording.title), steps=tuple(steps))
    return Draft(target=choice.origin, scenarios=(scenario,), headers=headers, notes=tuple(notes))


def _usable(entries: Sequence[HarEntry]) -> tuple[list[HarEntry], list[tuple[HarEntry, str]]]:
    """The entries that can be sent again, and why the others cannot."""
    usable, refused = [], []
    for entry in entries:
        vault = Vault()
        try:
            request_of(entry, Scrubber(vault, {}), vault, (), Cleaned())
        except LeftOutError as error:
            refused.append((entry, str(error)))
        else:
            usable.append(entry)
    return usable, refused


def _refusals(refused: Sequence[tuple[HarEntry, str]]) -> list[str]:
    by_reason: dict[str, list[HarEntry]] = {}
    for entry, why in refused:
        by_reason.setdefault(f"{endpoint_name(entry)}: {why}", []).append(entry)
    return [f"left out: {what} (entry {numbered(found)})" for what, found in by_reason.items()]


def _account(vault: Vault, links: Mapping[int, Sequence[Link]], cleaned: Cleaned) -> list[str]:
    notes = [f"set {name}: a secret, {where}, is not copied" for name, where in vault.taken_from.items()]
    variables = [link.variable for found in links.values() for link in found]
    if variables:
        notes.append(f"captured from answers for later requests: {', '.join(variables)}")
    if cleaned.cookies:
        notes.append(f"cookies of before the recording that are not sent: {', '.join(cleaned.cookies)}")
    for name, why in cleaned.headers.items():
        notes.append(f"left out: the header {name}: {why}")
    if cleaned.redirects:
        notes.append(f"redirects are not followed: what they lead to was recorded too ({cleaned.redirects})")
    if cleaned.unmodified:
        notes.append(f"{cleaned.unmodified} answers were 304 by the browser's cache; without it they are 200")
    if cleaned.failures:
        found = Counter(f"{entry.status}" for entry in cleaned.failures)
        what = ", ".join(f"{count} × {status}" for status, count in sorted(found.items()))
        notes.append(
            f"answers that were errors are expected again ({what}: entry {numbered(cleaned.failures)})"
        )
    notes.append(
        "headers of connection, cache, browser and tracing are left out (Host, If-*, Sec-*, User-Agent, …)"
    )
    return notes


def _shared_headers(requests: Sequence[DraftRequest]) -> dict[str, str]:
    """Headers that every request has with the same value."""
    if len(requests) < 2:
        return {}
    first, *others = requests
    return {
        name: value
        for name, value in first.headers.items()
        if name != "content-type" and all(each.headers.get(name) == value for each in others)
    }


def _pauses(entries: Sequence[HarEntry]) -> tuple[list[float], int]:
    """The seconds to wait before each entry, and how many waits were cut."""
    pauses, capped, free_at = [0.0], 0, 0.0
    for before, entry in pairwise(entries):
        if before.started is None or entry.started is None:
            pauses.append(0.0)
            continue
        free_at = max(free_at, before.started.timestamp() + before.took_s)
        pause = entry.started.timestamp() - free_at
        capped += pause > LONGEST_THINK_S
        pauses.append(round(min(pause, LONGEST_THINK_S), 1) if pause >= SHORTEST_THINK_S else 0.0)
    return pauses, capped


def _title(text: str) -> str:
    """The title of the first page, which often is its URL; nothing that may hold a secret."""
    text = text.partition("?")[0].partition("#")[0]
    return "recorded" if secret_values(text) or "@" in text else _one_line(text) or "recorded"


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:100].replace("{{", "(")
