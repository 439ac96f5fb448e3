from __future__ import annotations

from perfgate.gate.naming import endpoint_name, name_of
from perfgate.model import ALL_ENDPOINTS, Metric


def test_a_metric_is_named_as_people_say_it():
    assert name_of(Metric(endpoint="GET /items", statistic="p95")) == "GET /items p95"
    cpu = Metric(endpoint=ALL_ENDPOINTS, statistic="cpu")
    assert name_of(cpu) == "all endpoints together: CPU per request"


def test_of_a_name_of_pages_both_ends_stay():
    name = endpoint_name("GET /" + "x" * 5000 + "/price")
    assert len(name) == 120
    assert name.startswith("GET /xxx")
    assert name.endswith("xxx/price")
    assert endpoint_name("x" * 120) == "x" * 120
