"""What bench.gate_real needs before it can measure: programs, and a git repository of each service."""

import ast
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bench import peers
from bench.gate_real_cells import CPU_SIZES, POLICIES, TAIL_SIZES, Policy, Service
from bench.machine import ROOT
from perfgate.demo.repository import create_repository
from perfgate.gitcommand import scrubbed
from perfgate.target.environment import detect_environment

SOURCES = Path(__file__).parent / "services"
DOCS_ONLY = "docs-only"
_STARLETTE = ["starlette==1.10.0", "uvicorn==0.54.0"]
_DATE = "2024-03-04T10:00:00+00:00"
_AUTHOR = ("-c", "user.name=perfgate bench", "-c", "user.email=bench@perfgate.invalid")


def require_programs() -> tuple[dict[str, str], dict[str, str]]:
    """The environment that services are found in, and the versions of what they run on.

    Ends with everything that is missing: a service is never left out silently.
    """
    missing = [f"{name}: not on PATH" for name in ("node", "git") if not shutil.which(name)]
    versions = {"python": platform.python_version()}
    try:
        versions["waitress"] = importlib.metadata.version("waitress")
    except importlib.metadata.PackageNotFoundError:
        missing.append("waitress: not installed beside perfgate (perfgate[demo])")
    if missing:
        raise SystemExit("missing: " + "; ".join(missing))
    versions["node"] = _first_line(["node", "--version"])
    python, installed = peers.python_with(_STARLETTE)
    # First on PATH, as in an activated environment; the shop names its interpreter itself.
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {"PATH": path, "PYTHONPATH": str(ROOT)}, versions | installed


def version() -> str:
    """What rows have to share to be counted together: the code that measures, the services, the machine."""
    digest = hashlib.sha256(detect_environment().class_id.encode())
    for path in _measuring_code():
        content = _without_words(path) if path.suffix == ".py" else path.read_bytes()
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + content + b"\0")
    # Rounds, policies and sizes of changes are part of what is measured.
    digest.update(repr((tuple(POLICIES.values()), CPU_SIZES, TAIL_SIZES)).encode())
    return digest.hexdigest()[:12]


def _without_words(path: Path) -> bytes:
    """The code of a file: no comments, no docstrings."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            is_text = [isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) for n in body]
            node.body = [n for n, skip in zip(body, is_text, strict=True) if not skip]  # type: ignore[attr-defined]
    return ast.dump(tree).encode()


def _measuring_code() -> Iterator[Path]:
    """What a change of could change a verdict: how commands and reports look does not count, nor what
    `compare` never starts.
    """
    apart = (ROOT / "perfgate/target/inject", ROOT / "perfgate/measure/trial.py")
    for package in ("model", "stats", "gate", "workload", "load", "target", "measure", "demo/service"):
        for path in sorted((ROOT / "perfgate" / package).rglob("*.py")):
            if not any(path.is_relative_to(other) for other in apart):
                yield path
    yield from sorted(p for p in SOURCES.rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def make_repository(service: Service, path: Path) -> None:
    """The service on `main`, and `docs-only`, another commit that changes nothing it executes."""
    if service.name == "shop":
        create_repository(path)
        _git(path, "branch", "--quiet", "--delete", "--force", DOCS_ONLY)
        _tune_shop(path)
    else:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(SOURCES / service.name, path, ignore=ignored)
        _git(path, "init", "--quiet", "--template=", "--initial-branch=main", ".")
        _commit(path, "Open the catalogue")
    exclude = path / ".git/info/exclude"
    exclude.parent.mkdir(exist_ok=True)
    with exclude.open("a") as lines:
        lines.write("/.perfgate/\n/gate-*.yml\n__pycache__/\n")
    for policy in POLICIES.values():
        write_policy(path, policy)
    readme = path / "README.md"
    add_branch(path, DOCS_ONLY, {"README.md": readme.read_text() + "\nStop it with Ctrl-C.\n"})


def _tune_shop(path: Path) -> None:
    """The shop is the demo's own; one commit puts an adjustable piece of work around its requests."""
    shutil.copy(SOURCES / "shop/tuned.py", path / "shop/tuned.py")
    shutil.copy(SOURCES / "shop/tuning.json", path / "tuning.json")
    start = path / "shop/__main__.py"
    text = start.read_text()
    for found, put in (
        ("Shop(database), host", "Tuned(Shop(database)), host"),
        ("from .database import Database\n", "from .database import Database\nfrom .tuned import Tuned\n"),
    ):
        if text.count(found) != 1:
            raise SystemExit(f"perfgate/demo/service/__main__.py: expected {found!r} in it once")
        text = text.replace(found, put)
    start.write_text(text)
    _commit(path, "Let requests take more work")


def read_tuning(path: Path) -> dict[str, Any]:
    """The tuning of `main`, which is checked out."""
    tuning: dict[str, Any] = json.loads((path / "tuning.json").read_text())
    return tuning


def add_branch(path: Path, name: str, files: Mapping[str, str]) -> None:
    """A branch of one commit on `main`; `main` stays checked out."""
    _git(path, "checkout", "--quiet", "-B", name, "main")
    for file, text in files.items():
        (path / file).write_text(text)
    _commit(path, f"Change {', '.join(files)}")
    _git(path, "checkout", "--quiet", "main")


def write_policy(path: Path, policy: Policy) -> None:
    """The service's perfgate.yml with what the policy says otherwise, as gate-NAME.yml."""
    config = YAML(typ="safe").load((path / "perfgate.yml").read_text())
    config["measure"] = {**config.get("measure", {}), **policy.measure}
    config["gate"] = {**config.get("gate", {}), **policy.gate}
    (path / policy_file(policy.name)).write_text(json.dumps(config, indent=1) + "\n")


def policy_file(name: str) -> str:
    return f"gate-{name}.yml"


def _commit(path: Path, message: str) -> None:
    _git(path, "add", "--all")
    _git(path, *_AUTHOR, "commit", "--quiet", "--no-verify", "--no-gpg-sign", f"--message={message}")


def _git(path: Path, *arguments: str) -> None:
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    dates = {"GIT_AUTHOR_DATE": _DATE, "GIT_COMMITTER_DATE": _DATE}
    env = scrubbed(os.environ) | fixed | dates
    done = subprocess.run(["git", *arguments], cwd=path, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {' '.join(arguments)}: {done.stderr.strip()}")


def _first_line(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return (done.stdout.splitlines() or ["unknown"])[0]
