"""A tiny HTTP server that can misbehave in one named way; standard library only, starts in some 20 ms."""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
ANSWERS = {
    "garbage": b"SSH-2.0-OpenSSH_9.2\r\n",
    "unavailable": OK.replace(b"200 OK", b"503 No"),
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "endless": OK.replace(b"Content-Length: 2", b"Content-Length: 99999999"),
    "hang": b"",
}


def listen(port):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen(64)
    return server


def burn(cpu_s):
    until = time.process_time() + cpu_s
    while time.process_time() < until:
        sum(range(1000))


def serve(server, answer):
    hung = []
    while True:
        connection, _ = server.accept()
        request = connection.recv(65536)
        if b"GET /die" in request:
            print("fatal: out of cheese", flush=True)
            os._exit(7)
        if b"GET /burn" in request:
            burn(0.2)
        if answer:
            connection.sendall(answer)
            connection.close()
        else:
            hung.append(connection)


def leave_with_a_message():
    for number in range(30):
        print(f"line {number}\x1b[31m red\x1b[0m\x07")
    print("::error::injected", flush=True)
    sys.exit(3)


def go_to_the_background():
    parent = os.getpid()
    if os.fork():
        os._exit(0)
    os.setsid()
    while os.getppid() == parent:
        time.sleep(0.005)


def flood():
    for _ in range(17):
        os.write(1, (b"z" * 1023 + b"\n") * 1024)
    print("the end", flush=True)


def lose_a_port_the_first_time():
    if not Path("tried").exists():
        Path("tried").write_text(sys.argv[2])
        lose_every_port()


def lose_every_port():
    holder = listen(0)
    listen(holder.getsockname()[1])


def ignore_term():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def stop_slowly():
    signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.2), print("flushed", flush=True), os._exit(0)))
    os.write(1, b"up\n")


def write_facts():
    facts = {
        "argv": sys.argv,
        "environ": dict(os.environ),
        "cpus": sorted(os.sched_getaffinity(0)),
        "cwd": str(Path.cwd()),
        "session": os.getsid(0) == os.getpid(),
        "fds": sorted(int(fd.name) for fd in Path("/proc/self/fd").iterdir()),
    }
    Path("facts.json").write_text(json.dumps(facts))


def fork_workers():
    for _ in range(2):
        if os.fork() == 0:
            break
    os.write(1, b"up\n")


def fork_a_daemon():
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os.write(1, b"up\n")
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    ignore_term()
    os.write(1, b"up\n")
    time.sleep(60)


def fork_a_worker_that_stops_slowly():
    if os.fork() == 0:
        stop_slowly()


def fork_a_worker_nobody_waits_for():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if os.fork() == 0:
        burn(0.2)
        time.sleep(60)


BEFORE_LISTENING = {
    "exit": (leave_with_a_message,),
    "crash": (lambda: os.kill(os.getpid(), signal.SIGKILL),),
    "background": (go_to_the_background,),
    "sleep": (lambda: time.sleep(60),),
    "ignores-term": (ignore_term,),
    "stubborn-tree": (ignore_term,),
    "slow-stop": (stop_slowly,),
    "flood": (flood,),
    "port-taken": (lose_a_port_the_first_time,),
    "port-always-taken": (lose_every_port,),
}
WHILE_LISTENING = {
    "facts": (write_facts,),
    "workers": (fork_workers,),
    "slow-worker": (fork_a_worker_that_stops_slowly,),
    "stubborn-tree": (fork_workers, fork_a_daemon),
    "careless": (fork_a_worker_nobody_waits_for,),
}


def main():
    mode, port = sys.argv[1], int(sys.argv[2])
    for action in BEFORE_LISTENING.get(mode, ()):
        action()
    server = listen(0 if mode == "elsewhere" else port)
    Path("listening").touch()
    for action in WHILE_LISTENING.get(mode, ()):
        action()
    serve(server, ANSWERS.get(mode, OK))


main()
