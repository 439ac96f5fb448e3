"""What an endpoint or a metric is called in a sentence."""

from perfgate.model import ALL_ENDPOINTS, Metric

_NAMES = {"cpu": "CPU per request", "memory": "memory growth per request", "errors": "error ratio"}
_LONGEST = 120


def endpoint_name(endpoint: str) -> str:
    """An endpoint in a sentence; of a name that would be most of it, only both ends."""
    if len(endpoint) <= _LONGEST:
        return endpoint
    half = _LONGEST // 2
    return f"{endpoint[:half]}…{endpoint[-half + 1 :]}"


def name_of(metric: Metric) -> str:
    """A metric in a sentence."""
    endpoint = metric.endpoint
    whose = "all endpoints together:" if endpoint == ALL_ENDPOINTS else endpoint_name(endpoint)
    return f"{whose} {_NAMES.get(metric.statistic, metric.statistic)}"
