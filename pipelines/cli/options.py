"""The options that commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pipelines.sources import SourcesFile, read_sources

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_SOURCES = Path("sources.toml")

db_option = click.option(
    "--db",
    type=click.Path(path_type=Path),
    default="archive.db",
    show_default=True,
    envvar="TEARSHEET_DB",
    help="The archive.",
)
sources_option = click.option(
    "--sources",
    "sources_path",
    type=click.Path(path_type=Path),
    default=str(DEFAULT_SOURCES),
    show_default=True,
    envvar="TEARSHEET_SOURCES",
    help="The sources file.",
)


def output_options(command: F) -> F:
    """Give a command that lists rows the choice of their form, as the argument `form`."""
    for flags, value, help_ in reversed(
        (
            (("--json",), "json", "Rows as a JSON array."),
            (("--nl",), "nl", "Rows as JSON, one a line."),
            (("--csv",), "csv", "Rows as CSV."),
            (("-t", "--table"), "table", "Rows as a table."),
        )
    ):
        command = click.option(*flags, "form", flag_value=value, default=None, help=help_)(command)
    return command


def sources_if_any(path: Path) -> SourcesFile:
    """The sources file, or none at all where the usual one was never made. Raises ConfigError for a wrong one."""
    if path == DEFAULT_SOURCES and not path.exists():
        return SourcesFile(path=path)
    return read_sources(path)
