"""The load tests users have, unmodified, each to a verdict: on perfgate's own driver, and on their own tools.

    .venv/bin/python -m bench.seeds [--each 3] [--only locust]...

A small service answers after 5 ms (`bench/services/api`); `same` is another commit without a change, `slow`
answers after 6 ms. Each file runs by `perfgate compare main BRANCH --workload FILE` with the gate's default
policy, natively where perfgate has a driver for it, and through the tool. k6, Locust and Artillery are
installed into .bench where they are missing. Writes bench/results/seeds.json.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from bench import peers, table
from bench.machine import ROOT, describe, write_results

_SEEDS = ROOT / "tests/seeds"
_SERVICE = ROOT / "bench/services/api/service.py"
_RUNS = (
    ("locustfile.py", "native"),
    ("locustfile.py", "locust"),
    ("load-test.yml", "native"),
    ("load-test.yml", "artillery"),
    ("load-test.js", "k6"),
    ("ramp.js", "k6"),
    ("orders.js", "k6"),
)
_WANTED = {"same": "PASS", "slow": "REGRESSED"}
_CONFIG = """\
version: 1
service:
  command: [python, -S, service.py]
  ready: {path: /ready}
"""


@click.command()
@click.option("--each", default=3, help="Runs of each file, driver and branch.")
@click.option("--only", multiple=True, help="Files and drivers that contain this; repeatable.")
def main(*, each: int, only: tuple[str, ...]) -> None:
    found = peers.find(["k6", "locust", "artillery"], install=True)
    folders = {str(Path(peer.path).parent) for peer in found.values() if peer.path}
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="perfgate-bench-") as scratch:
        repository = Path(scratch) / "api"
        _make(repository)
        for number in range(each):
            for file, driver in _RUNS:
                for branch in _WANTED:
                    if not only or any(part in f"{file} {driver}" for part in only):
                        rows.append(_once(repository, file, driver, branch, folders))
                        print(f"{number + 1}  {_told(rows[-1])}", flush=True)
    lines = [_line(rows, file, driver) for file, driver in _RUNS if _of(rows, file, driver)]
    head = ("file", "driver", "runs", "same PASS", "slow REGRESSED", "s", "MDE of p50", "others")
    table.show("Verdicts on unmodified load tests", head, lines)
    versions = {name: peer.version for name, peer in found.items()}
    write_results("seeds", {**describe(), "tools": versions, "runs": rows})


def _make(path: Path) -> None:
    path.mkdir()
    _git(path, "init", "--quiet", "--template=", "--initial-branch=main", ".")
    service = _SERVICE.read_text()
    (path / "service.py").write_text(service.replace("DELAY_S = 0.0", "DELAY_S = 0.005"))
    (path / "perfgate.yml").write_text(_CONFIG)
    for seed in _SEEDS.iterdir():
        shutil.copy(seed, path / seed.name)
    (path / ".gitignore").write_text(".perfgate/\n")
    _commit(path, "Open the API")
    for branch, delay in (("same", "0.0050"), ("slow", "0.006")):
        _git(path, "checkout", "--quiet", "-b", branch, "main")
        (path / "service.py").write_text(service.replace("DELAY_S = 0.0", f"DELAY_S = {delay}"))
        _commit(path, branch)
    _git(path, "checkout", "--quiet", "main")


def _once(repository: Path, file: str, driver: str, branch: str, folders: set[str]) -> dict[str, Any]:
    written = repository.parent / "verdict.json"
    written.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "perfgate", "compare", "main", branch, "--workload", file]
    argv += ["--driver", driver, "-q", "-o", f"json={written}"]
    # The interpreter first: `python` of the service is the one perfgate runs on.
    path = os.pathsep.join([str(Path(sys.executable).parent), *sorted(folders), os.environ["PATH"]])
    env = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}
    begun = time.monotonic()
    done = subprocess.run(argv, cwd=repository, env=env, capture_output=True, text=True, check=False)
    row: dict[str, Any] = {"file": file, "driver": driver, "branch": branch}
    row |= {"seconds": round(time.monotonic() - begun, 1), "exit": done.returncode}
    if not written.exists():
        return row | {"outcome": "error", "said": done.stderr.strip()[-300:], "mde": []}
    verdict = json.loads(written.read_text())
    p50 = [c for c in verdict["comparisons"] if c["metric"]["statistic"] == "p50"]
    mde = [c["mde"] for c in p50 if c.get("mde") is not None]
    return row | {
        "outcome": verdict["outcome"],
        "said": verdict["reasons"][0]["text"] if verdict["reasons"] else "",
        "mde": mde,
    }


def _told(row: dict[str, Any]) -> str:
    head = f"{row['file']:14} {row['driver']:9} {row['branch']} {row['seconds']:5.0f} s"
    return f"{head}  {row['outcome']:13} {row['said'][:90]}"


def _of(rows: list[dict[str, Any]], file: str, driver: str) -> list[dict[str, Any]]:
    return [row for row in rows if (row["file"], row["driver"]) == (file, driver)]


def _line(rows: list[dict[str, Any]], file: str, driver: str) -> list[str]:
    mine = _of(rows, file, driver)
    right = {
        name: [r for r in mine if r["branch"] == name and r["outcome"] == _WANTED[name]] for name in _WANTED
    }
    total = {name: sum(r["branch"] == name for r in mine) for name in _WANTED}
    seconds = sorted(row["seconds"] for row in mine)
    mde = [value for row in mine for value in row["mde"]]
    others = sorted({row["outcome"] for row in mine} - set(_WANTED.values()))
    return [
        file,
        driver,
        str(len(mine)),
        f"{len(right['same'])}/{total['same']}",
        f"{len(right['slow'])}/{total['slow']}",
        f"{seconds[0]:.0f}-{seconds[-1]:.0f}",
        f"{statistics.median(mine_mde):.1%}" if (mine_mde := mde) else "-",
        ", ".join(others),
    ]


def _commit(path: Path, message: str) -> None:
    _git(path, "add", "--all")
    identity = ("-c", "user.name=perfgate bench", "-c", "user.email=bench@perfgate.invalid")
    _git(path, *identity, "commit", "--quiet", "--no-gpg-sign", f"--message={message}")


def _git(path: Path, *arguments: str) -> None:
    fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | fixed
    subprocess.run(["git", *arguments], cwd=path, env=env, check=True, capture_output=True)


if __name__ == "__main__":
    main()
