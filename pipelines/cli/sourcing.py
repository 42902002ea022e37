"""`tearsheet sources`: which outlets are followed, and how each can be followed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from pipelines.cli.health import health
from pipelines.cli.options import db_option, output_options, sources_option
from pipelines.cli.output import Row, emit, say
from pipelines.cli.probing import lines_of, look, told
from pipelines.cli.report import ask
from pipelines.errors import ArchiveError, ConfigError
from pipelines.sources import SourcesFile, name_for, read_sources, source_from, source_table
from pipelines.store.archive import Archive
from pipelines.urls import absolute, same_site


@click.group()
def sources() -> None:
    """The outlets that are followed."""


@sources.command()
@click.argument("url")
@click.option("--name", metavar="ID", help="What to call it; made from the address otherwise.")
@click.option("--no-check", is_flag=True, help="Write the line as it is, without a look at the outlet.")
@sources_option
def add(url: str, name: str | None, no_check: bool, sources_path: Path) -> None:
    """Follow an outlet: look at its homepage, and add it to the sources file, which is made if need be.

    The address of a feed or a sitemap will do too. An outlet that does not answer is added as it is.

    \b
    Example:
        tearsheet sources add https://www.example.org/ --name example-post
    """
    homepage = _homepage(url)
    name = name or name_for(homepage)
    source_from(name, {"homepage": homepage}, str(sources_path))
    file = read_sources(sources_path) if sources_path.exists() else SourcesFile(path=sources_path)
    file.config(os.environ)
    if _is_followed(file, homepage):
        return
    if name in file.sources:
        raise ConfigError(f"{sources_path}: has a source {name!r} already; name this one with --name")
    row = None if no_check else _look(sources_path, name, homepage)
    answered = row is not None and bool(row["status"])
    if answered and row and row["homepage"] != homepage and _is_followed(file, row["homepage"]):
        return
    keys = _keys(row, homepage) if answered and row else {"homepage": homepage}
    try:
        with sources_path.open("a", encoding="utf-8") as out:
            out.write(source_table(name, keys))
    except OSError as problem:
        raise ConfigError(f"{sources_path}: cannot be written ({problem.strerror}); check its folder") from None
    say(f"added {name} to {sources_path}")
    if row and answered:
        click.echo("\n".join(lines_of(row)), err=True)
    elif row:
        say(f"{homepage} did not answer ({row['problem'] or 'nothing came'}), so nothing is known of it yet")
    if answered and row and not row["feeds"]:
        say("nothing there lists articles as far as can be seen; docs/sources.md says how to name feeds or sections")
    say(f"next: `tearsheet sources check {name}` shows what can be found there, `tearsheet crawl {name}` fetches it")


def _is_followed(file: SourcesFile, homepage: str) -> bool:
    """Whether the sources file has this outlet already, which is said."""
    for one in file.sources.values():
        if one.homepage and same_site(one.homepage, homepage):
            say(f"{file.path} follows {one.homepage} already, as {one.id}")
            return True
    return False


def _look(path: Path, name: str, homepage: str) -> Row:
    """What can be seen of an outlet that no sources file names yet, under the settings of this one."""
    with tempfile.TemporaryDirectory(prefix="tearsheet-") as folder:
        trial = Path(folder, "sources.toml")
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        trial.write_text(before + source_table(name, {"homepage": homepage}), encoding="utf-8")
        return look([name], trial, shown=[name], path=path)[0]


def _keys(row: Row, given: str) -> dict[str, str | list[str]]:
    """The keys of the new source: what discovery would not find again by itself, and what the homepage says."""
    own = next((one["kind"] for one in row["feeds"] if one["url"] == given and one["kind"] != "section"), None)
    if own:
        return {f"{own}s": [given]}
    return {key: row[key] for key in ("homepage", "name", "language") if row[key]}


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
    """Look how sources can be followed: their feeds, sitemaps and sections, and some of the links they hold.

    Of five links each it says why they are taken for articles, or for something else. Nothing is kept, and no
    article is fetched.

    \b
    Example:
        tearsheet sources check example-post
    """
    file = read_sources(sources_path)
    file.config(os.environ)
    chosen = file.chosen(names)
    if not chosen:
        raise ConfigError(f"{sources_path}: follows no source yet; add one with `tearsheet sources add URL`")
    rows = look([one.id for one in chosen], sources_path, shown=names, path=sources_path)
    emit(rows, form, told)
    silent = [row["source"] for row in rows if not row["feeds"]]
    if silent:
        raise ArchiveError(f"nothing that lists articles at {', '.join(silent)}; check the address in {sources_path}")


sources.add_command(health)
