import socket
import struct
import time

import pytest

from perfgate.load import clock

STAMPED = clock.detect_clock_source() == clock.KERNEL_CLOCK


def test_wall_and_monotonic_clock_stay_apart_by_the_same_amount():
    first_ns = clock.wall_minus_monotonic_ns()
    time.sleep(0.05)
    assert abs(clock.wall_minus_monotonic_ns() - first_ns) < 50_000_000
    assert abs(first_ns + time.monotonic_ns() - time.time_ns()) < 1_000_000_000


@pytest.mark.skipif(not STAMPED, reason="no kernel stamps here")
def test_a_stamp_says_when_bytes_arrived_not_when_they_were_read():
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        assert clock.ask_for_stamps(client)
        client.connect(listener.getsockname())
        peer, _ = listener.accept()
        with peer:
            for _ in range(20):
                sent_ns = clock.now_ns()
                peer.sendall(b".")
                arrived_ns = clock.now_ns()
                time.sleep(0.05)
                _, ancillary, _, _ = client.recvmsg(1, clock.ANCILLARY_BYTES)
                if stamp_ns := clock.stamp_of(ancillary):
                    break
    assert sent_ns <= stamp_ns <= arrived_ns + 20_000_000


def test_foreign_or_short_ancillary_data_give_no_stamp():
    whole = struct.pack("@qq", 7, 5)
    assert clock.stamp_of([]) == 0
    assert clock.stamp_of([(1, 99, whole), (1, clock.SO_TIMESTAMPING, whole[:8])]) == 0
    assert clock.stamp_of([(1, 99, b""), (1, clock.SO_TIMESTAMPING, whole)]) == 7_000_000_005
