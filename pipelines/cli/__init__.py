"""The command line: one module for each family of commands. stdout is data, stderr is talk."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from pipelines.cli.output import say
from pipelines.errors import ArchiveError

#: Where each command stands, in the order of their use. A module is loaded when its command is wanted: all of them
#: together take longer than most commands.
_COMMANDS = {
    "init": "starting:init",
    "sources": "sourcing:sources",
    "crawl": "crawling:crawl",
    "schedule": "scheduling:schedule",
    "import": "importing:import_",
    "process": "processing:process",
    "search": "finding:search",
    "show": "showing:show",
    "story": "storying:story",
    "note": "noting:note",
    "watch": "watching:watch",
    "query": "searching:query",
    "export": "exporting:export",
    "verify": "proving:verify",
    "repair": "proving:repair",
    "rules": "teaching:rules",
    "merge": "keeping:merge",
    "forget": "keeping:forget",
    "prune": "keeping:prune",
    "serve": "serving:serve",
    "password": "serving:password",
    "sql": "searching:sql",
}


class _Commands(click.Group):
    """Turns what a person can act on into one line and its exit code, and loads commands when they are wanted."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ArchiveError as problem:
            say(f"Error: {' '.join(str(problem).split())}")
            raise click.exceptions.Exit(problem.exit_code) from problem
        except KeyboardInterrupt:
            say("\nstopped; run the same command again to go on where it was")
            raise click.exceptions.Exit(130) from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        module, _, name = _COMMANDS.get(cmd_name, "").partition(":")
        command: click.Command | None = getattr(import_module(f"pipelines.cli.{module}"), name) if module else None
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tearsheet")
def main() -> None:
    """Follow news outlets, keep every page's bytes, read clean articles, and question the archive with SQL."""
