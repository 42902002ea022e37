"""The texts an article had, each beside the one before: when, what kind of change, and which words."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from pipelines.cli.output import safe
from pipelines.diffs import diff_words
from pipelines.explore.words import date
from pipelines.store.changes import Step

_ELIDED = "  …"
_HOLD = "\x02"  # around changed words; no safe text holds it


def rows_of(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """One row for each change: `version` is the number of the text it gave."""
    return [
        {"version": step.number, "seen_at": step.seen_at, "kind": kind, "before": before, "after": after}
        for step in steps
        for kind, before, after in step.edits
    ]


def compared(steps: Iterable[Step]) -> str:
    """Every step with its kinds of change and the lines that have other words, these marked or coloured."""
    return "\n\n".join("\n".join(_step(step)) for step in steps)


def _step(step: Step) -> Iterator[str]:
    when = click.style(f"version {step.number}", bold=True) + f"  {date(step.seen_at)}"
    if step.texts is None:
        yield f"{when}  the same words again"
        return
    yield f"{when}  {', '.join(dict.fromkeys(edit.kind for edit in step.edits))}"
    old, new = step.texts
    for name, one, other in (("headline", old.title, new.title), ("standfirst", old.description, new.description)):
        if any(edit.kind == name for edit in step.edits):
            yield f"  {click.style(name, dim=True)}  {diff_words(safe(one or ''), safe(other or ''), _mark())}"
    yield from _changed_lines(safe(old.text), safe(new.text))


def _changed_lines(old: str, new: str) -> Iterator[str]:
    """The lines of the later text that hold a change; what stayed between them is left out."""
    written = _mark()
    skipped = False
    for line in diff_words(old, new, _held).split("\n"):
        if _HOLD in line:
            yield from ([_ELIDED] if skipped else [])
            yield "  " + "".join(
                part if n % 2 == 0 else written(part[0], part[1:]) for n, part in enumerate(line.split(_HOLD))
            )
            skipped = False
        elif line.strip():
            skipped = True
    if skipped:
        yield _ELIDED


def _held(sign: str, words: str) -> str:
    """Changed words, each of their lines to be told from others."""
    return "\n".join(f"{_HOLD}{sign}{line}{_HOLD}" if line else line for line in words.split("\n"))


def _mark() -> Callable[[str, str], str]:
    """How changed words are written: in colour on a terminal, else between marks."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        return lambda sign, words: click.style(words, fg="red" if sign == "-" else "green", strikethrough=sign == "-")
    return lambda sign, words: f"[-{words}-]" if sign == "-" else f"{{+{words}+}}"
