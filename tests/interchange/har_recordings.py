"""HAR 1.2 entries with what each recorder adds to them, and the reading of what was made of them."""

import json
import re
from pathlib import Path
from typing import Any

from perfgate.interchange.draft import Draft, DraftRequest
from perfgate.interchange.draftyaml import write_draft
from perfgate.interchange.harconvert import draft_of_har
from perfgate.model import Workload
from perfgate.workload.artillery import read_workload

SHOP = "https://shop.example.com"


def pairs(**headers: str) -> list[dict[str, str]]:
    return [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]


def entry(
    method: str,
    url: str,
    *,
    at_s: float = 0.0,
    took_ms: float = 50,
    status: int = 200,
    mime: str = "application/json",
    answer: str = "",
    headers: list[dict[str, str]] | None = None,
    answer_headers: list[dict[str, str]] | None = None,
    post: dict[str, Any] | None = None,
    **extra: Any,
) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": method,
        "url": url,
        "httpVersion": "HTTP/2",
        "headers": headers or [],
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": -1,
    }
    if post is not None:
        request["postData"] = post
    return {
        "startedDateTime": f"2026-01-02T03:04:{at_s:06.3f}Z",
        "time": took_ms,
        "request": request,
        "response": {
            "status": status,
            "statusText": "",
            "httpVersion": "HTTP/2",
            "headers": answer_headers or [],
            "cookies": [],
            "content": {"size": len(answer), "mimeType": mime, "text": answer},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": took_ms, "receive": 0},
        **extra,
    }


def posted(value: Any, mime: str = "application/json") -> dict[str, str]:
    return {"mimeType": mime, "text": value if isinstance(value, str) else json.dumps(value)}


def har(*entries: dict[str, Any], creator: str = "WebInspector") -> dict[str, Any]:
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": creator, "version": "1"},
            "pages": [],
            "entries": list(entries),
        }
    }


def convert(*entries: dict[str, Any], creator: str = "WebInspector", **options: Any) -> Draft:
    chosen = {"host": None, "include_static": False, "think": True} | options
    return draft_of_har(har(*entries, creator=creator), "shop.har", **chosen)


def requests_of(draft: Draft) -> list[DraftRequest]:
    return [step for scenario in draft.scenarios for step in scenario.steps if isinstance(step, DraftRequest)]


def loaded(draft: Draft, folder: Path) -> Workload:
    """The workload that perfgate reads from what is written, with every variable of the environment set."""
    path = folder / "workload.yml"
    text = write_draft(draft)
    path.write_text(text, encoding="utf-8")
    return read_workload(path, environ=dict.fromkeys(re.findall(r"\$env\.(\w+)", text), "set"))
