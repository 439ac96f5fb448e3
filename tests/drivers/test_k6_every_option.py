"""Every option of k6's reference is in force, or a note says that it did not count; others are refused."""

from __future__ import annotations

import json

import pytest
from k6_service import NEEDS_K6, Service, run_k6, serving

from perfgate.errors import UsageError

pytestmark = NEEDS_K6

OPTIONS = {
    "batch": 5,
    "batchPerHost": 3,
    "blacklistIPs": ["10.9.0.0/16"],
    "blockHostnames": ["no.example.com"],
    "cloud": {"name": "mine"},
    "discardResponseBodies": True,
    "dns": {"ttl": "1m", "select": "first", "policy": "onlyIPv4"},
    "executionSegment": "0:1",
    "executionSegmentSequence": "0,1",
    "hosts": {"other.example.com": "10.0.0.1"},
    "insecureSkipTLSVerify": True,
    "maxRedirects": 3,
    "minIterationDuration": "1ms",
    "noConnectionReuse": True,
    "noCookiesReset": True,
    "noVUConnectionReuse": True,
    "paused": False,
    "rps": 100,
    "scenarios": {"one": {"executor": "constant-vus", "vus": 1, "duration": "1s", "gracefulStop": "1s"}},
    "setupTimeout": "10s",
    "summaryTimeUnit": "ms",
    "summaryTrendStats": ["avg", "p(95)"],
    "systemTags": ["proto"],
    "tags": {"team": "shop"},
    "teardownTimeout": "10s",
    "thresholds": {"http_reqs": ["count>0"]},
    "throw": True,
    "tlsCipherSuites": ["TLS_RSA_WITH_AES_128_GCM_SHA256"],
    "tlsVersion": {"min": "tls1.2", "max": "tls1.3"},
    "userAgent": "shopper",
}
ADDED_TO = {"systemTags", "summaryTrendStats"}
"""perfgate reads more tags and figures than a script may ask for."""

SCRIPT = """
import http from 'k6/http';
import exec from 'k6/execution';
export const options = OPTIONS;
export default () => http.post('https://api.example.com/options', JSON.stringify(exec.test.options));
"""


def in_force(tmp_path, **order):
    service = Service()
    with serving(service):
        run = run_k6(tmp_path, SCRIPT.replace("OPTIONS", json.dumps(OPTIONS)), service.url, **order)
    _, _, headers, body = service.seen[0]
    assert headers["User-Agent"] == "shopper"
    return json.loads(body), "\n".join(run.report.notes)


@pytest.mark.parametrize(
    "order", [{}, {"duration_ns": 10**9, "vus": 1, "skip_think": True}], ids=["a run", "a round"]
)
def test_what_is_not_in_force_is_noted(tmp_path, order):
    found, notes = in_force(tmp_path, **order)
    for name, value in OPTIONS.items():
        if name in ADDED_TO:
            assert set(found[name]) >= set(value), name
        elif name not in found or not holds(found[name], value):
            assert name in notes or (name == "scenarios" and "one: 1 constant virtual users" in notes), (
                name,
                found.get(name),
            )


def holds(found, value):
    """Whether k6 has the value in force; it may add what was left open."""
    if isinstance(value, dict) and isinstance(found, dict):
        return all(key in found and holds(found[key], item) for key, item in value.items())
    return found == value or str(found) == str(value)


@pytest.mark.parametrize("name", ["linger", "noUsageReport", "vusMax", "duratoin"])
def test_an_option_k6_does_not_know_is_refused(tmp_path, name):
    script = f"export const options = {{{name}: 1}};\nexport default function () {{}}\n"
    with pytest.raises(UsageError, match=name):
        run_k6(tmp_path, script, "http://127.0.0.1:1")
