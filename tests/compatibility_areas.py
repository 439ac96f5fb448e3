"""The sub-sections of the compatibility page, and which features belong to each."""

from __future__ import annotations

import re

Areas = tuple[tuple[str, str], ...]
"""Titles, each with the pattern of the features it holds; the first that fits counts."""

ARTILLERY_AREAS: Areas = (
    ("Load phases", r"config\.phases|phases:|config\.mode"),
    ("Payload files", r"config\.payload|payload:|several payloads"),
    ("HTTP and TLS settings", r"config\.(http|timeout|tls|defaults)$|http\.|tls\.|defaults:"),
    (
        "Plugins",
        r"plugins|apdex|metrics-by-endpoint:|expect: (outputFormat|formatter|report|useOnly|expectDef)",
    ),
    ("Limits (ensure)", r"config\.ensure|ensure:"),
    ("Other parts of config", r"config\.|a key of an environment|bundling:|a processor|an unknown key"),
    ("Scenarios", r"scenarios\[\]|before$|after$|version$|\$schema$"),
    ("Steps", r"flow\[\]|think|log$|ifTrue beside|function$|parallel|loop"),
    ("Captures", r"capture"),
    ("Checks", r"expect|match$|equals"),
    ("Templates", r"\{\{"),
    ("Requests", r""),
)
LOCUST_AREAS: Areas = (
    ("Before Locust 1.0", r".*before 1\.0|from locust import (HttpLocust|Locust|TaskSequence|seq_task)"),
    ("Events", r"events|EventHook"),
    ("Load shapes", r".*LoadTestShape"),
    (
        "Users and waiting",
        r"(HttpUser|FastHttpUser|User without.*)$|User\.|user classes|a class|on_start|between|constant",
    ),
    ("Tasks", r"task|tag|TaskSet|Sequential|Markov|Interrupt|StopTest"),
    ("Clients and responses", r"client|response|Response|FastHttp|HttpSession|FastHttpSession"),
    ("Environment and runner", r"environment|runner|isinstance|run_single|locust\.stats settings"),
    ("Other modules", r""),
)
K6_AREAS: Areas = (
    (
        "Requests",
        r"http\.|numbers|tags\.name|redirects|a re|Response|responseType|file uploads|cookie|setResponse",
    ),
    ("Options and load", r"options|discard|scenarios|systemTags|thresholds|an unknown option"),
    ("Modules", r"k6/|named import|require|destructured|SharedArray|CommonJS|extensions|a remote module"),
    ("Everything else", r""),
)


def area_of(feature: str, areas: Areas) -> str:
    """The title of the area a feature belongs to."""
    return next(title for title, pattern in areas if re.match(pattern, feature))
