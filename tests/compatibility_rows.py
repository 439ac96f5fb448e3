"""Rows of the compatibility page out of the tables of features; the code itself says the messages."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, NamedTuple

from perfgate.errors import UsageError
from perfgate.users.reading import read_users
from perfgate.workload.artillery import read_workload
from perfgate.yamlfile import parse_yaml

_PLACE = re.compile(r"^\S*?:\d+(:\d+)?: |^\S*?script\.js(:\d+)*: ")
_HTML = re.compile(r"xpath|selector|jmespath|jpath")
_EMITTED = "metrics that functions emit are taken and not kept"
_UNCALLED = "config.processor: ./helpers.js is not loaded, nothing in the file calls it"
"""What the file around a feature brings with it."""

_NEEDS_HTML = "needs pip install 'perfgate[html]'"
_SHOP = "config: {target: 'http://shop.test', "
_PARTS = (
    (
        "a processor in JavaScript or TypeScript that the file calls",
        f"{_SHOP}processor: ./own.js}}\nscenarios: [{{flow: [{{function: sign}}, {{get: {{url: /}}}}]}}]\n",
    ),
    (
        "a processor in Python beside it, NAME.py",
        f"{_SHOP}processor: ./helpers.js}}\n"
        "scenarios: [{flow: [{function: pick}, {get: {url: /}}]}]\n",
    ),
    (
        "equals: a single value",
        f"{_SHOP}}}\nscenarios: [{{flow: [{{get: {{url: /, expect: {{equals: [a]}}}}}}]}}]\n",
    ),
    (
        "plugins of your own",
        f"{_SHOP}plugins: {{my-plugin: {{}}}}}}\nscenarios: [{{flow: [{{get: {{url: /}}}}]}}]\n",
    ),
    ("an unknown key", f"{_SHOP}}}\nscenarios: [{{flow: [{{get: {{url: /, header: {{a: b}}}}}}]}}]\n"),
)
"""Questions people have that are about no key of their own."""

_THROUGH_ARTILLERY = (
    (r"(scenarios\[\]\.engine: |config\.)(ws|socketio|playwright|grpc|kinesis|engines?)$", "noted"),
    (r"flow\[\]\.(emit|send|connect|wait)$", "noted"),
    (r"plugins\.publish-metrics", "noted"),
    (r"timeout of a request|followAllRedirects|auth: other|capture: transform|config\.engine$", "-"),
)
_THROUGH_LOCUST = (
    (r".*before 1\.0|from locust import (HttpLocust|Locust|TaskSequence|seq_task)", "-"),
    (r"perfgate's own import", "-"),
    (r"MarkovTaskSet with a transition to nothing", "no"),
)


class Row(NamedTuple):
    """`natively` and `through` are words of the page's legend."""

    feature: str
    natively: str
    through: str
    message: str = ""


def artillery_rows(config: ModuleType, flow: ModuleType) -> Iterator[Row]:
    """What perfgate itself makes of Artillery's features."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data.txt").write_text("data")
        for file, content in config.FILES.items():
            (folder / file).write_text(content)
        for row in config.CONFIG_FEATURES:
            document = {
                "config": parse_yaml(Path("snippet"), row.snippet.encode()).data,
                "scenarios": [{"flow": [{"get": {"url": "/"}}]}],
            }
            yield _artillery_row(folder, row.feature, json.dumps(document, indent=1))
        (folder / "own.js").write_text("exports.sign = async () => {};\n")
        for feature, text in _PARTS:
            yield _artillery_row(folder, feature, text)
        (folder / "helpers.py").write_text(flow.PROCESSOR)
        for row in flow.FLOW_FEATURES:
            text = row.text
            if not row.whole:
                text = f"scenarios:\n  - flow:\n{textwrap.indent(row.text, '      ')}"
            top = "config: {target: 'http://shop.test', processor: ./helpers.js}\n"
            yield _artillery_row(folder, row.name, f"{top}{text}\n")


def _artillery_row(folder: Path, feature: str, text: str) -> Row:
    path = folder / "load.yml"
    path.write_text(text)
    through = _exception(feature, _THROUGH_ARTILLERY)
    if _HTML.search(feature):
        return Row(feature, "yes", through, _NEEDS_HTML)
    try:
        notes = read_workload(path, environ={"W": "2"}).notes
    except UsageError as refusal:
        return Row(feature, "no", through, _said(refusal, folder))
    always = {"function": (_UNCALLED,), "config.processor": (_EMITTED,)}.get(feature, (_EMITTED, _UNCALLED))
    said = [_general(note) for note in notes if note not in always]
    return Row(feature, "noted" if said else "yes", through, "; ".join(said))


def _general(note: str) -> str:
    """A note without the figures of the file it is about."""
    return re.sub(r"( in paired rounds): .*| \(\d+ in this file\)", r"\1", note)


def locust_rows(table: ModuleType) -> Iterator[Row]:
    """What perfgate itself makes of Locust's features."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "locustfile.py"
        for row in table.LOCUST_FEATURES:
            path.write_text(row.code)
            feature, through = row.feature, _exception(row.feature, _THROUGH_LOCUST)
            try:
                notes = read_users(path, environ={}).notes
            except UsageError as refusal:
                yield Row(feature, "no", through, _said(refusal, folder))
                continue
            said = [note for note in notes if row.says in note] if row.how == "noted" else []
            yield Row(feature, row.how.replace("native", "yes"), through, "; ".join(map(_general, said)))


def tool_rows(table: Iterable[Any]) -> Iterator[Row]:
    """What a tool's driver makes of its files."""
    for row in table:
        through = row.treatment if row.treatment in ("noted", "refused") else "yes"
        message = _PLACE.sub("", f"load{row.message}" if row.message.startswith(":") else row.message)
        yield Row(row.feature, "", through.replace("refused", "no"), message)


def _exception(feature: str, exceptions: tuple[tuple[str, str], ...]) -> str:
    return next((word for pattern, word in exceptions if re.match(pattern, feature)), "yes")


def _said(refusal: UsageError, folder: Path) -> str:
    """The message and its hint, without the place."""
    text = f"{_PLACE.sub('', refusal.message)}. Hint: {refusal.hint}"
    return text.replace(f"{folder}/", "")
