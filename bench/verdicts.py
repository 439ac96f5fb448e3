"""What bench.truth concludes: how far off each tool was, who was nearest, whether perfgate keeps its word."""

from typing import Any

from bench import table
from bench.measured import OTHERS_TOO_MANY_CORES

WITHIN = {"p50": 0.02, "p99": 0.05}
NAMES = ("p50", "p99", "p99.9")


def judge(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The verdict lines: each with the cases it rests on and those that speak against it."""
    own = [run for run in runs if run["tool"] == "perfgate"]
    void = [f"{run['label']}: {run['void']}" for run in own if run["void"]]
    measured = [run for run in own if not run["void"]]
    trusted = [run for run in measured if run["verdict"] != "INVALID"]
    flagged = [run["label"] for run in measured if run["verdict"] == "INVALID"]
    off = [_off(run, name) for run in trusted for name in WITHIN if abs(run["error"][name]) > WITHIN[name]]
    bounds = " and ".join(f"{bound:.0%} at {name}" for name, bound in WITHIN.items())
    judged = [
        _line(f"perfgate within {bounds} wherever it does not say INVALID", len(trusted), off, void),
        *(_nearest(runs, trusted, name, void) for name in NAMES),
    ]
    share = f"{len(flagged)} of {len(measured)}"
    said = {"verdict": "perfgate says INVALID of itself", "outcome": share, "against": flagged, "void": void}
    return [*judged, said]


def _nearest(
    runs: list[dict[str, Any]], trusted: list[dict[str, Any]], name: str, void: list[str]
) -> dict[str, Any]:
    against, compared = [], 0
    for run in trusted:
        peers = [r for r in runs if r["label"] == run["label"] and r["tool"] != "perfgate" and not r["void"]]
        if not peers:
            continue
        compared += 1
        best = min(peers, key=lambda r: abs(r["error"][name]))
        if abs(best["error"][name]) < abs(run["error"][name]):
            against.append(f"{_off(run, name)}, {best['tool']} {best['error'][name]:+.2%}")
    text = f"perfgate nearest of all at {name} wherever it does not say INVALID"
    return _line(text, compared, against, void)


def _line(text: str, cases: int, against: list[str], void: list[str]) -> dict[str, Any]:
    outcome = "no case" if not cases else "missed" if against else "met"
    if void and outcome == "met":
        outcome = f"met where measured, {len(void)} void"
    return {"verdict": text, "cases": cases, "outcome": outcome, "against": against, "void": void}


def _off(run: dict[str, Any], name: str) -> str:
    return f"{run['label']}: {name} {run['error'][name]:+.2%}"


def line(run: dict[str, Any]) -> str:
    """One run while the benchmark goes on."""
    if run["void"]:
        return f"{run['label']:24} {run['tool']:10} void: {run['void']}"
    return f"{run['label']:24} {run['tool']:10} " + "  ".join(
        f"{name} {run['error'][name]:+8.2%}" for name in NAMES
    )


def show(runs: list[dict[str, Any]], judged: list[dict[str, Any]]) -> None:
    """Every run, the nearest tool of every case, and the verdict lines."""
    head = [
        "case",
        "tool",
        "wire p50 ms",
        "p99",
        "p99.9",
        *(f"error {n}" for n in NAMES),
        "rate kept",
        "note",
    ]
    table.show("What tools report, against the wire", head, [_row(run) for run in runs])
    labels = list(dict.fromkeys(run["label"] for run in runs))
    best = [[label, *(_best(runs, label, name) for name in NAMES)] for label in labels]
    table.show("Nearest to the wire", ["case", *NAMES], best)
    print()
    for entry in judged:
        cases = f" ({entry['cases']} cases)" if "cases" in entry else ""
        print(f"{entry['verdict']}: {entry['outcome']}{cases}")
        for item in entry["against"]:
            print(f"    {item}")
    for text in judged[-1]["void"]:
        print(f"perfgate void: {text}")


def _row(run: dict[str, Any]) -> list[str]:
    if run["void"]:
        return [run["label"], run["tool"], *[""] * 7, run["void"][:60]]
    notes = [run["verdict"] if run["verdict"] == "INVALID" else ""]
    notes.append("" if run["sustained"] else "rate not kept")
    notes.append(f"{run['claimed_errors']} errors" if run["claimed_errors"] else "")
    if run["other_cores"] > OTHERS_TOO_MANY_CORES:
        notes.append(f"others took {run['other_cores']:.2f} cores")
    if abs(run["claimed_requests"] - run["wire_requests"]) > 0.01 * run["wire_requests"]:
        notes.append(f"counts {run['claimed_requests']} of {run['wire_requests']}")
    return [
        run["label"],
        run["tool"],
        *(f"{run['wire_ns'][name] / 1e6:.3f}" for name in NAMES),
        *(f"{run['error'][name]:+.2%}" for name in NAMES),
        f"{run['achieved']:.1%}",
        "; ".join(filter(None, notes)),
    ]


def _best(runs: list[dict[str, Any]], label: str, name: str) -> str:
    measured = [run for run in runs if run["label"] == label and not run["void"]]
    if not measured:
        return ""
    best = min(measured, key=lambda run: abs(run["error"][name]))
    return f"{best['tool']} {best['error'][name]:+.2%}"
