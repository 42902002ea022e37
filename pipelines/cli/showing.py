"""`tearsheet show`: one article, what was cut from it, and the bytes it was read from."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pipelines.cli.keeping import absent
from pipelines.cli.marking import marked
from pipelines.cli.options import db_option, output_options
from pipelines.cli.output import emit, safe, say
from pipelines.cli.proofs import prove
from pipelines.cli.versions import compared, rows_of
from pipelines.errors import ArchiveError
from pipelines.explore.words import date, origin
from pipelines.store.archive import Archive
from pipelines.store.changes import steps
from pipelines.store.faults import explained


@click.command()
@click.argument("ref", metavar="ID")
@click.option("--ledger", "what", flag_value="ledger", default=None, help="The text with every cut, its rule and why.")
@click.option("--raw", "what", flag_value="raw", default=None, help="The bytes of the page as they came.")
@click.option("--proof", "what", flag_value="proof", default=None, help="A script that proves when it was captured.")
@click.option("--diff", "what", flag_value="diff", default=None, help="What each edit changed, word by word.")
@click.option("--text", "what", flag_value="text", default=None, help="Only the clean text.")
@db_option
@output_options
def show(ref: str, what: str | None, db: Path, form: str | None) -> None:
    """Show an article: its facts, then its clean text.

    ID is the number that `tearsheet search` gives, an address, or the first digits of the text's digest.

    \b
    Example:
        tearsheet show 1547812059136000000 --ledger
        tearsheet show example.org/news/ice-road --diff
        tearsheet show https://example.org/news/ice-road --raw > page.html
        tearsheet show https://example.org/news/ice-road --proof | sh
    """
    with Archive(db) as archive:
        article = archive.article(ref)
        if article is None:
            raise ArchiveError(f"{db}: {absent(archive, ref)}")
        match what:
            case "raw":
                _pour(archive.payload(article["capture_id"]) or b"")
            case "ledger":
                cuts = archive.ledger(article["id"])
                emit(cuts, form, lambda rows: marked(archive.extracted(article["id"]), rows))
                say(f"{len(cuts)} cuts, {article['removed_chars']} characters of furniture")
            case "proof":
                prove(archive, article["capture_id"], form)
            case "diff":
                _compare(archive, article, form)
            case "text":
                click.echo(safe(article["text"]))
            case _:
                emit([article], form, lambda _: _page(article))


def _compare(archive: Archive, article: Mapping[str, Any], form: str | None) -> None:
    with explained(archive.path):
        found = list(steps(archive.db.conn, article["id"]))
    emit(rows_of(found), form, lambda _: compared(found))
    if not found:
        say(f"seen with the same words since {date(article['first_seen_at'])}")
    if article["gone_at"]:
        say(f"gone since {date(article['gone_at'])}")


def _pour(body: bytes) -> None:
    """The very bytes; to a terminal only what cannot steer it."""
    if sys.stdout.isatty():
        click.echo(safe(body.decode("utf-8", errors="replace")))
    else:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()


def _page(article: Mapping[str, Any]) -> str:
    facts = {
        "published": date(article["published_at"], article["published_precision"]),
        "told by": origin(article["published_from"]) if article["published_from"] else None,
        "modified": date(article["modified_at"]) if article["modified_at"] else None,
        "gone": date(article["gone_at"]) if article["gone_at"] else None,
        "source": article["source_id"],
        "authors": ", ".join(article["authors"]),
        "agency": article["agency"],
        "credit": article["credit"],
        "dateline": article["dateline"],
        "section": article["section"],
        "tags": ", ".join(article["tags"]),
        "language": article["language"],
        "paywalled": "yes" if article["paywalled"] else None,
        "text from": "the feed; the page shows less" if article["text_from"] == "feed" else None,
        "captions": " / ".join(article["captions"]),
        "words": f"{article['word_count']:,}; {article['removed_chars']:,} characters of furniture cut",
        "address": article["url"],
        "id": article["id"],
    }
    width = max(map(len, facts))
    lines = [click.style(safe(article["title"] or "(no title)"), bold=True)]
    lines += [safe(article["description"])] if article["description"] else []
    lines += ["", *(f"{name.ljust(width)}  {safe(str(fact))}" for name, fact in facts.items() if fact), ""]
    return "\n".join([*lines, safe(article["text"])])
