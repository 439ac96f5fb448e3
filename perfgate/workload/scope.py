"""What one virtual user knows during one pass: its variables and its source of random choices."""

from __future__ import annotations

import random
import uuid
from typing import Any


class Scope:
    """Variables by name, a private generator, and the first thing that went wrong while rendering.

    The private generator has a seed of its own: how much randomness a pass uses up (it may end early on one
    side only) never shifts the passes that follow. It is made when something first draws, because making
    one takes 3 µs and most passes leave nothing to chance.
    """

    __slots__ = ("_rng", "_seed", "problem", "values")

    def __init__(self, values: dict[str, Any], seed: int) -> None:
        self.values = values
        self.problem = ""
        self._seed = seed
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
            known = self.values["$uuid"] = str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        return str(known)

    def pick(self, candidates: list[Any]) -> Any:
        """One of the candidates, at random; draws exactly once, and only when there is a choice."""
        return candidates[0] if len(candidates) == 1 else candidates[int(self.rng.random() * len(candidates))]
