"""The table at the end of a run, and what of it deserves a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_COLUMNS = ("found", "refused", "fetched", "stored", "revised", "unchanged", "rejected", "failed", "cut", "seconds")


def table(report: Sequence[Mapping[str, Any]]) -> str:
    """A run's report, one line per source and their sum; `cut` is characters of furniture. Empty for an empty one."""
    if not report:
        return ""
    rows = [("source", *_COLUMNS), *(_cells(row) for row in report)]
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
    lines = [f"{row['source']}: no feed answered" for row in report if row.get("silent") and not row.get("feeds")]
    if errors:
        lines.append(f"{errors} unexpected errors; see above, and the table `failures`")
    read = total["fetched"] - total["unchanged"]
    if read > 0 and not any(total[name] for name in ("stored", "revised", "unchanged")):
        lines.append(f"{read} pages came, but no article: {rejects(report) or 'see the table `failures`'}")
    return lines
