"""One row of the table of Locust's features, and the load tests in short it is written in."""

from __future__ import annotations

import textwrap
from typing import Literal, NamedTuple


class LocustFeature(NamedTuple):
    feature: str
    how: Literal["native", "noted", "refused"]
    code: str
    says: str = ""
    """Part of the note or of the refusal."""


def row(feature: str, code: str, **says: str) -> LocustFeature:
    how: Literal["native", "noted", "refused"] = "native"
    if "noted" in says:
        how = "noted"
    if "refused" in says:
        how = "refused"
    text = "\n".join(
        (
            "from locust import *",
            "from locust import events, tag, transition, transitions",
            textwrap.dedent(code),
        )
    )
    return LocustFeature(feature, how, text, next(iter(says.values()), ""))


OK = "self.client.get('/ok')"
PLAIN = "class A(HttpUser):\n    @task\n    def t(self): self.client.get('/ok')\n"


def user(*lines: str, base: str = "HttpUser", head: str = "") -> str:
    """A user class; the last line is its task's."""
    *members, task = lines
    body = "".join(f"    {line}\n" for member in members for line in member.splitlines())
    steps = "".join(f"        {line}\n" for line in task.splitlines())
    return f"{head}\nclass A({base}):\n{body}    @task\n    def t(self):\n{steps}"
