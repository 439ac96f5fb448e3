# ruff: noqa: E501 - a paragraph of the page is a line
"""Renders docs/reference/compatibility.md from the tables of features; `make compatibility` rewrites it."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from compatibility_areas import ARTILLERY_AREAS, K6_AREAS, LOCUST_AREAS, Areas, area_of
from compatibility_rows import Row, artillery_rows, locust_rows, tool_rows

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "reference" / "compatibility.md"

_TOP = """# Does my file work?

<!-- Written by `make compatibility` from the tables in tests/, which a test proves row by row. -->

Most files do, as they are. Look for the part of your file below. Or let perfgate say: `perfgate run FILE --target URL` reads the
whole file first, and names what it cannot use with file, line and column. **Nothing in a file is silently ignored.**

| your file | runs in perfgate itself | runs in the tool |
|---|---|---|
| Artillery: `.yml`, `.yaml`, `.json` | by default | `--driver artillery` |
| Locust: `.py` | by default | `--driver locust` |
| k6: `.js`, `.ts` | - | by default |

In `perfgate.yml` write `driver: artillery` or `driver: locust`. *Natively* means that perfgate sends the requests itself, and Node or Locust
need not be installed. *Through* the tool means that the tool, installed beside perfgate, runs your file and perfgate measures what it does.

| | |
|---|---|
| yes | It does what it does in the tool. |
| noted | The file runs. The message is in the result: this part does not count, or means something else here. |
| no | The file is refused before anything is sent. The message says what to do instead. |
| - | The tool itself has no such thing. |

A `…` in a message stands for the name in your file. Messages of a tool are cut to the part that matters. The column *natively* and the tables
*Measured through* are tested row by row; the column *through* beside native rows is what the tools document.
"""
_ARTILLERY = """## Artillery

Through Artillery all of the file runs; perfgate measures its HTTP requests. A file without `config` runs with `--target URL`. A `config` in a
file of its own (`artillery run --config`) is not read: put it into the file with the scenarios.
"""
_LOCUST = """## Locust

Natively, users are threads in place of greenlets. Through Locust the file runs in one process of Locust, without its web UI.
"""
_K6 = """## k6

k6 scripts always run in k6; perfgate runs no JavaScript. Every option of k6's reference is in force, or a note says that it is not; an
option that k6 does not know is refused. See [k6 scripts](k6.md) for what a round changes.
"""


def page() -> str:
    """The whole page, as the tables and the code are now."""
    workload, users, drivers = (TESTS / name for name in ("workload", "users", "drivers"))
    config = _table(workload, "artillery_config_features")
    flow = _table(workload, "artillery_flow_features")
    parts = [
        _TOP,
        _ARTILLERY,
        *_areas(artillery_rows(config, flow), ARTILLERY_AREAS, "Artillery"),
        *_through(drivers, "artillery_driver_features", "ARTILLERY_DRIVER_FEATURES", "Artillery"),
        _LOCUST,
        *_areas(locust_rows(_table(users, "locust_features")), LOCUST_AREAS, "Locust"),
        *_through(drivers, "locust_driver_features", "LOCUST_DRIVER_FEATURES", "Locust"),
        _K6,
        *_areas(tool_rows(_table(drivers, "k6_features").K6_FEATURES), K6_AREAS, "k6", native=False),
    ]
    return "\n".join(parts)


def _table(folder: Path, module: str) -> Any:
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return import_module(module)


def _through(folder: Path, module: str, name: str, tool: str) -> list[str]:
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    if find_spec(module) is None:
        return []
    rows = tool_rows(getattr(import_module(module), name))
    return [f"### Measured through {tool}\n", _rendered(rows, tool, native=False)]


def _areas(rows: Iterable[Row], areas: Areas, tool: str, *, native: bool = True) -> list[str]:
    found: dict[str, list[Row]] = {title: [] for title, _ in areas}
    for row in rows:
        found[area_of(row.feature, areas)].append(row)
    return [
        part
        for title, held in found.items()
        if held
        for part in (f"### {title}\n", _rendered(held, tool, native=native))
    ]


def _rendered(rows: Iterable[Row], tool: str, *, native: bool) -> str:
    """Rows that say the same are one; what simply works comes first."""
    rows = list(rows)
    alone = [message for message, count in Counter(row.message for row in rows).items() if count == 1]
    together: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        message = _general(row) if row.message in alone else row.message
        together.setdefault((row.natively, row.through, message), []).append(row)
    columns = ["feature", *(["natively"] if native else []), f"through {tool}", "message"]
    lines = [_line(columns), _line(["---"] * len(columns))]
    for (natively, through, message), alike in sorted(together.items(), key=_order):
        features = _joined([row.feature for row in alike])
        said = alike[0].message if len(alike) == 1 else message
        lines.append(_line([features, *([natively] if native else []), through, _shown(said)]))
    return "\n".join(lines) + "\n"


def _order(group: tuple[tuple[str, str, str], list[Row]]) -> tuple[bool, int, bool]:
    """What simply works comes first, what is refused last."""
    (natively, through, message), _ = group
    return message != "", ("yes", "", "noted", "no").index(natively), through != "yes"


def _general(row: Row) -> str:
    """The message without the name that is the feature's own."""
    name = (
        re.split(r"[.:]\s*|\s", row.feature)[-1] if "contrib" not in row.feature else row.feature.split()[1]
    )
    return re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "…", row.message) if name else row.message


def _joined(features: list[str]) -> str:
    """All in one cell; a prefix they share is said once."""
    shown, before = [], ""
    for feature in features:
        prefix, colon, rest = feature.partition(": ")
        shown.append(_shown(rest if colon and prefix == before else feature))
        before = prefix if colon else ""
    return " · ".join(shown)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(text: str) -> str:
    """Text for a cell; as code where Markdown would read something into it."""
    flat = " ".join(text.split()).replace("|", "\\|")
    return f"`{flat}`" if any(mark in flat for mark in "$*_<[{~^") and "`" not in flat else flat


if __name__ == "__main__":
    PAGE.write_text(page())
