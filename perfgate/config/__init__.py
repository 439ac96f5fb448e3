"""perfgate.yml: how the service is built and started, what is sent, how it is measured and judged.

`load_config` is the way in; everything it returns is frozen and in base units.
"""

from pathlib import Path

from perfgate.config.settings import (
    Config,
    EndpointConfig,
    GateConfig,
    LoadConfig,
    MeasureConfig,
    ReadyConfig,
    ServiceConfig,
    StopConfig,
    ThresholdText,
)

__all__ = [
    "CONFIG_NAME",
    "Config",
    "EndpointConfig",
    "GateConfig",
    "LoadConfig",
    "MeasureConfig",
    "ReadyConfig",
    "ServiceConfig",
    "StopConfig",
    "ThresholdText",
    "load_config",
]

CONFIG_NAME = "perfgate.yml"


def load_config(path: Path) -> Config:
    """Read and check a perfgate.yml; nothing in it is ignored.

    Raises:
        UsageError: the file is missing or malformed, or something in it cannot be used; the message begins
            with `file:line:column`.
    """
    from perfgate.config.reading import read_config  # brings pydantic and ruamel, which --help does without

    return read_config(path)
