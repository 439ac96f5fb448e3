"""Start the shop: a fresh database in a temporary directory, served until someone says stop."""

import logging
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

import waitress

from .app import Shop
from .database import Database

THREADS = 1
"""One request at a time: every request is short, and Python threads would only take turns on it."""


def main() -> None:
    """Serve on 127.0.0.1 at the port in the environment variable PORT, 8080 without one."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    # With one thread a request that arrives before the thread has put the last one away already counts as a
    # queue, and waitress would warn of it.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="shop-") as directory:
        database = Database(Path(directory) / "shop.sqlite3")
        database.create()
        waitress.serve(
            Shop(database), host="127.0.0.1", port=int(os.environ.get("PORT", "8080")), threads=THREADS
        )


def _stop(signum: int, frame: FrameType | None) -> None:
    # A second signal must not interrupt the removal of the directory.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(0)


if __name__ == "__main__":
    main()
