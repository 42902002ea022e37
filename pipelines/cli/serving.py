"""`tearsheet serve`: the archive in Datasette."""

from __future__ import annotations

import socket
from importlib.resources import files
from pathlib import Path

import click

from pipelines.cli.child import become, python_m
from pipelines.cli.options import db_option
from pipelines.errors import ConfigError
from pipelines.store.archive import Archive


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True, help="Port on 127.0.0.1.")
@db_option
def serve(port: int, db: Path) -> None:
    """Open the archive in Datasette, for this machine.

    Ctrl-C stops it. Runs `datasette` with ./metadata.yaml, or with the one that comes with Tearsheet.

    \b
    Example:
        tearsheet serve --port 8010
    """
    Archive(db).close()  # says what is wrong with it
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise ConfigError(f"port {port} cannot be had ({problem.strerror}); name another with --port") from None
    own = Path("metadata.yaml")
    metadata = own if own.exists() else Path(str(files("pipelines.cli").joinpath("templates/metadata.yaml")))
    become(python_m("datasette", db, "-m", metadata, "--port", str(port)))
