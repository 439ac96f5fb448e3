"""Measuring: rounds of freshly started services under load, paired or alone."""
