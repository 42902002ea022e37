"""`tearsheet rules learn` and `rules verdict`: what sources repeat, and what a person says of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from pipelines import lessons
from pipelines.cli.options import db_option, output_options, sources_if_any, sources_option
from pipelines.cli.output import emit, say
from pipelines.cli.report import known_source
from pipelines.cli.ruling import rules
from pipelines.errors import ConfigError
from pipelines.explore.words import many
from pipelines.lessons import describe, recipe_in_force, stale
from pipelines.marks import hex_of
from pipelines.recipe import Recipe
from pipelines.store.archive import Archive
from pipelines.store.blocks import Repeated
from pipelines.store.writer import Writer


@rules.command()
@click.argument("source", required=False)
@db_option
@sources_option
@output_options
def learn(source: str | None, db: Path, sources_path: Path, form: str | None) -> None:
    """Learn anew what sources repeat, and show it: each line, in how many articles it stands, and the verdict.

    Every crawl and import does so for the sources that it brought articles of. A line without a verdict is too rare to
    tell; `tearsheet rules verdict` decides it. `zone` says where furniture goes: at the edges of a text, or anywhere.

    \b
    Example:
        tearsheet rules learn
        tearsheet rules learn example-post --csv
    """
    file = sources_if_any(sources_path)
    with Archive(db) as archive:  # before the writer would make an archive that is not there
        every = {name for _, name, _ in archive.recipes_in_use() if name}
        wanted = [known_source(archive, source)] if source else sorted(every)
        with Writer.open(db) as writer:
            recipe = _learned(writer, archive, recipe_in_force(archive, file.sources), wanted)
        lines = [line for name in wanted for line in archive.repeated(name)]
        emit([_facts(line) for line in lines], form)
        if not lines:
            say("no line stands in two articles of a source yet")
        _say_stale(archive, recipe)


@rules.command()
@click.argument("source")
@click.argument("digest")
@click.argument("verdict", type=click.Choice(["furniture", "content", "none"]))
@db_option
@sources_option
def verdict(source: str, digest: str, verdict: str, db: Path, sources_path: Path) -> None:
    """Decide that a line of a source is furniture or content, whatever its count; `none` takes that back.

    DIGEST is the line's number as `tearsheet rules learn` shows it, or enough of its first digits.

    \b
    Example:
        tearsheet rules verdict example-post 3f9a furniture
    """
    file = sources_if_any(sources_path)
    with Archive(db) as archive:
        line = _line(archive, known_source(archive, source), digest.lower())
        with Writer.open(db) as writer:
            writer.decide(source, line.digest, None if verdict == "none" else verdict)
            recipe = _learned(writer, archive, recipe_in_force(archive, file.sources), [source])
        now = next((one.verdict for one in archive.repeated(source) if one.digest == line.digest), None)
        say(f"{now or 'no verdict'}: {line.text}")
        _say_stale(archive, recipe)


def _learned(writer: Writer, archive: Archive, recipe: Recipe, sources: Iterable[str]) -> Recipe:
    describe(writer, recipe)
    return lessons.learn(writer, archive, recipe, sources)


def _line(archive: Archive, source: str, start: str) -> Repeated:
    found = [one for one in archive.repeated(source) if hex_of(one.digest).startswith(start)]
    if len(found) != 1:
        how = f"{len(found)} lines begin so" if found else "no line has this digest"
        raise ConfigError(f"{start!r}: {how}; see `tearsheet rules learn {source}`")
    return found[0]


def _facts(line: Repeated) -> dict[str, Any]:
    return {
        "source": line.source_id,
        "digest": hex_of(line.digest),
        "verdict": line.verdict,
        "origin": line.origin,
        "zone": line.zone,
        "articles": line.articles,
        "looked_at": line.looked_at,
        "text": line.text,
    }


def _say_stale(archive: Archive, recipe: Recipe) -> None:
    if count := sum(articles for *_, articles in stale(archive, recipe)):
        say(f"{many(count, 'article')} to strip again: `tearsheet process --stale`")
