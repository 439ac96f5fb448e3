"""How long the whole analysis of a pull request takes: quantiles, test, intervals and power.

26 rounds × 5 endpoints × (p50, p95, p99) with about 1000 samples a side, plus error ratios, CPU and geometric
means over endpoints (25 metrics), 10,000 flips. Run: python bench/stats_speed.py
"""

import time

import numpy as np

from perfgate.stats.interval import hodges_lehmann
from perfgate.stats.power import minimum_detectable_effect
from perfgate.stats.quantiles import harrell_davis
from perfgate.stats.signflip import max_t

ROUNDS, ENDPOINTS, SAMPLES, FLIPS = 26, 5, 1000, 10_000
PROBABILITIES = (0.50, 0.95, 0.99)
TARGET_S = 2.0


def main() -> None:
    rng = np.random.default_rng(20)
    sizes = rng.poisson(SAMPLES, size=(ROUNDS, ENDPOINTS, 2))
    samples = {where: (rng.lognormal(15, 0.4, n)).astype(np.int64) for where, n in np.ndenumerate(sizes)}
    marks = [time.perf_counter()]
    logs = np.empty((*sizes.shape, len(PROBABILITIES)))
    for where, values in samples.items():
        logs[where] = np.log(harrell_davis(values, PROBABILITIES))
    marks.append(time.perf_counter())
    quantiles = logs[:, :, 1] - logs[:, :, 0]
    others = rng.normal(0, 0.01, (ROUNDS, ENDPOINTS + 2))
    d = np.hstack([quantiles.reshape(ROUNDS, -1), quantiles.mean(axis=1), others])
    clipped = np.ones(d.shape[1], dtype=bool)
    test = max_t(d, clipped=clipped, flips=FLIPS, rng=rng)
    marks.append(time.perf_counter())
    for column in d.T:
        hodges_lehmann(column)
    marks.append(time.perf_counter())
    minimum_detectable_effect(
        d, clipped=clipped, null_max=test.null_max, alpha=0.04, tolerance=np.full(d.shape[1], 0.03)
    )
    marks.append(time.perf_counter())
    parts = ("quantiles", "sign-flip test", "intervals", "power")
    for part, seconds in zip(parts, np.diff(marks), strict=True):
        print(f"{part:15} {seconds * 1000:7.1f} ms")
    print(f"{'all':15} {(marks[-1] - marks[0]) * 1000:7.1f} ms (target: under {TARGET_S * 1000:.0f} ms)")


if __name__ == "__main__":
    main()
