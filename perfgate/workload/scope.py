"""What one virtual user knows during one pass: its variables and its source of random choices."""

from __future__ import annotations

import random
import uuid
from typing import Any

_SPREAD = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


class Scope:
    """Variables by name, a private generator, and the first thing that went wrong while rendering.

    `failure` is why the pass ended before its last step, and `request` the one it ended at, where a function
    asks for it.

    The private generator has a seed of its own: how much randomness a pass uses up (it may end early on one
    side only) never shifts the passes that follow. It is made when something first draws, because making
    one takes 3 µs and most passes leave nothing to chance.
    """

    __slots__ = ("_forks", "_rng", "_seed", "failure", "problem", "request", "values")

    def __init__(self, values: dict[str, Any], seed: int) -> None:
        self.values = values
        self.problem = ""
        self.failure = ""
        self.request: dict[str, Any] = {}
        self._seed = seed
        self._forks = 0
        self._rng: random.Random | None = None

    @property
    def rng(self) -> random.Random:
        """The pass's generator."""
        if self._rng is None:
            self._rng = random.Random(self._seed)
        return self._rng

    def missing(self, name: str) -> str:
        """Note that a template needs a variable that has no value; the text to send in its place."""
        return self.trouble(f"undefined variable {name}")

    def trouble(self, problem: str) -> str:
        """Note the first problem of the request being rendered; returns empty text."""
        self.problem = self.problem or problem
        return ""

    def take_problem(self) -> str:
        """The first problem since the last call, or empty text."""
        problem, self.problem = self.problem, ""
        return problem

    def uuid(self) -> str:
        """The virtual user's UUID: one a pass."""
        known = self.values.get("$uuid")
        if known is None:
            # Not from the pass's own generator: of steps at the same time any may be the first to ask.
            bits = random.Random(f"{self._seed}/uuid").getrandbits(128)
            known = self.values["$uuid"] = str(uuid.UUID(int=bits, version=4))
        return str(known)

    def fork(self) -> Scope:
        """The same variables with a generator of its own, for steps that run beside others."""
        self._forks += 1
        self.uuid()
        return Scope(self.values, (self._seed ^ self._forks * _SPREAD) & _MASK)

    def pick(self, candidates: list[Any]) -> Any:
        """One of the candidates, at random; draws exactly once, and only when there is a choice."""
        return candidates[0] if len(candidates) == 1 else candidates[int(self.rng.random() * len(candidates))]
