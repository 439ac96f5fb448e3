"""The truth about service times: what tcpdump saw of every request on loopback, in the kernel's time."""

import re
import signal
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench import children, peers
from bench.machine import SERVICE_CPUS

_NANOSECOND_PCAP = 0xA1B23C4D
_ETHERNET = 14
_PAYLOAD = "(((ip[2:2] - ((ip[0] & 0xf) << 2)) - ((tcp[12] & 0xf0) >> 2)) != 0)"
# tcpdump hands over what the kernel has collected once a second at the latest.
_FLUSH_S = 1.5


@dataclass
class Capture:
    """What was seen between the start and the end of a capture."""

    path: Path
    port: int
    pid: int = 0
    started_ns: np.ndarray = field(default_factory=lambda: np.empty(0))
    service_ns: np.ndarray = field(default_factory=lambda: np.empty(0))
    unanswered: int = 0
    dropped: int | None = None

    def fault(self) -> str:
        """Why this is not the whole truth, "" if it is."""
        if self.dropped is None:
            return "tcpdump did not say whether it lost packets"
        return f"tcpdump lost {self.dropped} packets" if self.dropped else ""


@contextmanager
def capturing(port: int, folder: Path) -> Iterator[Capture]:
    """Record the packets of this port that carry data; the capture is complete when the block has ended."""
    capture = Capture(folder / "capture.pcap", port)
    log = folder / "tcpdump.log"
    # A tcpdump that gives root up would no longer end together with the benchmark.
    options = [
        "-Z",
        "root",
        "-i",
        "lo",
        "-nn",
        "--time-stamp-precision=nano",
        "-s",
        "128",
        "-B",
        "65536",
        "-w",
        "-",
    ]
    argv = [peers.require_system("tcpdump"), *options, f"tcp port {port} and {_PAYLOAD}"]
    with capture.path.open("wb") as out, children.child(
        argv, cpus=SERVICE_CPUS, log=log, stdout=out
    ) as running:  # fmt: skip
        _await_listening(log)
        capture.pid = running.pid
        yield capture
        time.sleep(_FLUSH_S)
        running.end(signal.SIGINT)
    said = re.search(r"(\d+) packets? dropped by kernel", log.read_text())
    capture.dropped = int(said[1]) if said else None
    _measure(capture)


def _await_listening(log: Path) -> None:
    deadline = time.monotonic() + 10
    while "listening on" not in log.read_text():
        if time.monotonic() > deadline or "permi" in log.read_text():
            raise SystemExit(
                f"tcpdump cannot capture on lo (root or CAP_NET_RAW is needed): {log.read_text()}"
            )
        time.sleep(0.05)


def _measure(capture: Capture) -> None:
    """First packet of a request to last of its answer, connection by connection; nothing is pipelined."""
    asked: dict[int, int] = {}
    answered: dict[int, int] = {}
    done: list[tuple[int, int]] = []
    for at_ns, source, destination in packets(capture.path.read_bytes()):
        if source == capture.port:
            if destination in asked:
                answered[destination] = at_ns
        elif source in answered:
            done.append((asked[source], answered.pop(source)))
            asked[source] = at_ns
        else:
            asked.setdefault(source, at_ns)
    done += [(asked[client], last) for client, last in answered.items()]
    capture.unanswered = len(asked.keys() - answered.keys())
    times = np.array(sorted(done), dtype=np.int64).reshape(-1, 2)
    capture.started_ns = times[:, 0]
    capture.service_ns = times[:, 1] - times[:, 0]


def packets(pcap: bytes) -> Iterator[tuple[int, int, int]]:
    """Time, source port and destination port of each packet in a file of nanosecond precision."""
    if len(pcap) < 24 or struct.unpack_from("<I", pcap)[0] != _NANOSECOND_PCAP:
        raise SystemExit("the capture is no little-endian pcap file with nanoseconds")
    record, ports = struct.Struct("<IIII"), struct.Struct(">HH")
    offset = 24
    while offset + 16 <= len(pcap):
        seconds, nanoseconds, length, _ = record.unpack_from(pcap, offset)
        offset += 16
        transport = offset + _ETHERNET + (pcap[offset + _ETHERNET] & 0x0F) * 4
        if transport + 4 <= len(pcap):
            yield seconds * 1_000_000_000 + nanoseconds, *ports.unpack_from(pcap, transport)
        offset += length
