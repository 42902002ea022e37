"""`tearsheet verify` and `tearsheet repair`: whether all is as it was stored, and what can be mended."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from pipelines.cli.options import db_option, output_options, sources_if_any, sources_option
from pipelines.cli.output import emit, safe, say
from pipelines.cli.work import working
from pipelines.explore.words import many
from pipelines.store import dedupe
from pipelines.store.held import Held
from pipelines.store.opening import check
from pipelines.store.repair import mend, settle
from pipelines.store.snapshot import is_snapshot
from pipelines.store.verify import Inspection, Wrong, sqlite_is_safe, total


@click.command()
@db_option
@output_options
def verify(db: Path, form: str | None) -> None:
    """Compute everything in the archive again, and name what is not as it was stored.

    One line for each row that is wrong: its table, its id, and what. Digests of pages and texts, seals, ledgers,
    the search index, the schema, and a digest of every row: what anything but Tearsheet changed is found. Nothing
    is written. Exit code 1 where something is wrong.

    \b
    Example:
        tearsheet verify
        tearsheet verify --nl > wrong.ndjson
    """
    if not sqlite_is_safe():
        say("this SQLite can damage archives (mended in 3.51.3); install the package pysqlite3")
    inspection = Inspection(db)
    wrong = _told(_watched(inspection, total(db)), form)
    if inspection.left_out:
        say(f"the search index was not looked at: {inspection.left_out}")
    if wrong:
        say(f"{many(wrong, 'thing is', 'things are')} wrong; `tearsheet repair` mends what can be made again")
        raise click.exceptions.Exit(1)
    say(f"all is as it was stored: {_counted(inspection.counts)}")


def _watched(inspection: Inspection, parts: int) -> Iterator[Wrong]:
    """What is wrong, with a progress bar where somebody watches."""
    with click.progressbar(length=parts, label="pages", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def told(what: str, n: int) -> None:
            if bar.label != what:
                bar.label = what
                bar.render_progress()
            bar.update(n)

        yield from inspection.run(told)


def _told(found: Iterator[Wrong], form: str | None) -> int:
    """Say each as it is found, where the form allows; returns how many there were."""
    if form in (None, "nl"):
        n = 0
        for one in found:
            n += 1
            line = json.dumps(asdict(one), ensure_ascii=False) if form else _line(one)
            click.echo(safe(line))
        return n
    rows = [asdict(one) for one in found]
    emit(rows, form)
    return len(rows)


def _line(one: Wrong) -> str:
    name = one.table if one.id is None else f"{one.table} {one.id}"
    return f"{name}: {one.what}"


def _counted(counts: dict[str, int]) -> str:
    singular = {"entries": "entry"}
    parts = [
        many(n, singular.get(name, name.removesuffix("s")), name) for name, n in counts.items() if name != "unsealed"
    ]
    waiting = counts["unsealed"]
    return ", ".join(parts) + (f"; {many(waiting, 'capture')} not sealed before the next run" if waiting else "")


@click.command()
@db_option
@sources_option
@output_options
def repair(db: Path, sources_path: Path, form: str | None) -> None:
    """Mend what `tearsheet verify` finds, as far as it can be made again.

    The search index, indexes and triggers are made again, articles are read from their pages again, pages that are
    damaged are marked and fetched again by the next crawl. What was captured, and what proves it, is never touched.
    In an archive of an earlier release, copies are looked for among the articles it has.
    One line for each thing that was done, then what stays wrong; exit code 1 where something does.

    \b
    Example:
        tearsheet repair
    """
    file = sources_if_any(sources_path)
    check(db, writing=False)  # says what is wrong with the path, and makes no archive
    with Held.open(db) as held:  # one of an older version is brought up to date
        _compare(held)
    wrong = list(_watched(Inspection(db), total(db)))
    if not wrong:
        emit([], form)
        say("nothing to mend: all is as it was stored")
        return
    with working(db, file, "process", "repair") as work:
        mending = mend(work.writer, wrong, work.run_id)
        pages = ((number, work.archive.capture(number)) for number in sorted(mending.captures))
        work.reread(pages, lambda _: None)
        settle(work.writer, mending)
    _told(iter(mending.done), form)
    left = list(_watched(Inspection(db), total(db)))
    for one in left:
        say(f"stays wrong: {_line(one)}")
    if left:
        stays = many(len(left), "thing stays", "things stay")
        say(f"{stays} wrong; what no crawl can fetch again, only a copy can mend")
        raise click.exceptions.Exit(1)
    say("all is well now")


def _compare(held: Held) -> None:
    """Look for copies among articles of an earlier release, which made no sketches; a snapshot never has any."""
    waiting = [] if is_snapshot(held.db.conn) else dedupe.waiting(held.db.conn)
    if not waiting:
        return
    say(f"looking for copies among {many(len(waiting), 'article')}; stopped, it goes on there the next time")
    with click.progressbar(
        length=len(waiting), label="comparing", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        dedupe.complete(held, waiting, progress=bar.update)
