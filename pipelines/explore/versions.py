"""The texts that an article has and had: when each was shown, what kinds of change came between, and two compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from pipelines.edits import Prose, edits
from pipelines.explore.comparing import Comparison, Text, compared

NEWEST = 5  # edits that a page shows without being asked for more
MOST = 500  # that it shows in all
_LONG = 40_000  # characters of both texts of an edit from which it is compared only when somebody asks

_TEXTS = """
SELECT n, seen_from, seen_until, title, digest, capture_id FROM revisions WHERE article_id = :id ORDER BY n
"""
_RETURNS = "SELECT n, seen_from, seen_until FROM returns WHERE article_id = :id ORDER BY seen_from"
_KINDS = "SELECT n, kind FROM changes WHERE article_id = :id GROUP BY n, kind ORDER BY n, min(part)"
_WORDS = "SELECT title, description, text FROM revisions WHERE article_id = :id AND n = :n"
_PRESENT = "SELECT title, description, text FROM articles WHERE id = :id"


@dataclass(frozen=True, slots=True)
class Version:
    """A text, by its number in the order in which they came; `n` as in revisions, None for the present one."""

    number: int
    n: int | None
    title: str | None
    digest: str
    capture_id: int
    seen_from: str
    seen_until: str | None


@dataclass(slots=True)
class Event:
    """Once that the article showed other words: a new text, or one that it had before."""

    at: str
    version: Version
    before: Version | None  # what was shown until then
    back: bool = False
    kinds: list[str] = field(default_factory=list)
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class History:
    """All texts of an article, the first one first, and what happened, the last first."""

    versions: list[Version]
    events: list[Event]

    def numbered(self, number: int | None) -> Version | None:
        """The text with this number."""
        found = number is not None and 0 < number <= len(self.versions)
        return self.versions[number - 1] if found and number else None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Two texts that somebody wants to see beside each other."""

    old: Version
    new: Version
    kinds: list[str]
    comparison: Comparison


def history(connection: Any, article: Mapping[str, Any]) -> History:
    """The texts of an article, without their words."""
    key = {"id": article["id"]}
    rows = connection.execute(_TEXTS, key).fetchall()
    if not rows:
        return History([], [])
    returns = connection.execute(_RETURNS, key).fetchall()
    versions = [Version(number, *(row[name] for name in _ORDER)) for number, row in enumerate(rows, 1)]
    if not any(row["seen_until"] is None for row in returns):  # else the present text is one of these
        since = max(row["seen_until"] for row in (*rows, *returns))
        values = (article["title"], article["digest"], article["capture_id"], since, article["gone_at"])
        versions.append(Version(len(versions) + 1, None, *values))
    kinds: dict[int, list[str]] = {}
    for row in connection.execute(_KINDS, key):
        kinds.setdefault(row["n"], []).append(row["kind"])
    return History(versions, _events(versions, returns, kinds))


_ORDER = ("n", "title", "digest", "capture_id", "seen_from", "seen_until")


def _events(versions: Sequence[Version], returns: Sequence[Any], kinds: Mapping[int, list[str]]) -> list[Event]:
    by_n = {one.n: one for one in versions}
    ended = {row["seen_until"]: by_n.get(row["n"]) for row in returns if row["seen_until"]}
    found = []
    for before, one in pairwise(versions):
        told = kinds.get(before.n, []) if before.n is not None else []
        found.append(Event(one.seen_from, one, ended.get(one.seen_from) or before, kinds=told))
    until = {one.seen_until: one for one in versions if one.seen_until}
    for row in returns:
        if version := by_n.get(row["n"]):
            shown = ended.get(row["seen_from"]) or until.get(row["seen_from"])
            found.append(Event(row["seen_from"], version, shown, back=True))
    return sorted(found, key=lambda one: (one.at, one.back, one.version.number), reverse=True)


def words_of(connection: Any, article_id: int, version: Version) -> Text:
    """Headline, standfirst and text of a version."""
    sql = _PRESENT if version.n is None else _WORDS
    row = connection.execute(sql, {"id": article_id, "n": version.n}).fetchone()
    return (row["title"], row["description"], row["text"]) if row else (None, None, "")


def compare(events: Sequence[Event], words: Mapping[int, Text]) -> None:
    """Compare the texts of these edits, as long as that is quick; `words` by the numbers of versions."""
    left = _LONG
    for one in events:
        if one.back or one.before is None:
            continue
        old, new = words[one.before.number], words[one.version.number]
        left -= len(old[2]) + len(new[2])
        if left < 0:
            return
        one.comparison = compared(old, new)


def choose(told: History, old: Version, new: Version, words: Mapping[int, Text], language: str | None) -> Chosen:
    """Any two texts compared, with the kinds of change between them. It may take a moment where they are long."""
    before, after = words[old.number], words[new.number]
    kinds = next((one.kinds for one in told.events if (one.before, one.version) == (old, new) and not one.back), None)
    if kinds is None:  # they never followed each other
        kinds = list(dict.fromkeys(one.kind for one in edits(Prose(*before), Prose(*after), language)))
    return Chosen(old, new, kinds, compared(before, after))
