"""Users for Locust: flat out, and at a constant rate with every response time written at the end."""

import os
from pathlib import Path

from locust import FastHttpUser, HttpUser, constant_throughput, events, task

_TIMES = os.environ.get("BENCH_TIMES", "")


class Fast(FastHttpUser):
    @task
    def get(self):
        self.client.get("/")


class Http(HttpUser):
    @task
    def get(self):
        self.client.get("/")


class Paced(FastHttpUser):
    wait_time = constant_throughput(float(os.environ.get("BENCH_RATE_PER_USER", "1")))

    @task
    def get(self):
        self.client.get("/")


if _TIMES:
    times_ms: list[float] = []

    @events.request.add_listener
    def note(response_time, **_):
        times_ms.append(response_time)

    @events.quit.add_listener
    def write(**_):
        Path(_TIMES).write_text("\n".join(map(repr, times_ms)))
