"""A small load tool of its own, behind perfgate's port: a process that sends requests and writes rows."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfgate.errors import MeasureError
from perfgate.model import (
    Samples,
    ToolCheck,
    ToolMetric,
    ToolName,
    ToolOrder,
    ToolReport,
    ToolRun,
    ToolStopped,
    ToolThreshold,
    Workload,
)

SCRIPT = '''\
"""Asks one path again and again, and writes a row a request: sent, first byte, last byte, status."""
import socket, sys, time

url, seconds, path, out = sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4]
if path == "crash":
    print("it all went wrong")
    sys.exit(70)
host, port = url.removeprefix("http://").rstrip("/").split(":")
connection = socket.create_connection((host, int(port)), timeout=5)
answers = connection.makefile("rb")
end = time.monotonic() + seconds
with open(out, "w") as rows:
    while time.monotonic() < end:
        sent = time.time_ns()
        connection.sendall(f"GET {path} HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n".encode())
        status, length = int(answers.readline().split()[1]), 0
        first = time.time_ns()
        while (line := answers.readline().strip().lower()):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        answers.read(length)
        rows.write(f"{sent},{first},{time.time_ns()},{status}\\n")
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class LittleTool:
    """The port for the script above; it claims to be k6, because a tool has to be one that is known."""

    path: str = "/ready"
    name: ToolName = "k6"
    latency_definition: str = "from before the request was written to after the body was read"
    threshold_ok: bool = True
    exit_code: int = 0
    stopped: bool = False
    default_s: float = 0.3

    def run(self, order: ToolOrder) -> ToolRun:
        script, rows = order.folder / "tool.py", order.folder / "rows.csv"
        script.write_text(SCRIPT)
        seconds = order.duration_ns / 1e9 if order.duration_ns else self.default_s
        command = [sys.executable, "-S", str(script), order.url, f"{seconds:g}", self.path, str(rows)]
        begun = time.monotonic_ns()
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise MeasureError(f"k6 ended with {done.returncode}\n{done.stdout.strip()}", "see what it says")
        run = ToolRun(
            samples=_samples(rows, self.path), duration_ns=time.monotonic_ns() - begun, report=self._report()
        )
        if self.stopped:
            raise ToolStopped(run)
        return run

    def _report(self) -> ToolReport:
        return ToolReport(
            tool="k6 v0.0.1",
            command=("k6", "run", "little.js"),
            exit_code=self.exit_code,
            thresholds=(
                ToolThreshold(
                    metric="http_req_duration", expression="p(95)<5", ok=self.threshold_ok, value=7.5
                ),
            ),
            checks=(ToolCheck(name="status is 200", passes=3, fails=1),),
            metrics=(
                ToolMetric(name="errors", kind="trend", values={"count": 2.0, "p(95)": 4.0, "max": 9.0}),
            ),
            errors={"refused": 1},
            last_lines=("done",),
            notes=("the file's stages were left out",),
        )


def little_workload(tool: LittleTool) -> Workload:
    return Workload(name="little", digest="1" * 64, tool=tool)


def _samples(rows: Path, path: str) -> Samples:
    with rows.open() as file:
        read = np.array([[int(cell) for cell in row] for row in csv.reader(file)], dtype=np.int64)
    table = read.reshape(-1, 4)
    zeros = np.zeros(len(table), dtype=np.int32)
    return Samples(
        endpoints=(f"GET {path}",),
        errors=("",),
        endpoint=zeros,
        due_ns=table[:, 0],
        sent_ns=table[:, 0],
        first_ns=table[:, 1],
        last_ns=table[:, 2],
        status=table[:, 3].astype(np.int32),
        error=zeros,
        bytes_received=zeros.astype(np.int64),
        couple=zeros - 1,
    )
