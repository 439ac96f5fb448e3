"""When requests are due: a pure function of the rate and the seed, with no clock in it.

An open model sends by this schedule whether or not the service keeps up, so a stall shows as waiting
requests instead of as fewer requests (coordinated omission; Tene, 2013).
"""

import math
import random


def poisson_arrivals_ns(rate_rps: float, duration_ns: int, rng: random.Random) -> list[int]:
    """Arrival times within `duration_ns`, in order: independent users, so gaps are exponential.

    Raises:
        ValueError: the rate is not above zero, or not finite.
    """
    if not 0 < rate_rps < math.inf:
        raise ValueError("an arrival rate must be above zero and finite")
    arrivals = []
    mean_gap_ns = 1e9 / rate_rps
    due_ns = rng.expovariate(1.0) * mean_gap_ns
    while due_ns < duration_ns:
        arrivals.append(int(due_ns))
        due_ns += rng.expovariate(1.0) * mean_gap_ns
    return arrivals
