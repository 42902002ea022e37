"""`tearsheet init`: a folder to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from pipelines.cli.output import say
from pipelines.errors import ConfigError

_FILES = ("sources.toml", "scrapy.cfg", "metadata.yaml", "settings.json")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def init(folder: Path) -> None:
    """Make DIR a place to work in; nothing is overwritten.

    It gets a sources.toml to fill in, a scrapy.cfg, and metadata.yaml and settings.json for Datasette.

    \b
    Example:
        tearsheet init my-archive
    """
    made = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            place = folder / name
            if place.exists():
                say(f"kept   {place}")
                continue
            place.write_bytes(files("pipelines.cli").joinpath(f"templates/{name}").read_bytes())
            say(f"wrote  {place}")
            made += 1
    except OSError as problem:
        raise ConfigError(f"{problem.filename}: cannot be written ({problem.strerror}); name another folder") from None
    if made:
        enter = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
        say(f"next: {enter}tearsheet sources add https://… && tearsheet crawl")
