"""A service with a known mix of latencies: most answers after 1 ms, some after 5 and 20, a few after 80.

    python -m bench.mixed_service PORT

One thread, one epoll, one heap of what is due. The delays are a seeded sequence, the same for every tool,
with a tenth either way, so that a quantile is a place in a distribution and not one of four steps. How
exactly it keeps them does not matter: the wire is the truth.
"""

import ctypes
import gc
import heapq
import itertools
import random
import select
import socket
import sys
import time

MIX = {0.001: 0.80, 0.005: 0.15, 0.020: 0.045, 0.080: 0.005}
BODY = b'{"id":4711,"results":[3,1,4,1,5,9,2,6],"token":"a1b2c3d4e5f60"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
_SET_TIMER_SLACK = 29


def delays(seed: int = 1, count: int = 200_000) -> list[float]:
    draw = random.Random(seed)
    modes = draw.choices(list(MIX), weights=list(MIX.values()), k=count)
    return [mode * draw.uniform(0.9, 1.1) for mode in modes]


def serve(port: int) -> None:
    ctypes.CDLL(None).prctl(_SET_TIMER_SLACK, 1000, 0, 0, 0)
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    connections: dict[int, socket.socket] = {}
    delay = itertools.cycle(delays())
    due: list[tuple[float, int, socket.socket]] = []
    order = itertools.count()
    clock = time.monotonic
    gc.disable()
    while True:
        # epoll waits in whole milliseconds; select, asked about the epoll, in microseconds.
        if due:
            select.select([poll], [], [], max(0.0, due[0][0] - clock()))
        for descriptor, _ in poll.poll(0 if due else -1):
            if descriptor == listener.fileno():
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[connection.fileno()] = connection
                poll.register(connection, select.EPOLLIN)
                continue
            connection = connections[descriptor]
            if _asks(connection):
                heapq.heappush(due, (clock() + next(delay), next(order), connection))
            else:
                poll.unregister(descriptor)
                connections.pop(descriptor).close()
        while due and due[0][0] <= clock():
            _answer(heapq.heappop(due)[2])


def _asks(connection: socket.socket) -> bool:
    """Read a request, which has no body and fits one packet; False once the peer is gone."""
    try:
        return bool(connection.recv(65536))
    except OSError:
        return False


def _answer(connection: socket.socket) -> None:
    if connection.fileno() < 0:
        return
    try:
        connection.send(HEAD + BODY)
    except OSError:
        return


if __name__ == "__main__":
    serve(int(sys.argv[1]))
