"""What reading stored pages again makes different: an account, page by page, of before and after."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pipelines.types import Article, Failure, Outcome, Reject

#: Columns that are told of, should they differ; the text is told of in characters.
FIELDS = (
    "title", "description", "authors", "agency", "credit", "dateline", "section", "tags", "language", "published_at",
    "published_precision", "modified_at", "image", "captions", "links", "paywalled",
)  # fmt: skip
_EMPTY = (None, "", "[]", 0)
_NAMED = 20  # lost articles that are named
_TOP = 10  # rules that are named
_LONGEST = 80  # characters of a value in an example


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an archive holds of a capture: the article or the revision that rests on it, if one does."""

    outcome: str | None  # of the capture, when it was last read
    url: str
    title: str | None = None
    values: Mapping[str, Any] | None = None  # columns; None where nothing rests on it
    is_present: bool = False  # it is the article as it stands, and not an earlier text
    cuts: Mapping[str, int] = field(default_factory=dict)  # characters by rule
    held: bool = False  # an article is known at its address


@dataclass(slots=True)
class Account:
    """Counts of a reprocessing, for one source; all of it JSON."""

    changed: int = 0
    unchanged: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    lost: int = 0
    went: int = 0  # characters that texts lost
    back: int = 0  # and gained
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)  # characters that each cuts more than before; less: negative
    named: list[dict[str, Any]] = field(default_factory=list)  # articles that are lost

    def add(self, before: Standing, outcome: Outcome, values: Mapping[str, Any] | None) -> None:
        """Count one page; `values` are the columns of the article it is now, None if it is none."""
        if isinstance(outcome, Failure):
            self.failed += 1
        elif isinstance(outcome, Reject):
            self._reject(before, outcome)
        elif before.values is None:
            new = before.outcome not in ("article", "unchanged") and not before.held
            self.changed += new
            self.unchanged += not new
        else:
            self._compare(before, outcome, values or {})

    def _reject(self, before: Standing, outcome: Reject) -> None:
        self.rejected[outcome.reason] = self.rejected.get(outcome.reason, 0) + 1
        if before.is_present:
            self.lost += 1
            if len(self.named) < _NAMED:
                self.named.append({"url": before.url, "title": before.title, "reason": str(outcome.reason)})

    def _compare(self, before: Standing, outcome: Article, values: Mapping[str, Any]) -> None:
        assert before.values is not None
        differ = [name for name in before.values if name in values and before.values[name] != values[name]]
        if not set(differ) - {"recipe_id"}:
            self.unchanged += 1
            return
        self.changed += 1
        went = len(before.values["text"]) - len(values["text"])
        self.went += max(went, 0)
        self.back += max(-went, 0)
        for name in differ:
            if name in FIELDS:
                self._field(name, before, values[name])
        if before.is_present:
            cuts = Counter({name: -count for name, count in before.cuts.items()})
            for one in outcome.removals:
                cuts[one.rule] += len(one.text)
            for rule, count in cuts.items():
                if count:
                    self.rules[rule] = self.rules.get(rule, 0) + count

    def _field(self, name: str, before: Standing, after: Any) -> None:
        assert before.values is not None
        was = before.values[name]
        count = self.fields.setdefault(name, {"changed": 0, "filled": 0, "emptied": 0})
        count["filled" if was in _EMPTY else "emptied" if after in _EMPTY else "changed"] += 1
        count.setdefault("example", {"url": before.url, "before": _short(was), "after": _short(after)})

    def merge(self, other: Account) -> None:
        """Take in the counts of another."""
        for name in ("changed", "unchanged", "failed", "lost", "went", "back"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, theirs in ((self.rejected, other.rejected), (self.rules, other.rules)):
            for key, n in theirs.items():
                mine[key] = mine.get(key, 0) + n
        for key, counts in other.fields.items():
            known = self.fields.setdefault(key, {**counts, "changed": 0, "filled": 0, "emptied": 0})
            for way in ("changed", "filled", "emptied"):
                known[way] += counts[way]
        self.named += other.named[: max(0, _NAMED - len(self.named))]

    def top_rules(self) -> dict[str, int]:
        """The rules whose cuts differ most."""
        return dict(sorted(self.rules.items(), key=lambda one: (-abs(one[1]), one[0]))[:_TOP])


def _short(value: Any) -> Any:
    return value if not isinstance(value, str) or len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


def to_json(accounts: Mapping[str | None, Account]) -> str:
    """Accounts of sources as JSON, to go on with."""
    return json.dumps([[source, asdict(one)] for source, one in accounts.items()], ensure_ascii=False)


def from_json(text: str) -> dict[str | None, Account]:
    """What `to_json` wrote."""
    return {source: Account(**values) for source, values in json.loads(text)}


def total(accounts: Iterable[Account]) -> Account:
    """All of them as one."""
    found = Account()
    for one in accounts:
        found.merge(one)
    return found
