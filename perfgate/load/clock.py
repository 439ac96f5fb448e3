"""The clock of the load driver: wall-clock nanoseconds, and the kernel's receive stamps on the same scale.

Linux stamps a packet when it arrives (`SO_TIMESTAMPING`) in CLOCK_REALTIME, so the driver reads that clock
too: a request's time is then send-call to packet arrival, and the wait of this process for the CPU or for
the interpreter is not charged to the service. The price of a wall clock is that somebody may step it; the
driver compares it with the monotonic clock over each round and reports the step (`Health.clock_step_ns`).
"""

import contextlib
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator

SO_TIMESTAMPING = 37
_TX_SOFTWARE = 1 << 1
_RX_SOFTWARE = 1 << 3
_SOFTWARE = 1 << 4
_ONLY_THE_STAMP = 1 << 11
read_stamp: Callable[[bytes], tuple[int, int]] = struct.Struct("@qq").unpack_from

KERNEL_CLOCK = "kernel receive timestamps (SO_TIMESTAMPING, CLOCK_REALTIME)"
USER_CLOCK = "user-space clock (CLOCK_REALTIME)"

ANCILLARY_BYTES = socket.CMSG_SPACE(3 * 16) if hasattr(socket, "CMSG_SPACE") else 0

_TRANSMIT_ANCILLARY_BYTES = 256

now_ns = time.time_ns


def wall_minus_monotonic_ns() -> int:
    """How far the wall clock is ahead of the monotonic one; it changes only when somebody sets the clock.

    The smallest of a few bracketed readings is taken, so that being descheduled between the two reads does
    not look like a step.
    """
    readings = []
    for _ in range(5):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        readings.append((after - before, wall - (before + after) // 2))
    return min(readings)[1]


def ask_for_stamps(connection: socket.socket, *, transmit: bool = False) -> bool:
    """Ask the kernel to stamp what this socket receives, and sends if asked to; False where it cannot."""
    flags = _RX_SOFTWARE | _SOFTWARE | (_TX_SOFTWARE | _ONLY_THE_STAMP if transmit else 0)
    if not sys.platform.startswith("linux"):
        return False
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, flags)
        return True
    return False


def stamp_of(ancillary: list[tuple[int, int, bytes]]) -> int:
    """The kernel's receive time in nanoseconds from the ancillary data of `recvmsg`, 0 if it gave none."""
    for _level, kind, data in ancillary:
        if kind == SO_TIMESTAMPING and len(data) >= 16:
            seconds, nanoseconds = read_stamp(data)
            return seconds * 1_000_000_000 + nanoseconds
    return 0


def transmit_stamp(connection: socket.socket, since_ns: int) -> int:
    """The kernel's time for the first packet sent at `since_ns` or later, 0 if it has none (yet).

    Older ones, that nobody has asked for, are let go.
    """
    with contextlib.suppress(OSError):
        while True:
            _, ancillary, _, _ = connection.recvmsg(
                1, _TRANSMIT_ANCILLARY_BYTES, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT
            )
            stamp_ns = stamp_of(ancillary)
            if stamp_ns >= since_ns:
                return stamp_ns
    return 0


def detect_clock_source() -> str:
    """Try a stamped exchange over loopback and say which clock the driver's last-byte times will have."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        if not ask_for_stamps(client):
            return USER_CLOCK
        client.settimeout(1.0)
        client.connect(server.getsockname())
        answerer, _ = server.accept()
        with answerer:
            # The kernel switches stamping on in the background, so the first packets may go without.
            for _ in range(20):
                answerer.sendall(b".")
                _, ancillary, _, _ = client.recvmsg(1, ANCILLARY_BYTES)
                if stamp_of(ancillary):
                    return KERNEL_CLOCK
                time.sleep(0.005)
    return USER_CLOCK


_PR_SET_TIMERSLACK, _PR_GET_TIMERSLACK = 29, 30


@contextlib.contextmanager
def punctual_sleep() -> Iterator[None]:
    """Let threads started meanwhile wake when they should, not 0.05 ms later, by which Linux saves power."""
    if not sys.platform.startswith("linux"):
        yield
        return
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    before_ns = prctl(_PR_GET_TIMERSLACK, 0, 0, 0, 0)
    prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_TIMERSLACK, max(before_ns, 1), 0, 0, 0)
