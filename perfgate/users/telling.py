"""What listeners of requests are told of one."""

from __future__ import annotations

import time
from typing import Any


def meta_of(response: Any, method: str, name: str, context: dict[str, Any]) -> dict[str, Any]:
    """A request and its answer in Locust's words; times are milliseconds."""
    exchange = response.exchange
    last_ns = exchange.last_ns or time.time_ns()
    return {
        "request_type": method,
        "name": name,
        "response_time": (last_ns - exchange.sent_ns) / 1e6,
        "response_length": len(exchange.response.body) if exchange.response else 0,
        "response": response,
        "context": context,
        "exception": None,
        "start_time": exchange.sent_ns / 1e9,
        "url": response.url,
    }
