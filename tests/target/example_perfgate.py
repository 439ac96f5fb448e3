"""What perfgate does, up to a named point where a test interrupts or kills it."""

import signal
import sys
import time
from pathlib import Path

from perfgate.target import build, service
from perfgate.target.keeper import Keeper

SERVER = str(Path(__file__).with_name("example_server.py"))


def say(*words):
    print(*words, flush=True)


def started(keeper, folder, mode):
    spec = service.ServiceSpec(
        argv=(sys.executable, "-S", SERVER, mode, "{port}"),
        cwd=folder,
        env={},
        ready_path="/",
        ready_timeout_ns=20_000_000_000,
        stop_signal=signal.SIGTERM,
        grace_ns=20_000_000_000,
    )
    return service.start(spec, side="base", cpus=None, log_path=folder / "log", keeper=keeper)


def main():
    # A test runner in the background ignores SIGINT, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    point, folder = sys.argv[1], Path(sys.argv[2])
    with Keeper() as keeper:
        if point == "building":
            sleeper = (sys.executable, "-S", SERVER, "stubborn-tree", "20000")
            say("building")
            build.run_build((sleeper,), cwd=folder, env={}, log_path=folder / "log", keeper=keeper)
        if len(sys.argv) > 3:
            keeper.watch_worktree(Path(sys.argv[3]), Path(sys.argv[4]))
        modes = {"starting": "sleep", "obedient": "workers"}
        running = started(keeper, folder, modes.get(point, "stubborn-tree"))
        try:
            say(running.group.marker)
            service.wait_ready(running)
            say("ready")
            if point in {"running", "obedient"}:
                time.sleep(60)
        finally:
            if point == "stopping":
                say("stopping")
            service.stop(running)


main()
