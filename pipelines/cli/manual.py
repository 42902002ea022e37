"""docs/cli.md, made from the commands' own help: `python -m pipelines.cli.manual > docs/cli.md`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pipelines.cli import main

_WIDTH = 100
_HEAD = """# The command line

Every command prints data on stdout and talk on stderr. Listings are laid out for reading, unless `--json`, `--nl`,
`--csv` or `-t` asks for another form. All commands take `-h`.

| exit code | meaning |
|---|---|
| 0 | fine, also where there was nothing new |
| 1 | some sources or pages failed; what came from the others is in the archive |
| 2 | the sources file, a setting or the command line is wrong |
| 3 | the archive cannot be opened, read or written |
| 4 | a file given to import cannot be read |
| 5 | the workers that read pages cannot run |
| 130 | stopped by Ctrl-C; the same command goes on where it was |
"""


def manual() -> str:
    """The whole page."""
    parts = [f"## {name}\n\n```\n{help_}\n```\n" for name, help_ in _helps(main, "tearsheet")]
    note = "\n<!-- Made by `make docs`; change the help in pipelines/cli/ instead. -->\n"
    return "\n".join([_HEAD + note, *parts])


def _helps(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    context = click.Context(
        command,
        info_name=name.rpartition(" ")[2],
        parent=parent,
        terminal_width=_WIDTH,
        **{**command.context_settings, "max_content_width": _WIDTH},
    )
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            inner = command.get_command(context, word)
            assert inner is not None
            yield from _helps(inner, f"{name} {word}", context)


if __name__ == "__main__":
    click.echo(manual(), nl=False)
