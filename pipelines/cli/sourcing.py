"""`tearsheet sources`: which outlets are followed, and how each can be followed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from pipelines.cli.child import run
from pipelines.cli.crawling import scrapy_command, scrapy_variables
from pipelines.cli.options import db_option, output_options, sources_option
from pipelines.cli.output import Row, emit, safe, say
from pipelines.cli.report import ask
from pipelines.errors import ArchiveError, ConfigError
from pipelines.sources import SourcesFile, name_for, read_sources, source_from, source_table
from pipelines.store.archive import Archive
from pipelines.urls import absolute, same_site

_SAMPLES = 3


@click.group()
def sources() -> None:
    """The outlets that are followed."""


@sources.command()
@click.argument("url")
@click.option("--name", metavar="ID", help="What to call it; made from the address otherwise.")
@sources_option
def add(url: str, name: str | None, sources_path: Path) -> None:
    """Follow an outlet: add its homepage to the sources file, which is made if need be.

    \b
    Example:
        tearsheet sources add https://www.example.org/ --name example-post
    """
    homepage = _homepage(url)
    name = name or name_for(homepage)
    source_from(name, {"homepage": homepage}, str(sources_path))
    file = read_sources(sources_path) if sources_path.exists() else SourcesFile(path=sources_path)
    for one in file.sources.values():
        if one.homepage and same_site(one.homepage, homepage):
            say(f"{sources_path} follows {one.homepage} already, as {one.id}")
            return
    if name in file.sources:
        raise ConfigError(f"{sources_path}: has a source {name!r} already; name this one with --name")
    try:
        with sources_path.open("a", encoding="utf-8") as out:
            out.write(source_table(name, homepage))
    except OSError as problem:
        raise ConfigError(f"{sources_path}: cannot be written ({problem.strerror}); check its folder") from None
    say(f"added {name} to {sources_path}")
    say(f"next: `tearsheet sources check {name}` shows what can be found there, `tearsheet crawl {name}` fetches it")


def _homepage(url: str) -> str:
    """The address in full; one without a scheme is taken for https."""
    full = absolute("", url if "://" in url else f"https://{url}")
    host = urlsplit(full or "").hostname or ""
    if full is None or not ("." in host or ":" in host or host == "localhost"):
        raise ConfigError(f"{url!r} is no web address; write https://… in full")
    return full.replace('"', "%22").replace("\\", "%5C")


@sources.command("list")
@db_option
@sources_option
@output_options
def list_(db: Path, sources_path: Path, form: str | None) -> None:
    """List the outlets of the sources file, and what the archive holds of each.

    \b
    Example:
        tearsheet sources list
    """
    held = _held(db) if db.exists() else {}
    rows = [
        {"id": one.id, "homepage": one.homepage, "name": one.name, **held.get(one.id, _NOTHING)}
        for one in read_sources(sources_path).sources.values()
    ]
    emit(rows, form)
    if not rows:
        say(f"{sources_path} follows no source yet; add one with `tearsheet sources add URL`")


_NOTHING: dict[str, Any] = {"articles": 0, "last_article": None}


def _held(db: Path) -> dict[str, dict[str, Any]]:
    with Archive(db) as archive:
        rows = ask(archive, "SELECT source_id, articles, last_article_at AS last_article FROM source_health")
    return {row.pop("source_id"): row for row in rows}


@sources.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@sources_option
@output_options
def check(names: tuple[str, ...], sources_path: Path, form: str | None) -> None:
    """Look how sources can be followed: their feeds, sitemaps, sections, and some articles these list.

    Nothing is kept, and no article is fetched.

    \b
    Example:
        tearsheet sources check example-post
    """
    file = read_sources(sources_path)
    file.config(os.environ)
    chosen = file.chosen(names)
    if not chosen:
        raise ConfigError(f"{sources_path}: follows no source yet; add one with `tearsheet sources add URL`")
    with tempfile.TemporaryDirectory(prefix="tearsheet-") as folder:
        db = Path(folder, "check.db")
        asked = ["-a", f"sources={','.join(names)}"] if names else []
        command = scrapy_command("check", db, sources_path, *asked)
        code = run([*command, "-s", "TEARSHEET_QUIET=1"], scrapy_variables(), shown=command)
        if code > 1:
            raise click.exceptions.Exit(code)
        with Archive(db) as archive:
            rows = [_found(archive, one.id, one.homepage) for one in chosen]
    emit(rows, form, _told)
    silent = [row["source"] for row in rows if not row["feeds"]]
    if silent:
        raise ArchiveError(f"nothing that lists articles at {', '.join(silent)}; check the address in {sources_path}")


def _found(archive: Archive, source: str, homepage: str | None) -> dict[str, Any]:
    feeds = "SELECT kind, url, listed FROM feeds WHERE source_id = ? AND digest IS NOT NULL ORDER BY id"
    articles = "SELECT url, title FROM entries WHERE source_id = ? ORDER BY published_at DESC, id DESC LIMIT ?"
    failures = (
        "SELECT error || iif(coalesce(detail, '') = '', '', ': ' || detail) AS said FROM failures"
        " JOIN feeds ON feeds.url = failures.url WHERE source_id = ? ORDER BY failures.id LIMIT 1"
    )
    problem = ask(archive, failures, (source,))
    return {
        "source": source,
        "homepage": homepage,
        "feeds": ask(archive, feeds, (source,)),
        "articles": ask(archive, articles, (source, _SAMPLES)),
        "problem": problem[0]["said"] if problem else None,
    }


def _told(rows: list[Row]) -> str:
    return "\n\n".join("\n".join(_lines(row)) for row in rows)


def _lines(row: Row) -> list[str]:
    lines = [click.style(f"{row['source']}  {row['homepage'] or ''}", bold=True)]
    for feed in row["feeds"]:
        listed = f"{feed['listed']} articles" if feed["listed"] else "leads to others"
        lines.append(safe(f"  {feed['kind']:<8} {feed['url']}  ({listed})"))
    lines += [safe(f"  article  {one['url']}  {one['title'] or ''}".rstrip()) for one in row["articles"]]
    if row["problem"] and not row["feeds"]:
        lines.append(safe(f"  {row['problem']}"))
    return lines
