"""From the JSON document back to the verdict: strict and bounded, because anybody may have written it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from pydantic import ValidationError

from perfgate.errors import UsageError
from perfgate.model import Acceptance, Commit, Comparison, Metric, Outcome, Reason, Verdict
from perfgate.report.document import ReasonDocument
from perfgate.report.jsonout import (
    SCHEMA_VERSION,
    AcceptanceDocument,
    CommitDocument,
    ComparisonDocument,
    MetricDocument,
    VerdictDocument,
)
from perfgate.report.text import clean, shorten

MAX_BYTES = 8 << 20
MAX_ITEMS = 5_000
"""The longest list: comparisons of a verdict, or reasons of any of them."""

MAX_TEXT = 1 << 16
"""The longest text, in characters."""

MAX_NUMBER = 1e18
"""The largest size of a number: as nanoseconds 31 years."""

_SIGNED = {"change", "low", "high", "base", "head"}
_SHARES = {"confidence", "p_adjusted"}
_REMEDY = "take the document as `perfgate … -o json=` wrote it, from a perfgate of this version"
_SHOWN_WIDTH = 120


def read_verdict(text: str | bytes, *, where: str) -> Verdict:
    """The verdict in a document of `jsonout.render`, which makes the same document of it again.

    Numbers that the document cannot hold come back as NaN, where `Verdict` has no None for them, and a
    requirement as infinite. The headline is not believed: whoever needs it makes it of the verdict.

    Args:
        text: the document.
        where: what it is called in errors.

    Raises:
        UsageError: larger than `MAX_BYTES`, no JSON, of another version, or with anything in it that
            `jsonout.render` does not write; the message names field and place.
    """
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(content) > MAX_BYTES:
        raise _refusal(where, f"larger than {MAX_BYTES >> 20} MiB")
    try:
        plain = content.decode("utf-8")
        raw = json.loads(plain, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _refusal(f"{where}:{error.lineno}:{error.colno}", f"not JSON: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise _refusal(where, f"not JSON: {error}") from error
    _require_version(raw, where)
    for place, problem in _out_of_bounds(raw, ()):
        raise _refusal(where, f"{place}: {problem}")
    try:
        document = VerdictDocument.model_validate_json(plain, strict=True)
    except ValidationError as error:
        raise _refusal(where, _first_problem(error)) from error
    _require_sense(document, where)
    return _verdict(document)


def _require_version(raw: object, where: str) -> None:
    found = raw.get("schema_version") if isinstance(raw, dict) else None
    if isinstance(found, bool):
        raise _refusal(where, f"schema_version: {found} is no number")
    if isinstance(found, int) and found > SCHEMA_VERSION:
        known = f"known is {SCHEMA_VERSION}"
        raise UsageError(
            f"{_shown(where)}: from a newer perfgate: schema_version {_shown(found)}, {known}",
            "read it with the perfgate that wrote it, or a newer one",
        )


def _out_of_bounds(value: object, place: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every value that is larger than a document of perfgate can hold, with its place."""
    if problem := _problem(value, place[-1] if place else ""):
        yield _dotted(place), problem
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _out_of_bounds(item, (*place, str(key)))


def _problem(value: object, name: str) -> str:
    match value:
        case str() if len(value) > MAX_TEXT:
            return f"{len(value)} characters are too many (at most {MAX_TEXT})"
        case list() if len(value) > MAX_ITEMS:
            return f"{len(value)} entries are too many (at most {MAX_ITEMS})"
        case bool():
            return ""
        case int() | float() if abs(value) > MAX_NUMBER:
            return f"larger than {MAX_NUMBER:g}"
        case int() | float() if value < 0 and name not in _SIGNED:
            return "is below 0"
        case int() | float() if value > 1 and name in _SHARES:
            return "is above 1"
    return ""


def _require_sense(document: VerdictDocument, where: str) -> None:
    """Refuse what has the right shape and still cannot be a verdict."""
    if document.outcome is Outcome.NOT_MEASURED:
        raise _refusal(where, "outcome: only a metric can be NOT_MEASURED")
    seen: set[Metric] = set()
    for number, each in enumerate(document.comparisons):
        metric = Metric(endpoint=each.metric.endpoint, statistic=each.metric.statistic)
        if each.metric.better != metric.better:
            raise _refusal(
                where, f"comparisons.{number}.metric.better: {metric.statistic} is better {metric.better}"
            )
        if metric in seen:
            raise _refusal(where, f"comparisons.{number}.metric: stands there twice")
        seen.add(metric)


def _verdict(document: VerdictDocument) -> Verdict:
    return Verdict(
        outcome=document.outcome,
        base=_commit(document.base),
        head=_commit(document.head),
        workload_name=document.workload_name,
        comparisons=tuple(_comparison(each) for each in document.comparisons),
        reasons=_reasons(document.reasons),
        warnings=_reasons(document.warnings),
        rounds_measured=document.rounds_measured,
        rounds_dropped=document.rounds_dropped,
        requests=document.requests,
        elapsed_s=_number(document.elapsed_s),
        reproduce=document.reproduce,
    )


def _comparison(document: ComparisonDocument) -> Comparison:
    return Comparison(
        metric=_metric(document.metric),
        outcome=document.outcome,
        rounds=document.rounds,
        base=document.base,
        head=document.head,
        change=document.change,
        low=document.low,
        high=document.high,
        confidence=_number(document.confidence),
        p_adjusted=document.p_adjusted,
        mde=document.mde,
        tolerance=_number(document.tolerance),
        requirement=math.inf if document.requirement is None else document.requirement,
        reasons=_reasons(document.reasons),
        level=document.level,
        accepted=_acceptance(document.accepted) if document.accepted else None,
    )


def _metric(document: MetricDocument) -> Metric:
    return Metric(endpoint=document.endpoint, statistic=document.statistic)


def _commit(document: CommitDocument) -> Commit:
    return Commit(sha=document.sha, ref=document.ref, branch=document.branch, dirty=document.dirty)


def _acceptance(document: AcceptanceDocument) -> Acceptance:
    return Acceptance(
        up_to=document.up_to,
        reason=document.reason,
        expires=document.expires,
        author=document.author,
        date=document.date,
    )


def _reasons(documents: Sequence[ReasonDocument]) -> tuple[Reason, ...]:
    return tuple(Reason(code=each.code, text=each.text, remedy=each.remedy) for each in documents)


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise ValueError(f"the key {twice!r} stands there twice")
    return keys


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number JSON knows")


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{_dotted(tuple(map(str, first['loc'])))}: {first['msg']}{more}"


def _dotted(place: tuple[str, ...]) -> str:
    return ".".join(place) or "the document"


def _refusal(where: str, problem: str) -> UsageError:
    return UsageError(f"{_shown(where)}: {_shown(problem)}", _REMEDY)


def _shown(value: object) -> str:
    return shorten(clean(str(value)), _SHOWN_WIDTH)
