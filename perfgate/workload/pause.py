"""`think`: a pause that is always the same, or one whose length the pass decides."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from perfgate.errors import UsageError
from perfgate.model import Failure, Think
from perfgate.workload.body import compiled
from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.step import RequestStep
from perfgate.workload.template import Names, Template, as_text, resolve
from perfgate.workload.walking import Anchor, Walk

_PERCENT = re.compile(r"\s*(\d{1,6}(?:\.\d+)?)\s*%\s*")
_MILLISECONDS = re.compile(r"\s*\d{1,9}(?:\.\d+)?\s*")

Jitter = Callable[[int], float]
"""How far a pause of so many nanoseconds may be off, in nanoseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Think time that varies; `duration` is nanoseconds or a `Template` of seconds or of text with a unit."""

    duration: Any
    jitter: Any
    place: Place
    jitter_place: Place | None
    anchor: Anchor

    @property
    def requests(self) -> tuple[RequestStep, ...]:
        """A pause sends nothing."""
        return ()

    @property
    def pauses(self) -> bool:
        """That is all it does."""
        return True

    def walk(self, scope: Scope) -> Walk:
        """The pause of one pass; one whose length is no duration is a failure, and the pass goes on."""
        try:
            length_ns = self._length_ns(scope)
        except UsageError:
            yield Failure(endpoint=self.anchor.endpoint, error="think time is no duration")
            return True
        if scope.take_problem():
            yield Failure(endpoint=self.anchor.endpoint, error="think time is no duration")
            return True
        if length_ns:
            yield Think(duration_ns=length_ns)
        return True

    def _length_ns(self, scope: Scope) -> int:
        length_ns: Any = self.duration
        if isinstance(length_ns, Template):
            length_ns = replace(self.place, value=length_ns.render(scope)).duration_ns()
        if self.jitter_place is None:
            return int(length_ns)
        off_ns = read_jitter(replace(self.jitter_place, value=resolve(self.jitter, scope)))(length_ns)
        return int(max(0.0, length_ns - off_ns + scope.rng.random() * 2 * off_ns))


def read_think(
    fields: dict[str, Place], default: Place | None, names: Names, anchor: Anchor
) -> Think | Pause:
    """Compile a pause; `default` is the jitter of one that names none.

    Raises:
        UsageError: a length or a jitter that cannot be used.
    """
    place, jitter_place = fields["think"], fields.get("jitter", default)
    written = compiled(place, place.scalar(), names)
    duration = written if isinstance(written, Template) else replace(place, value=written).duration_ns()
    jitter = None
    if jitter_place is not None:
        jitter = compiled(jitter_place, jitter_place.scalar(), names)
        if not isinstance(jitter, Template):
            read_jitter(replace(jitter_place, value=jitter))
    if jitter_place is None and not isinstance(duration, Template):
        return Think(duration_ns=duration)
    return Pause(duration=duration, jitter=jitter, place=place, jitter_place=jitter_place, anchor=anchor)


def read_jitter(place: Place) -> Jitter:
    """A share of the pause (`20%`), or a fixed time: milliseconds, or text with a unit.

    Raises:
        UsageError: neither.
    """
    text = as_text(place.scalar())
    if match := _PERCENT.fullmatch(text):
        ratio = float(match[1]) / 100
        return lambda length_ns: length_ns * ratio
    if _MILLISECONDS.fullmatch(text):
        milliseconds = float(text)
        return lambda _: milliseconds * 1e6
    off_ns = place.duration_ns()
    return lambda _: off_ns
