"""The floor: what Python threads reach that only send and receive, without looking at the answer.

python bench/loads/bare_loop.py PORT CONNECTIONS SECONDS
"""

import json
import socket
import sys
import threading
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def loop(port: int, end: float, counts: list[int]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        send, receive, clock = connection.send, connection.recv, time.monotonic
        count = 0
        while clock() < end:
            send(REQUEST)
            if not receive(65536):
                raise SystemExit("the service closed a connection")
            count += 1
    counts.append(count)


def main() -> None:
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    counts: list[int] = []
    begun = time.monotonic()
    threads = [
        threading.Thread(target=loop, args=(port, begun + seconds, counts)) for _ in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - begun
    print(json.dumps({"requests": sum(counts), "seconds": elapsed, "errors": connections - len(counts)}))


if __name__ == "__main__":
    main()
