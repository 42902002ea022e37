"""`tearsheet watch`: saved searches that tell of what newly matches."""

from __future__ import annotations

import re
import secrets
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pipelines import lookout, ways
from pipelines.cli.options import db_option, output_options
from pipelines.cli.output import Row, emit, safe, say
from pipelines.config import nearest
from pipelines.errors import ConfigError
from pipelines.explore.words import date, day, many
from pipelines.store import search, watches
from pipelines.store.archive import Archive
from pipelines.store.faults import explained
from pipelines.watching import SIGNATURE, Way, command, webhook

_PATIENCE = 60.0  # seconds to wait for another process that tells
_SHOWN = 50  # hits


@click.group()
def watch() -> None:
    """Saved searches that tell of what newly matches."""


@watch.command()
@click.argument("name")
@click.argument("query", required=False)
@click.option("--source", metavar="ID", default="", help="Only articles of this source.")
@click.option("--language", metavar="CODE", default="", help="Only articles in this language.")
@click.option("--since", metavar="DATE", default="", help="Only articles published since then.")
@click.option("--command", "line", metavar="CMD", help="Run this with new hits on its standard input, one JSON a line.")
@click.option("--webhook", "url", metavar="URL", help="Post new hits there, as JSON.")
@db_option
def add(
    name: str, query: str | None, source: str, language: str, since: str, line: str | None, url: str | None, db: Path
) -> None:
    """Watch for articles that come to match a search, from now on.

    QUERY is what `tearsheet search` takes, filters such as source:ID among it. Every crawl, import and processing
    looks for new hits at its end. `watch show` lists them, `watch run` prints them, /-/watch/NAME is their page and
    /-/watch/NAME.atom their feed; a command or webhook hears of them at once. Of a watch that is there already,
    NAME with --command or --webhook changes what it calls. docs/watches.md says what they get.

    \b
    Example:
        tearsheet watch add ferries '"ice road" OR ferry' --source example-post
        tearsheet watch add ferries --command 'mail -s "New on ferries" desk@example.org'
    """
    if not re.fullmatch(watches.NAME, name):
        raise ConfigError(f"{name!r}: a name has lower-case letters, digits, - and _, 64 at most")
    if line and url:
        raise ConfigError("--command and --webhook: a watch calls one of them; make a second watch for the other")
    filters = {"source": source, "language": language, "since": since}
    asked = {key: value for key, value in filters.items() if value}
    way = _way(db, line, url)
    with Archive(db) as archive, explained(db):
        known = watches.get(archive.db.conn, name)
    if known is None:
        _begin(db, name, query, asked, way)
    elif way and not asked and query in (None, known["query"]):
        _call(db, name, way)
    else:
        raise ConfigError(
            f"{db}: has a watch {name!r} already, for {known['query']!r};"
            f" remove it first with `tearsheet watch remove {name}`"
        )
    if way:
        say(f"new hits go to the {way.shown}")
    if way and way.secret:
        say(f"requests are signed: {SIGNATURE} is sha256= and the HMAC-SHA256 of the body, by this key: {way.secret}")


def _way(db: Path, line: str | None, url: str | None) -> Way | None:
    """What is to be called. Raises ConfigError where it cannot be."""
    if url:
        return webhook(url, secrets.token_hex(32))
    if line is None:
        return None
    way = command(line)
    program = shlex.split(line)[0]
    folder = db.resolve().parent
    if not shutil.which(str(folder / program) if "/" in program else program):
        raise ConfigError(f"--command {line!r}: there is no program {program!r}; name its path, seen from {folder}")
    return way


def _begin(db: Path, name: str, query: str | None, asked: Mapping[str, str], way: Way | None) -> None:
    wanted = search.parse(query or "", **asked)
    if wanted.hint or not wanted:
        raise ConfigError(f"{query or ''!r}: {wanted.hint or 'say what to look for'}")
    with Archive(db) as archive, explained(db):
        matching = search.count(archive.db.conn, wanted)
    ways.put(db, name, way)
    with watches.watching(db) as connection:
        if not watches.add(connection, name, search.typed(wanted)):
            raise ConfigError(f"{db}: has a watch {name!r} already")
        watches.tells(connection, name, way.kind if way else None)
    say(f"watching for {search.typed(wanted)}: {many(matching, 'article')} match now, what comes from now on is a hit")


def _call(db: Path, name: str, way: Way) -> None:
    ways.put(db, name, way)
    with watches.watching(db) as connection:
        watches.tells(connection, name, way.kind)


@watch.command("list")
@db_option
@output_options
def list_(db: Path, form: str | None) -> None:
    """List the watches: what they look for, how many hits each has, and what they call.

    \b
    Example:
        tearsheet watch list
    """
    with Archive(db) as archive, explained(db):
        rows = [_facts(row) for row in watches.all_of(archive.db.conn)]
    emit(rows, form)
    if not rows:
        say("nothing is watched for yet; `tearsheet watch add NAME QUERY` begins")
    for row in rows:
        if row["problem"]:
            say(f"watch {row['name']}: {row['problem']}")


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("name", "query", "hits", "hit_at", "looked_at", "tells", "owed", "given_up", "problem")
    return {name: row[name] for name in names}


@watch.command()
@click.argument("name")
@db_option
@output_options
def show(name: str, db: Path, form: str | None) -> None:
    """Show a watch and its latest hits.

    \b
    Example:
        tearsheet watch show ferries
        tearsheet watch show ferries --csv
    """
    with Archive(db) as archive, explained(db):
        known = _known(archive, name)
        rows = [dict(row) for row in watches.seen(archive.db.conn, known["id"], _SHOWN)]
    say(_about(db, known))
    names = ("id", "seen_at", "lapsed_at", "told", "told_at", "source_id", "published_at", "title", "url")
    emit([{key: row[key] for key in names} for row in rows], form, lambda _: "\n\n".join(map(_hit, rows)))
    if not rows:
        say("no hit yet")
    elif known["hits"] > len(rows):
        say(f"the latest {len(rows)} of {known['hits']:,}; the rest are in the table `hits`")


def _about(db: Path, known: Mapping[str, Any]) -> str:
    parts = [f"{known['name']}: {known['query']}", f"since {day(known['made_at'].partition('T')[0])}"]
    parts.append(many(known["hits"], "hit"))
    if known["tells"]:
        way = ways.read(db).get(known["name"])
        parts.append(way.shown if way else f"its {known['tells']} is not known on this machine")
        for column, what in (("owed", "still to be told"), ("given_up", "given up")):
            parts += [f"{known[column]:,} {what}"] if known[column] else []
    parts += [known["problem"]] if known["problem"] else []
    return " · ".join(parts)


def _hit(row: Row) -> str:
    title = click.style(safe(row["title"] or "(no title)"), bold=True)
    published = date(row["published_at"], row["published_precision"]) if row["published_at"] else "date unknown"
    facts = [row["source_id"] or "no source", published, f"seen {row['seen_at']}"]
    facts += [f"matches no longer since {row['lapsed_at']}"] if row["lapsed_at"] else []
    return f"{title}\n  {safe(' · '.join(facts))}\n  tearsheet show {row['id']}"


def _known(archive: Archive, name: str) -> dict[str, Any]:
    known = watches.get(archive.db.conn, name)
    if known is None:
        names = [row["name"] for row in watches.all_of(archive.db.conn)]
        raise ConfigError(f"{archive.path}: has no watch {name!r}{nearest(name, names) if names else ' yet'}")
    return known


@watch.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@db_option
def run(names: tuple[str, ...], db: Path) -> None:
    """Look for new hits, print those that were not printed before, and tell commands and webhooks.

    One JSON object a line, nothing where nothing is new. Crawls, imports and processing look by themselves at their
    end, so this is for pipes and for telling again what could not be told.

    \b
    Exit codes:
        0  fine, also with nothing new
        1  a command or webhook could not be told; what it missed is told next time

    \b
    Example:
        tearsheet watch run
        tearsheet watch run ferries | jq -r .url
    """
    with Archive(db) as archive, explained(db):
        for name in names:
            _known(archive, name)
    problems = lookout.run(db, names, lambda hits: emit(hits, "nl"), _PATIENCE)
    for line in problems:
        say(line)
    if problems:
        raise click.exceptions.Exit(1)


@watch.command()
@click.argument("name")
@db_option
def remove(name: str, db: Path) -> None:
    """Stop watching, and drop the hits. The articles stay.

    \b
    Example:
        tearsheet watch remove ferries
    """
    with Archive(db) as archive, explained(db):
        known = _known(archive, name)
    with watches.watching(db) as connection:
        watches.remove(connection, name)
    ways.put(db, name, None)
    say(f"watch {name} is gone, with {many(known['hits'], 'hit')}")
