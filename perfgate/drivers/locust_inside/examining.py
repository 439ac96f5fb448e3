"""What Locust makes of a locustfile once it is imported: users, hosts, shapes and the modules it brought."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import Any


def examined(
    version: str, user_classes: list[Any], options: Any, given: dict[str, Any], order: dict[str, Any]
) -> dict[str, Any]:
    """The facts perfgate needs before the first run."""
    shape = given.get("shape_class")
    hosts = [options.host] if options.host else [getattr(cls, "host", None) for cls in user_classes]
    return {
        "version": version,
        "users": [cls.__name__ for cls in user_classes],
        "hosts": [host for host in dict.fromkeys(hosts) if isinstance(host, str)],
        "shape": type(shape).__name__ if shape else None,
        "files": local_files(order["folders"]),
        "tags": [sorted(options.tags or []), sorted(options.exclude_tags or [])],
    }


def local_files(folders: list[str]) -> list[str]:
    """The sources of imported modules below the folders, without what is installed there."""
    real = [os.path.realpath(folder) + os.sep for folder in folders]
    installed = {
        os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "purelib", "platlib")
    }
    found = set()
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if not isinstance(name, str) or module.__name__.partition(".")[0] in ("__main__", "locust_inside"):
            continue
        file = os.path.realpath(name)
        foreign = "site-packages" in Path(file).parts or file.startswith(tuple(installed))
        if file.startswith(tuple(real)) and not foreign and Path(file).is_file():
            found.add(file)
    return sorted(found)
