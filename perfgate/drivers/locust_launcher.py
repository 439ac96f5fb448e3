"""Starts Locust in Locust's own interpreter: `python locust_launcher.py ORDER.json LOCUST-ARGUMENTS…`.

It knows nothing of perfgate but the folder beside it, and leaves nothing on the locustfile's search path.
"""

import importlib
import sys
from pathlib import Path


def main() -> None:
    """Load what is ours, forget where it came from, and become Locust."""
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [here, *(entry for entry in sys.path[1:] if entry != here)]
    start = importlib.import_module("locust_inside.start")
    sys.path.remove(here)
    start.main(sys.argv[1], sys.argv[2:])


if __name__ == "__main__":
    main()
