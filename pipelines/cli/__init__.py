"""The command line: one module for each family of commands. stdout is data, stderr is talk."""

from __future__ import annotations

from typing import Any

import click

from pipelines.cli.crawling import crawl
from pipelines.cli.exporting import export
from pipelines.cli.finding import search
from pipelines.cli.importing import import_
from pipelines.cli.keeping import forget, merge, prune
from pipelines.cli.noting import note
from pipelines.cli.output import say
from pipelines.cli.processing import process
from pipelines.cli.proving import repair, verify
from pipelines.cli.ruling import rules
from pipelines.cli.scheduling import schedule
from pipelines.cli.searching import query, sql
from pipelines.cli.serving import password, serve
from pipelines.cli.showing import show
from pipelines.cli.sourcing import sources
from pipelines.cli.starting import init
from pipelines.cli.storying import story
from pipelines.cli.teaching import learn, verdict
from pipelines.cli.watching import watch
from pipelines.errors import ArchiveError


class _Commands(click.Group):
    """Turns what a person can act on into one line and its exit code, and keeps commands in the order of their use."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ArchiveError as problem:
            say(f"Error: {' '.join(str(problem).split())}")
            raise click.exceptions.Exit(problem.exit_code) from problem
        except KeyboardInterrupt:
            say("\nstopped; run the same command again to go on where it was")
            raise click.exceptions.Exit(130) from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.commands)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tearsheet")
def main() -> None:
    """Follow news outlets, keep every page's bytes, read clean articles, and question the archive with SQL."""


for command in (learn, verdict):
    rules.add_command(command)
for command in (
    init,
    sources,
    crawl,
    schedule,
    import_,
    process,
    search,
    show,
    story,
    note,
    watch,
    query,
    export,
    verify,
    repair,
    rules,
    merge,
    forget,
    prune,
    serve,
    password,
    sql,
):
    main.add_command(command)
