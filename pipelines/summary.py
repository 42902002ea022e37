"""What a run did: its table of one screen, its figures, and what of it deserves a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

SCREEN = 16  # lines of a table that leave room for what else is said
UNHEARD = "no feed answered"  # how a line ends that names a source of which nothing came
_FEW = 8  # lines of one kind, before the rest is only counted
_COLUMNS = ("found", "refused", "fetched", "stored", "revised", "unchanged", "rejected", "failed", "cut", "seconds")


def table(report: Sequence[Mapping[str, Any]]) -> str:
    """A run's report, one line per source and their sum; `cut` is characters of furniture. Empty for an empty one.

    Of more sources than a screen shows, those that need a look come first and the rest is one line.
    """
    if not report:
        return ""
    shown = list(report)
    if len(report) > SCREEN:
        shown = sorted(report, key=_need, reverse=True)
        rest = shown[SCREEN - 1 :]
        shown = [*shown[: SCREEN - 1], {**_sum(rest), "source": f"{len(rest):,} more"}]
    rows = [("source", *_COLUMNS), *(_cells(row) for row in shown)]
    if len(report) > 1:
        rows.append(_cells(_sum(report)))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _need(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """How much a source needs a look: it gave no answer, it failed, its pages were no articles; then by its news."""
    rejected = sum(row["rejected"].values())
    unheard = bool(row.get("silent") and not row.get("feeds"))
    return unheard, row["failed"], rejected > row["stored"], rejected, row["stored"] + row["revised"], row["source"]


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    shown = {**row, "rejected": sum(row["rejected"].values()), "cut": row["removed_chars"]}
    return (str(row["source"] or "none"), *(str(shown.get(name, 0) or "·") for name in _COLUMNS))


def _sum(report: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    rows = list(report)
    names = ("found", "refused", "fetched", "stored", "revised", "unchanged", "failed", "removed_chars")
    total: dict[str, Any] = {name: sum(row.get(name, 0) for row in rows) for name in names}
    rejected: dict[str, int] = {}
    for row in rows:
        for reason, n in row["rejected"].items():
            rejected[reason] = rejected.get(reason, 0) + n
    # sources are crawled side by side: their seconds do not add up
    return {
        **total,
        "source": "all",
        "rejected": rejected,
        "seconds": max((row.get("seconds", 0) for row in rows), default=0),
    }


def rejects(report: Iterable[Mapping[str, Any]]) -> str:
    """Why pages were rejected, the commonest reason first: `3 listing, 1 too-short`; empty where none was."""
    reasons = sorted(_sum(report)["rejected"].items(), key=lambda one: -one[1])
    return ", ".join(f"{n} {reason}" for reason, n in reasons)


def problems(report: Sequence[Mapping[str, Any]], errors: int = 0) -> list[str]:
    """What makes a run no success, one line each; empty for a good one, also where there was nothing new."""
    total = _sum(report)
    lines = [f"{row['source']}: {UNHEARD}" for row in report if row.get("silent") and not row.get("feeds")]
    lines += [line for row in report if (line := _nothing_came(row))]
    if errors:
        lines.append(f"{errors} unexpected errors; see above, and the table `failures`")
    read = total["fetched"] - total["unchanged"]
    if read > 0 and not any(total[name] for name in ("stored", "revised", "unchanged")):
        lines.append(f"{read} pages came, but no article: {rejects(report) or 'see the table `failures`'}")
    return lines


def _nothing_came(row: Mapping[str, Any]) -> str | None:
    """A line for a source of which pages were asked for and none came."""
    failed, refused = row["failed"] - row.get("silent", 0), row.get("refused", 0)  # a silent feed is no page
    if row["fetched"] or failed + refused <= 0:
        return None
    how = ", ".join(f"{n:,} {what}" for n, what in ((failed, "failed"), (refused, "refused")) if n > 0)
    return f"{row['source']}: no page came, {how}; `tearsheet query missing` says why"


def remarks(report: Iterable[Mapping[str, Any]]) -> list[str]:
    """What of a run is worth knowing though nothing is wrong, a line for each source and remark."""
    lines = []
    for row in report:
        if cut := row.get("cut_short"):
            lines.append(f"{row['source']}: {cut:,} listing{'' if cut == 1 else 's'} too long, read in part")
        if held := row.get("held_back"):
            lines.append(
                f"{row['source']}: {held:,} older address{'' if held == 1 else 'es'} of its sitemaps held back"
            )
    return lines


def folded(lines: Sequence[str], more: str) -> list[str]:
    """The first lines, and how many `more` there are."""
    rest = len(lines) - _FEW
    return list(lines) if rest <= 1 else [*lines[:_FEW], f"and {rest:,} {more}"]


def health_lines(findings: Mapping[str, Any], wrong: Iterable[str] = ()) -> list[str]:
    """What began and what ended to be wrong with sources, one line each, and what stays.

    Of sources of which lines in `wrong` say that no feed answered, that is not said again.
    """
    named = {line.partition(":")[0] for line in wrong if line.endswith(UNHEARD)}
    began, ended, stay = findings.get("began", ()), findings.get("ended", ()), findings.get("stay", 0)
    fresh = [one for one in began if one["source"] not in named or one["kind"] not in ("feed", "undiscovered")]
    lines = folded([f"{one['source']}: {one['detail']}" for one in fresh], "new findings")
    lines += folded([f"{one['source']}: is over: {one['detail']}" for one in ended], "findings are over")
    if began or stay:
        all_told = len(began) + stay
        lines.append(f"{all_told:,} finding{'' if all_told == 1 else 's'} in all: `tearsheet sources health`")
    return lines


def final_stats(stats: Mapping[str, Any]) -> dict[str, Any]:
    """Scrapy's statistics under Scrapy's names, as JSON takes them; what the report tells per source is left out."""
    return {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in sorted(stats.items())
        if not name.startswith("tearsheet/")
    }
