"""The two sides, the stages of a run, and what numbers mean whoever measured them."""

from typing import Literal

Side = Literal["base", "head"]
SIDES: tuple[Side, Side] = ("base", "head")
Stage = Literal["screen", "confirm"]

ALL_ENDPOINTS = "*"
"""The endpoint name of a metric that speaks of the whole service, such as CPU per request."""

LATENCY_DEFINITION = "service time: request sent to last byte received"
MIN_REQUESTS_FOR_P99 = 370
"""Below this many requests no distribution-free 95 % interval of the 99th percentile exists."""
