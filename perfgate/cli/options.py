"""Options that several commands take, with one meaning and one text each."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

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


class Sectioned(click.Command):
    """A command whose help lists its options under headings; those under none come last."""

    def __init__(self, *args: Any, sections: Mapping[str, Collection[str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sections = sections

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section."""
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        left = {option.name: option.get_help_record(ctx) for option in options}
        for title, names in (*self._sections.items(), ("Other options", tuple(left))):
            rows = [record for name in names if (record := left.pop(name, None))]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
