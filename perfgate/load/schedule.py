"""The schedule of an open model: when which arrival is due on which side."""

from __future__ import annotations

import random
from array import array
from bisect import bisect_right

from perfgate.load import pacing
from perfgate.load.running import Running


def schedule(running: Running) -> None:
    """Draw the arrivals of this part of the load; each side gets a random half, whenever they are."""
    plan = running.plan
    index, count = plan.part
    every = array(
        "q", pacing.arrivals_ns(plan.profile, random.Random(f"{plan.seed}/arrivals").getrandbits(64))
    )
    running.arrivals_ns = every[index::count]
    stretches = pacing.pieces(plan.profile)
    if any(piece.max_vus for piece in stretches):
        begins = [piece.from_ns for piece in stretches]
        caps = [pacing.share(piece.max_vus, index, count) or int(piece.max_vus > 0) for piece in stretches]
        running.caps = array("l", (caps[bisect_right(begins, due) - 1] for due in running.arrivals_ns))
    if len(plan.addresses) > 1:
        sides = [number % len(plan.addresses) for number in range(len(running.arrivals_ns))]
        random.Random(f"{plan.seed}/sides").shuffle(sides)
        running.sides = bytes(sides)
