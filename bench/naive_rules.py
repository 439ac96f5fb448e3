"""The rules that other tools go by, on the latencies of requests: is this benchmark slower, yes or no?

Each takes the values of base and of head, in any unit. Where a test is two-sided a result counts only if head
is slower, as in a gate. What was looked up, and where:

- benchstat: Mann-Whitney U, two-sided, red below 0.05; exact up to 50 values a side (25 with ties), normal
  with continuity beyond (golang.org/x/perf benchmath/anone.go; aclements/go-moremath stats/utest.go).
- github-action-benchmark: `current.value / prev.value > threshold`, 200 % unless set otherwise, nothing about
  noise (benchmark-action/github-action-benchmark src/write/findAlerts.ts, action.yml).
- criterion: a bootstrapped t-test below significance_level 0.05, and the 95 % bootstrap interval of the
  relative mean wholly above noise_threshold 0.01 (criterion-rs/criterion.rs src/analysis/compare.rs, and
  compare_to_threshold in src/report.rs); 100 averages a side, 100,000 resamples there and 2000 here.
- asv: medians differ by more than the factor 1.1, and Mann-Whitney p < 0.002 (airspeed-velocity/asv
  asv/commands/compare.py `_is_result_better`, asv/_stats.py `is_different`, common_args.py `--factor`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Array = NDArray[np.float64]
Rule = Callable[[Array, Array], bool]

_EXACT, _EXACT_WITH_TIES = 50, 25
_AVERAGES, _RESAMPLES = 100, 2000


def mann_whitney(base: Array, head: Array) -> float:
    """The two-sided p-value of the Mann-Whitney U test as benchstat computes it.

    Exact where benchstat is (from the distribution of U given the ties that are there), else normal,
    corrected for ties and continuity. 1 where all values are equal: the test says nothing then.
    """
    _, counts = np.unique(np.concatenate([base, head]), return_counts=True)
    if counts.size == 1:
        return 1.0
    pairs = base.size * head.size
    ranks = stats.rankdata(np.concatenate([base, head]))[: base.size].sum()
    u = ranks - base.size * (base.size + 1) / 2
    ties = bool((counts > 1).any())
    if max(base.size, head.size) > (_EXACT_WITH_TIES if ties else _EXACT):
        total = base.size + head.size
        correction = float((counts**3 - counts).sum()) / (total * (total - 1))
        off = max(0.0, abs(u - pairs / 2) - 0.5)
        return float(2 * special.ndtr(-off / math.sqrt(pairs * (total + 1 - correction) / 12)))
    twice = round(2 * min(u, pairs - u))
    cumulated = np.cumsum(_twice_u(base.size, tuple(counts.tolist())))
    return min(1.0, 2 * float(cumulated[twice]))


@cache
def _twice_u(chosen: int, groups: tuple[int, ...]) -> Array:
    """P(2U = v) over all ways to choose so many of the values, which come in groups of equals.

    Group by group, upwards: every value chosen beats those before it that were not, and draws with those of
    its group that were not (Cheung and Klotz, 1997, in another order).
    """
    total = sum(groups)
    most = 2 * chosen * (total - chosen)
    ways = np.zeros((chosen + 1, most + 1))
    ways[0, 0] = 1.0
    before = 0
    for size in groups:
        after = np.zeros_like(ways)
        for had in range(min(chosen, before) + 1):
            for taken in range(min(size, chosen - had) + 1):
                gain = 2 * taken * (before - had) + taken * (size - taken)
                if gain > most:
                    continue
                kept = ways[had, : most + 1 - gain] * math.comb(size, taken)
                after[had + taken, gain:] += kept
        ways, before = after, before + size
    return ways[chosen] / math.comb(total, chosen)


def mann_whitney_rule(base: Array, head: Array) -> bool:
    """p < 0.05."""
    return bool(np.median(head) > np.median(base)) and mann_whitney(base, head) < 0.05


def kolmogorov_smirnov_rule(base: Array, head: Array) -> bool:
    """p < 0.05."""
    slower = np.median(head) > np.median(base)
    return bool(slower and stats.ks_2samp(base, head, method="asymp").pvalue < 0.05)


def welch_rule(base: Array, head: Array) -> bool:
    """p < 0.05 of the t-test with unequal variances."""
    return bool(head.mean() > base.mean() and stats.ttest_ind(base, head, equal_var=False).pvalue < 0.05)


def p95_rule(base: Array, head: Array) -> bool:
    """p95 more than 10 % up."""
    return bool(np.quantile(head, 0.95) > 1.1 * np.quantile(base, 0.95))


def mean_doubled_rule(base: Array, head: Array) -> bool:
    """github-action-benchmark's alert at 200 %."""
    return bool(head.mean() / base.mean() > 2)


def criterion_rule(base: Array, head: Array) -> bool:
    """criterion's "Performance has regressed"."""
    before, after = _averages(base), _averages(head)
    weights = _bootstrap_weights()
    change = (weights[0] @ after) / (weights[1] @ before) - 1
    low, high = np.quantile(change, [0.025, 0.975])
    if not (low > 0.01 and high > 0.01):
        return False
    pooled = np.concatenate([before, after])
    null = _t(*_moments(pooled, weights[2]), *_moments(pooled, weights[3]))
    seen = _t(after.mean(), after.var(ddof=1), before.mean(), before.var(ddof=1))
    above = float((null > seen).mean())
    return 2 * min(above, 1 - above) < 0.05


def _averages(values: Array) -> Array:
    """A hundred averages of neighbouring requests: criterion times batches, never single calls."""
    return np.array([part.mean() for part in np.array_split(values, _AVERAGES)])


@cache
def _bootstrap_weights() -> list[Array]:
    """How often each value is drawn, as shares: for head, for base, and twice from both pooled."""
    rng = np.random.default_rng(0)
    sizes = (_AVERAGES, _AVERAGES, 2 * _AVERAGES, 2 * _AVERAGES)
    drawn = [rng.multinomial(_AVERAGES, np.full(n, 1 / n), size=_RESAMPLES) for n in sizes]
    return [one / _AVERAGES for one in drawn]


def _moments(values: Array, weights: Array) -> tuple[Array, Array]:
    mean = weights @ values
    variance = (weights @ values**2 - mean**2) * _AVERAGES / (_AVERAGES - 1)
    return mean, variance


def _t(mean: Array, variance: Array, other_mean: Array, other_variance: Array) -> Array:
    return (mean - other_mean) / np.sqrt((variance + other_variance) / _AVERAGES)


def asv_rule(base: Array, head: Array) -> bool:
    """asv's "more than 10 % slower"."""
    return bool(np.median(base) < np.median(head) / 1.1) and _asv_p(base, head) < 0.002


def _asv_p(base: Array, head: Array) -> float:
    """asv's normal approximation (over 20 values): no correction, ties broken towards no difference."""
    m, n = base.size, head.size
    u = stats.rankdata(np.concatenate([base, head]))[:m].sum() - m * (m + 1) / 2
    z = -abs(u - m * n / 2) / math.sqrt(m * n * (m + n + 1) / 12)
    return float(2 * special.ndtr(z))


RULES: Mapping[str, Rule] = {
    "Mann-Whitney p < 0.05 (benchstat)": mann_whitney_rule,
    "Kolmogorov-Smirnov p < 0.05": kolmogorov_smirnov_rule,
    "Welch t p < 0.05": welch_rule,
    "p95 > +10 %": p95_rule,
    "mean > 200 % (github-action-benchmark)": mean_doubled_rule,
    "criterion (t-test, CI above 1 %)": criterion_rule,
    "asv (p < 0.002, factor 1.1)": asv_rule,
}
