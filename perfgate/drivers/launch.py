"""Becomes a load tool that dies with its parent: `python -I -S launch.py PARENT_PID CPUS COMMAND…`.

It runs as a script before the tool and so imports the standard library only. `CPUS` is `0,1` or `-` for any.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Ask the kernel for the end with the parent, keep to the CPUs, and turn into the command."""
    parent, cpus, *command = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if cpus != "-":
            os.sched_setaffinity(0, {int(cpu) for cpu in cpus.split(",")})
    if os.getppid() != int(parent):
        sys.exit(1)  # the parent went before the kernel was asked
    os.execvp(command[0], command)  # noqa: S606 - a list of words, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
