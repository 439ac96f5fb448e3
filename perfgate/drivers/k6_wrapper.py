"""The module k6 is given in place of a script: it imports the script, and redirects what that sends."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from perfgate.drivers.k6_options import Ordered
from perfgate.drivers.k6_script import SCRIPT_SUFFIXES, K6Script
from perfgate.drivers.k6_source import with_imports
from perfgate.errors import MeasureError

MARKER = "perfgate redirected "
"""How the wrapper tells of an origin, on k6's console."""

SUMMARY = "summary.json"
MAIN = "perfgate-main.js"

_HERE = Path(__file__).with_name("k6_js")
_MAIN = """\
import {redirect};
import {{ ordered, summarized }} from {options};
import * as script from {script};
export * from {script};
export const options = ordered(script.options);
export default script.default;
export function handleSummary(data) {{ return summarized(data, script.handleSummary); }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """The module to run, what it writes, and the folder the script's files were copied below."""

    main: Path
    summary: Path
    copied: Path


def write_wrapper(
    script: K6Script, folder: Path, *, url: str, seed: int, ordered: Ordered, skip_think: bool, files: bool
) -> Wrapper:
    """Write the wrapper and a copy of the script into the folder; with `skip_think` one that never sleeps.

    `files` says whether the script's own handleSummary may write its files.
    """
    folder = folder.absolute()
    for module in _HERE.glob("*.js"):
        (folder / module.name).write_bytes(module.read_bytes())
    nothink = _specifier(folder / "nothink.js") if skip_think else None
    copied, seeded = _copied(script, folder / "script", nothink)
    summary = folder / SUMMARY
    order: Mapping[str, Any] = {
        "url": url,
        "seed": None if seeded else seed,
        "marker": MARKER,
        "named": _named(script, ordered),
        "drop": list(ordered.drop),
        "options": ordered.options,
        "summary": str(summary),
        "files": files,
    }
    (folder / "order.js").write_text(f"export default {json.dumps(order)};\n", encoding="utf-8")
    copy = _below(copied, script.path)
    # k6/experimental/fs opens files relative to the folder of the main module.
    main = copy.with_name(MAIN)
    text = _MAIN.format(
        script=_literal(copy),
        redirect=_literal(folder / "redirect.js"),
        options=_literal(folder / "options.js"),
    )
    main.write_text(text, encoding="utf-8")
    return Wrapper(main=main, summary=summary, copied=copied)


def _named(script: K6Script, ordered: Ordered) -> bool:
    judged = {} if "thresholds" in ordered.drop else script.options.get("thresholds") or {}
    return any("://" in metric for metric in judged)


def _copied(script: K6Script, copied: Path, nothink: str | None) -> tuple[Path, bool]:
    # The tree is copied whole, since open() and import are relative to the file they stand in.
    seeded = False

    def rename(module: str) -> str:
        if module == "k6" and nothink:
            return nothink
        if module.startswith(("/", "file://")):
            file = Path(unquote(urlsplit(module).path))
            return _specifier(_below(copied, file)) if file in script.files else module
        return module

    for file in script.files:
        copy = _below(copied, file)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix in SCRIPT_SUFFIXES:
            source = file.read_text(encoding="utf-8", errors="replace")
            seeded = seeded or "randomSeed" in source
            copy.write_text(with_imports(source, rename), encoding="utf-8")
        else:
            copy.symlink_to(file)
    return copied, seeded


def _specifier(path: Path) -> str:
    # k6 reads the name of a module as a URL.
    return f"file://{quote(str(path))}"


def _literal(path: Path) -> str:
    return json.dumps(_specifier(path))


def _below(folder: Path, file: Path) -> Path:
    return folder / os.path.relpath(file, "/")


def address_of(url: str) -> str:
    """The IP:port of a service's URL, as k6's `hosts` wants it.

    Raises:
        MeasureError: its host has no address.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise MeasureError(f"{url}: {error.strerror}", "name a host that resolves") from error
    addresses = [str(entry[4][0]) for entry in found]
    address = next((a for a in addresses if ":" not in a), addresses[0])
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
