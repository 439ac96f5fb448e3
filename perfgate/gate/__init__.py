"""Policy: from comparisons, health and thresholds to a verdict."""
