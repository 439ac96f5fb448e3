"""A verdict to post, as short as may be."""

from typing import Any

from perfgate.github.publish import Annotation, Publication

SHA = "a" * 40
KEY = "perfgate.yml · load-test"


def publication_of(**changed: Any) -> Publication:
    """A regression of one endpoint, for pull request 7."""
    given: dict[str, Any] = {
        "key": KEY,
        "head_sha": SHA,
        "pull_request": 7,
        "title": "GET /items is slower",
        "comment": "**GET /items** +12 %",
        "summary": "| GET /items | +12 % |",
        "conclusion": "failure",
        "annotations": (
            Annotation(path="perfgate.yml", line=3, level="failure", title="p95", message="+12 %"),
        ),
        "details_url": "https://github.com/acme/shop/actions/runs/1",
    }
    return Publication(**(given | changed))
