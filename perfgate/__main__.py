"""`python -m perfgate` is `perfgate`."""

import sys

from perfgate.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
