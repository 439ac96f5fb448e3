"""Options that several commands take, with one meaning and one text each."""

from pathlib import Path

import click

from perfgate.config import CONFIG_NAME

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=CONFIG_NAME,
    show_default=True,
    help="The configuration file.",
)
workload_option = click.option(
    "--workload", type=click.Path(path_type=Path), help="Use this workload instead."
)
allow_dirty_option = click.option(
    "--allow-dirty", is_flag=True, help="Measure the commit although the checkout has changes."
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
