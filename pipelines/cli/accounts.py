"""The report of a reprocessing: rows by source, and for people what became different and by which rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.cli.output import Row, safe, table
from pipelines.reprocess import Account, total

_COLUMNS = ("source", "changed", "unchanged", "rejected", "failed", "lost", "went", "back", "seconds")
_WAYS = ("changed", "filled", "emptied")


def rows_of(report: Iterable[Row], accounts: Mapping[str | None, Account]) -> list[dict[str, Any]]:
    """One row per source of a run that was written down."""
    return [
        {
            **row_of(one["source"], accounts.get(one["source"], Account()), one["seconds"]),
            "changed": sum(one[name] for name in ("stored", "revised", "rebuilt")),
            "unchanged": one["unchanged"] + one["same"],
            "rejected": sum(one["rejected"].values()),
            "failed": one["failed"],
            "went": one["went"],
            "back": one["back"],
        }
        for one in report
    ]


def row_of(source: str | None, account: Account, seconds: float) -> dict[str, Any]:
    """One row, from the account of a source alone."""
    return {
        "source": source,
        "changed": account.changed,
        "unchanged": account.unchanged,
        "rejected": sum(account.rejected.values()),
        "failed": account.failed,
        "lost": account.lost,
        "went": account.went,
        "back": account.back,
        "seconds": seconds,
        "fields": account.fields,
        "rules": account.top_rules(),
        "lost_articles": account.named,
    }


def page(rows: Iterable[Row], accounts: Iterable[Account]) -> str:
    """The rows, then what became different in all of them."""
    all_told = total(accounts)
    parts = [table([{name: row[name] for name in _COLUMNS} for row in rows])]
    fields = sorted(all_told.fields.items(), key=lambda one: -sum(one[1][way] for way in _WAYS))
    parts.append(table([_field(name, counts) for name, counts in fields]))
    rules = all_told.top_rules().items()
    parts.append(table([{"rule": rule, "characters cut": f"{n:+,}"} for rule, n in rules]))
    if all_told.lost:
        named = [f"  {one['url']}  {one['title'] or '(no title)'}: {one['reason']}" for one in all_told.named]
        rest = all_told.lost - len(named)
        parts.append("\n".join(safe(line) for line in ["lost", *named, *([f"  and {rest:,} more"] if rest else [])]))
    return "\n\n".join(part for part in parts if part)


def _field(name: str, counts: Mapping[str, Any]) -> dict[str, Any]:
    example = counts["example"]
    return {
        "field": name,
        **{way: counts[way] for way in _WAYS},
        "example": f"{_bare(example['before'])} → {_bare(example['after'])}",
    }


def _bare(value: Any) -> str:
    return "nothing" if value in (None, "", "[]") else str(value)
