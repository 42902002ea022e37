"""`tearsheet rules`: what is cut by which rule, and what would be cut from a text at hand."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipelines.cli.marking import marked
from pipelines.cli.options import output_options, sources_if_any, sources_option
from pipelines.cli.output import Row, emit, say, table
from pipelines.errors import ReadError
from pipelines.readers.html import html_capture, is_html
from pipelines.readers.sniff import is_binary
from pipelines.readers.text import text_capture
from pipelines.recipe import Recipe
from pipelines.rules import all_rules
from pipelines.types import Reject, Rule, restore


@click.group()
def rules() -> None:
    """The rules that tell furniture from text."""


@rules.command("list")
@sources_option
@output_options
def list_(sources_path: Path, form: str | None) -> None:
    """List every rule: those that come with Tearsheet, and the `strip` lines of your sources file.

    \b
    Example:
        tearsheet rules list
        tearsheet rules list --nl | grep '"de"'
    """
    emit([_facts(rule) for rule in _all(sources_path)], form, _short)


def _all(sources_path: Path) -> list[Rule]:
    return all_rules(Recipe.default(sources_if_any(sources_path).sources))


def _facts(rule: Rule) -> dict[str, Any]:
    names = ("id", "origin", "zone", "reach", "language", "why", "pattern")
    return {name: getattr(rule, name) for name in names}


def _short(rows: list[Row]) -> str:
    return table([{name: row[name] for name in ("id", "zone", "why")} for row in rows])


def _bytes_of(file: Path) -> bytes:
    try:
        body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as problem:
        raise ReadError(f"{file}: cannot be read ({problem.strerror})") from None
    if is_binary(body):
        raise ReadError(f"{file}: is binary, neither text nor a web page")
    return body


@rules.command("try")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--source", metavar="ID", help="Read it as a page of this source.")
@sources_option
@output_options
def try_(file: Path, source: str | None, sources_path: Path, form: str | None) -> None:
    """Show what would be cut from a text or a web page, by which rule; nothing is stored. `-` reads from stdin.

    \b
    Example:
        tearsheet rules try clipping.txt
        curl -s https://example.org/news/ice-road | tearsheet rules try -
    """
    from pipelines.process import process  # its readers take long to load, and no other command needs them here

    body = _bytes_of(file)
    make = html_capture if is_html(body) else text_capture
    known = sources_if_any(sources_path)
    if source is not None:
        known.chosen((source,))
    outcome = process(make(body, datetime.now(UTC), source), Recipe.default(known.sources))
    if isinstance(outcome, Reject):
        say(f"no article: {outcome.reason}{f' ({outcome.detail})' if outcome.detail else ''}")
        return
    why = {rule.id: rule.why for rule in _all(sources_path)}
    cuts = [
        {"zone": one.zone, "rule_id": one.rule, "why": why.get(one.rule, ""), "start": one.start, "stop": one.stop}
        | {"text": one.text.strip()}
        for one in outcome.removals
    ]
    emit(cuts, form, lambda rows: marked(restore(outcome.text, outcome.removals), rows))
    say(f"{len(cuts)} cuts; {outcome.word_count} words stay")
