"""Exact intervals of shares, for tables of counted runs."""

from perfgate.stats.binomial import lower_bound, upper_bound


def clopper_pearson(count: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact two-sided interval of a share (Clopper and Pearson, 1934)."""
    one_sided = (1 + confidence) / 2
    return lower_bound(count, of, one_sided), upper_bound(count, of, one_sided)
