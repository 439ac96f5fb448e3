"""Runs the wrapper, also where the interpreter was started with `-I -S` and finds no installed package."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Run as a directory this package's own folder leads the path, where `mode` or `tail` could be anybody's.
    sys.path[:] = [folder for folder in sys.path if folder != str(Path(__file__).parent)]
    # Last: what else is installed there must not stand in for the standard library.
    sys.path.append(str(Path(__file__).parents[3]))
    from perfgate.target.inject.wrapper import main

    main(sys.argv[1:])
