"""How tests run an Artillery script against a small real service."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from perfgate.drivers.artillery import read_artillery_script
from perfgate.model.tool import ToolOrder, ToolRun


def _beside() -> list[str]:
    # In a second working tree the tools are those of the first.
    here = Path(__file__).parents[2]
    found = [here]
    git = shutil.which("git")
    if git:
        words = [git, "-C", str(here), "rev-parse", "--path-format=absolute", "--git-common-dir"]
        answer = subprocess.run(words, capture_output=True, text=True, check=False)
        found += [Path(answer.stdout.strip()).parent] if answer.returncode == 0 else []
    return [str(folder / ".bench" / "node_modules" / ".bin") for folder in found]


PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), *_beside()])
NEEDS_ARTILLERY = pytest.mark.skipif(
    shutil.which("artillery", path=PATH) is None, reason="artillery is not installed"
)


def run_artillery(folder: Path, script: str, url: str, **order: Any) -> ToolRun:
    """Read and run a script; `order` are further fields of the order."""
    path = folder / "script.yml"
    path.write_text(script)
    variables = order.pop("variables", {})
    environ = {**os.environ, "PATH": PATH, **order.pop("environ", {})}
    environment = order.pop("environment", None)
    workload = read_artillery_script(path, environ=environ, variables=variables, environment=environment)
    assert workload.tool is not None
    out = folder / "out"
    out.mkdir(exist_ok=True)
    return workload.tool.run(ToolOrder(url=url, folder=out, seed=1, variables=variables, **order))
