"""The snapshot that `tearsheet serve --public` serves: made at its start, or one that was made before."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.child import python_m, run
from pipelines.errors import StoreError
from pipelines.store.archive import Archive
from pipelines.store.snapshot import is_snapshot


def published(db: Path) -> Path:
    """A new snapshot of all articles, beside the archive. Raises StoreError, or ends the command where it fails."""
    Archive(db).close()  # says what is wrong with it
    out = db.with_suffix(".public")  # no name that `datasette .` would take for a second archive
    arguments = ["export", str(out), "--format", "snapshot", "--replace", "--db", str(db)]
    # in a process of its own, whose memory goes with it
    code = run(python_m("pipelines.cli", *arguments), shown=["tearsheet", *arguments])
    if code:
        raise click.exceptions.Exit(code)
    return out


def ready_made(path: Path) -> int:
    """How many articles a snapshot has. Raises StoreError for what is none."""
    with Archive(path) as archive:  # says what is wrong with it
        if not is_snapshot(archive.db.conn):
            raise StoreError(
                f"{path}: is no snapshot, so more than is meant for the public would be in it; make one with"
                " `tearsheet export public.db --format snapshot`"
            )
        return int(archive.db.conn.execute("SELECT count(*) FROM articles").fetchone()[0])
