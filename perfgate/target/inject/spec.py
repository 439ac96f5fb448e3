"""The same service behind the wrapper: how perfgate starts it then."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from perfgate.target.inject.mode import Injection
from perfgate.target.inject.wrapper import INNER_PORT
from perfgate.target.service import ServiceSpec


def wrapped(spec: ServiceSpec, injection: Injection) -> ServiceSpec:
    """The service started through the wrapper; everything else about it stays as it was.

    The wrapper is isolated (`-I -S`): neither PYTHONPATH of the service nor a module in its directory can
    change what the wrapper imports. perfgate would fill `{port}` with the wrapper's own port, so in the
    service's words something else stands for the port.
    """
    command = (word.replace("{port}", INNER_PORT) for word in spec.argv)
    wrapper = (sys.executable, "-I", "-S", str(Path(__file__).parent), injection.text, "--")
    return replace(spec, argv=(*wrapper, *command))
