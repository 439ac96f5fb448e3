"""How often the demo's verdicts come out right: real commits, real services, many repeats.

    .venv/bin/python bench/demo_repeats.py [--aa 20] [--each 10]

Prints a line a run and a table at the end, and writes bench/results/demo-repeats.json with the machine
described. `docs-only` changes nothing the service executes, so any REGRESSED there is a false alarm.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

from perfgate.demo.branches import BRANCHES, Branch, judge
from perfgate.demo.repository import create_repository
from perfgate.target.environment import detect_environment

RESULTS = Path(__file__).parent / "results" / "demo-repeats.json"


@click.command()
@click.option("--aa", default=20, help="Repeats of the branch without a change.")
@click.option("--each", default=10, help="Repeats of every other branch.")
def main(aa: int, each: int) -> None:
    rows = []
    with tempfile.TemporaryDirectory(prefix="perfgate-bench-") as scratch:
        repository = Path(scratch) / "shop"
        create_repository(repository)
        plan = [(b, n) for b in BRANCHES for n in range(aa if b.name == "docs-only" else each)]
        # Branches take turns, so that a noisy minute of the machine does not fall on one of them alone.
        for branch, number in sorted(plan, key=lambda pair: pair[1]):
            row = _once(branch, number, repository, Path(scratch) / "verdict.json")
            rows.append(row)
            print(f"{row['branch']:12} {row['seconds']:5.0f} s  {row['outcome']:14} {row['detail']}")
            sys.stdout.flush()
            # After every run: half an hour is long enough to be cut short.
            summary = _write(rows)
    print(json.dumps(summary, indent=1))


def _write(rows: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    RESULTS.parent.mkdir(exist_ok=True)
    summary = _summary(rows)
    machine = {k: v for k, v in asdict(detect_environment()).items() if k != "class_id"}
    RESULTS.write_text(json.dumps({"machine": machine, "summary": summary, "runs": rows}, indent=1) + "\n")
    return summary


def _once(branch: Branch, number: int, repository: Path, path: Path) -> dict[str, object]:
    path.unlink(missing_ok=True)
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "perfgate", "compare", "main", branch.name, "-q", "-o", f"json={path}"],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.monotonic() - begun
    row: dict[str, object] = {"branch": branch.name, "repeat": number, "exit": done.returncode}
    row["seconds"] = round(seconds, 1)
    if not path.exists():
        return row | {"outcome": "error", "as_expected": False, "detail": done.stderr.strip()[-300:]}
    verdict = json.loads(path.read_text())
    found = judge(branch, verdict)
    worse = [
        f"{c['metric']['endpoint']} {c['metric']['statistic']} {c['change']:+.3f}"
        for c in verdict["comparisons"]
        if c["outcome"] == "REGRESSED"
    ]
    why = [r["code"] for r in verdict["reasons"] if r["code"] != "regressed"]
    return row | {
        "outcome": verdict["outcome"],
        "as_expected": found.as_expected,
        "rounds": verdict["rounds_measured"],
        "dropped": verdict["rounds_dropped"],
        "detail": "; ".join(worse + why),
    }


def _summary(rows: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    summary = {}
    for branch in BRANCHES:
        mine = [row for row in rows if row["branch"] == branch.name]
        seconds = sorted(float(str(row["seconds"])) for row in mine)
        summary[branch.name] = {
            "runs": len(mine),
            "as_expected": sum(bool(row["as_expected"]) for row in mine),
            "outcomes": dict(Counter(str(row["outcome"]) for row in mine)),
            "seconds_median": seconds[len(seconds) // 2] if seconds else None,
            "seconds_most": seconds[-1] if seconds else None,
        }
    return summary


if __name__ == "__main__":
    main()
