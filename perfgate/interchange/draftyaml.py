"""A draft as YAML in Artillery's schema, with comments; the emitter quotes every text."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from perfgate.interchange.draft import Draft, DraftRequest, DraftScenario
from perfgate.yamlfile import shown

_LONGEST_NOTE = 400
_NEEDS_ESCAPES = re.compile(
    r"[^\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What the emitter writes bare, line breaks of Unicode among it, and a reader folds or refuses."""


def write_draft(draft: Draft) -> str:
    """The file, the same for the same draft."""
    config: dict[str, Any] = {
        "target": draft.target,
        "phases": [{"duration": 30, "arrivalRate": 1}],
        "plugins": {"expect": {}},
    }
    if draft.headers:
        config["http"] = {"defaults": {"headers": dict(draft.headers)}}
    document = CommentedMap()
    document["config"] = _nodes(config)
    document["config"].yaml_set_comment_before_after_key(
        "phases", before="How much load: one pass a second for half a minute. Change this first.", indent=2
    )
    document["scenarios"] = CommentedSeq([_scenario(each) for each in draft.scenarios])
    document.yaml_set_start_comment("\n".join(map(_comment, draft.notes)))
    target = io.StringIO()
    writer = YAML()
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.width = 1 << 20
    writer.dump(document, target)
    return target.getvalue()


def _scenario(scenario: DraftScenario) -> CommentedMap:
    flow = CommentedSeq()
    for index, step in enumerate(scenario.steps):
        if isinstance(step, DraftRequest):
            flow.append(CommentedMap({step.method: _request(step)}))
            if step.notes:
                text = "\n".join(map(_comment, step.notes))
                flow.yaml_set_comment_before_after_key(index, before=text, indent=6)
        else:
            flow.append(CommentedMap({"think": int(step) if step.is_integer() else step}))
    return CommentedMap({"name": scenario.name, "flow": flow})


def _request(request: DraftRequest) -> CommentedMap:
    entry: dict[str, Any] = {"url": request.url, "name": request.name}
    given = {
        "qs": request.query,
        "headers": request.headers,
        "cookie": request.cookies,
        "auth": request.auth,
    }
    entry |= {key: value for key, value in given.items() if value}
    if request.gzip:
        entry["gzip"] = True
    if request.body_kind:
        entry[request.body_kind] = request.body
    if not request.follows_redirects:
        entry["followRedirect"] = False
    if request.captures:
        entry["capture"] = [{"json": path, "as": name} for path, name in request.captures]
    if request.statuses:
        statuses = request.statuses
        entry["expect"] = [{"statusCode": statuses[0] if len(statuses) == 1 else list(statuses)}]
    found = _nodes(entry)
    assert isinstance(found, CommentedMap)  # noqa: S101 - a mapping was given
    return found


def _nodes(value: Any) -> Any:
    if isinstance(value, Mapping):
        return CommentedMap({_nodes(key): _nodes(item) for key, item in value.items()})
    if isinstance(value, Sequence) and not isinstance(value, str):
        return CommentedSeq([_nodes(item) for item in value])
    if isinstance(value, str) and _NEEDS_ESCAPES.search(value):
        return DoubleQuotedScalarString(value)
    return str(value) if isinstance(value, str) else value


def _comment(text: str) -> str:
    line = shown(text)
    return line if len(line) <= _LONGEST_NOTE else f"{line[:_LONGEST_NOTE]}…"
