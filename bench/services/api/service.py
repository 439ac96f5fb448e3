"""The API the seeds were written for: tokens, users, orders."""

import json
import os
import socket
import threading
import time

DELAY_S = 0.0


def answer(method, path):
    if path == "/ready":
        return 200, {}
    time.sleep(DELAY_S)
    if method == "POST" and path == "/auth/token":
        return 200, {"access_token": "t0ken"}
    if method == "GET" and path in ("/users", "/api/users"):
        return 200, {"results": [{"id": 1, "name": "Ann"}]}
    if method == "POST" and path in ("/orders", "/api/orders"):
        return 201, {"id": 7}
    return 404, {"error": "no such thing"}


def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    data = b""
    with connection:
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(65536)
                if not more:
                    return
                data += more
            head, _, data = data.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:])
            length = int(headers.get("content-length", 0))
            while len(data) < length:
                data += connection.recv(65536)
            data = data[length:]
            method, path, _ = lines[0].split(" ", 2)
            status, body = answer(method, path)
            text = json.dumps(body).encode()
            connection.sendall(
                b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (status, len(text), text)
            )


def main():
    server = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=64)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    main()
