"""A service that works for as long as the path says and answers with the time at which it sent the answer.

    python -m bench.stamping_service PORT

`GET /4000` is answered after 4000 µs with `time.perf_counter_ns()` in 20 digits, a clock all processes share.
"""

import select
import socket
import sys
import time

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"


def serve(port: int) -> None:
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    connections: dict[int, socket.socket] = {}
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == listener.fileno():
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[connection.fileno()] = connection
                poll.register(connection, select.POLLIN)
                continue
            connection = connections[descriptor]
            request = connection.recv(4096)
            if not request:
                poll.unregister(descriptor)
                connections.pop(descriptor).close()
                continue
            _work(time.perf_counter_ns() + int(request.split(b" ", 2)[1][1:]) * 1000)
            connection.send(HEAD + b"%020d" % time.perf_counter_ns())


def _work(until_ns: int) -> None:
    while time.perf_counter_ns() < until_ns:
        pass


if __name__ == "__main__":
    serve(int(sys.argv[1]))
