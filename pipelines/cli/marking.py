"""A text with its cuts in place: what stays, what went, by which rule and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import click

from pipelines.cli.output import safe
from pipelines.explore.words import zone


def marked(text: str, cuts: Iterable[Mapping[str, Any]]) -> str:
    """The extracted text; lines that were cut begin with `-` and are followed by the rule and its reason.

    `cuts` are in order and have start, stop, zone, rule_id and why.
    """
    return "\n".join(_lines(text, list(cuts)))


def _lines(text: str, cuts: list[Mapping[str, Any]]) -> Iterator[str]:
    position = 0
    for _, group in groupby(_runs(cuts), key=lambda one: one[0]):
        members = [cut for _, cut in group]
        yield from _kept(text[position : members[0]["start"]])
        for cut in members:
            yield from (click.style(f"- {line}", fg="red") for line in _split(text[cut["start"] : cut["stop"]]))
        first = members[0]
        yield click.style(safe(f"    {zone(first['zone'])} · {first['rule_id']} · {first['why']}"), dim=True)
        position = members[-1]["stop"]
    yield from _kept(text[position:])


def _runs(cuts: list[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each cut with the number of its run: neighbours that went by one rule are told of once."""
    number = 0
    before: Mapping[str, Any] | None = None
    for cut in cuts:
        same = before is not None and before["stop"] == cut["start"]
        if before is None or not same or (before["rule_id"], before["zone"]) != (cut["rule_id"], cut["zone"]):
            number += 1
        yield number, cut
        before = cut


def _kept(text: str) -> Iterator[str]:
    return (f"  {line}" for line in _split(text))


def _split(text: str) -> Iterator[str]:
    return (safe(line) for line in text.split("\n") if line.strip())
