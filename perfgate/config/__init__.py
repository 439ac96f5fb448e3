"""perfgate.yml: how the service is built and started, what is sent, how it is measured and judged.

`load_config` is the way in; everything it returns is frozen and in base units.
"""

from pathlib import Path

from perfgate.config.settings import (
    Config,
    DriverName,
    EndpointConfig,
    GateConfig,
    LoadConfig,
    MeasureConfig,
    PlacementConfig,
    ReadyConfig,
    ServiceConfig,
    Stated,
    StopConfig,
    ThresholdText,
)

__all__ = [
    "CONFIG_NAME",
    "Config",
    "DriverName",
    "EndpointConfig",
    "GateConfig",
    "LoadConfig",
    "MeasureConfig",
    "PlacementConfig",
    "ReadyConfig",
    "ServiceConfig",
    "Stated",
    "StopConfig",
    "ThresholdText",
    "config_without_file",
    "load_config",
    "parse_stated",
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


def config_without_file(path: Path) -> Config:
    """What holds where there is no perfgate.yml: every default, and no service and no workload.

    For results that other tools measured, which need neither; `path` is where the file would be.
    """
    from perfgate.config.reading import config_without_file as without_file

    return without_file(path)


def parse_stated(path: Path, content: bytes) -> Stated:
    """What the content of a perfgate.yml states; `path` is what errors call it.

    Raises:
        UsageError: it is malformed, as for `load_config`; files it names are not looked for.
    """
    from perfgate.config.reading import read_stated

    return read_stated(path, content)
