"""From a query to the stream of articles that match it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any as Value

from sqlite_utils.utils import sqlite3

from pipelines.store import beginnings
from pipelines.store.expression import All, Any, Near, Node, Term, Without
from pipelines.store.querying import Query
from pipelines.store.scripts import WORD, folded, has_word, is_spaceless
from pipelines.store.streams import Budget, But, Every, Listed, Selected, Some, Stream

WORDS, PIECES = "articles_fts", "articles_trigrams"
_MOST_LISTED = 60_000  # ids in which words of one or two characters stand
_MOST_NOTES = 100_000
_MOST_NAMES = 2000  # different agencies or sections among which one is sought in another case
_FOUND = "SELECT rowid AS id FROM {} WHERE {} MATCH :wanted AND rowid BETWEEN :first AND :last"
_WITH = "SELECT id FROM articles WHERE {} = :wanted AND id BETWEEN :first AND :last"
_NAMES = """
WITH RECURSIVE names (name, n) AS (
    SELECT min({0}), 1 FROM articles
    UNION ALL SELECT (SELECT min({0}) FROM articles WHERE {0} > name), n + 1 FROM names
    WHERE name IS NOT NULL AND n < {1}
) SELECT name FROM names WHERE name IS NOT NULL
"""


def index_of(term: Term) -> str:
    """The index that finds a term."""
    return PIECES if term.within or is_spaceless(term.text) else WORDS


def quoted(text: str) -> str:
    """A string of FTS5's language."""
    return '"' + text.replace('"', '""') + '"'


class Plan:
    """How a query is answered: `stream()` gives what matches between `first` and `last`, in falling order.

    `budget` is how many ids may be read; `among`: only these are wanted.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        query: Query,
        *,
        budget: int | None,
        first: int = -(1 << 63),
        last: int = (1 << 63) - 1,
        among: Stream | None = None,
    ) -> None:
        self._connection, self._query, self._among = connection, query, among
        self.budget = Budget(budget)
        since, until = query.span()
        (newest,) = connection.execute("SELECT max(id) FROM articles").fetchone()
        self.first, self.last = max(first, since), min(last, until, newest or 0)
        self.hints: list[str] = []
        self._room = _MOST_LISTED

    def stream(self) -> Stream:
        """What matches words and filters."""
        query = self._query
        parts: list[Stream] = [self._among] if self._among else []
        if query.sources:
            parts.append(self._either("source_id", [one for name in query.sources for one in self._sources(name)]))
        for column, values in (("language", query.languages), ("agency", query.agencies), ("section", query.sections)):
            if values:
                parts.append(self._either(column, [one for name in values for one in self._known(column, name)]))
        if query.tags:
            parts.append(Some([one for tag in query.tags for one in self._tagged(tag)]))
        if query.notes:
            parts.append(Listed(one for note in query.notes for one in self._noted(note)))
        if query.tree is not None:
            parts.append(self._node(query.tree))
        if not parts:
            parts.append(self._ids("SELECT id FROM articles WHERE id BETWEEN :first AND :last"))
        return parts[0] if len(parts) == 1 else Every(parts)

    # filters

    def _ids(self, sql: str, *, dear: int = 0, **values: Value) -> Stream:
        return Selected(self._connection, self.budget, sql, self.first, self.last, dear=dear, **values)

    def _found(self, index: str, wanted: str) -> Stream:
        terms = max(wanted.count('"') // 2, 1)  # each string of it is looked up for itself
        return self._ids(_FOUND.format(index, index), dear=terms, wanted=wanted)

    def _either(self, column: str, values: Sequence[str]) -> Stream:
        found = [self._ids(_WITH.format(column), wanted=one) for one in dict.fromkeys(values)]
        return found[0] if len(found) == 1 else Some(found)

    def _sources(self, name: str) -> list[str]:
        """Sources by id or name, in whatever case it was typed."""
        sql = "SELECT id FROM sources WHERE id = ?1 OR lower(id) = lower(?1) OR lower(name) = lower(?1)"
        return [row[0] for row in self._connection.execute(sql, (name,))]

    def _known(self, column: str, name: str) -> list[str]:
        """The value as it is written in the archive."""
        if self._connection.execute(f"SELECT 1 FROM articles WHERE {column} = ? LIMIT 1", (name,)).fetchone():
            return [name]
        names = self._connection.execute(_NAMES.format(column, _MOST_NAMES)).fetchall()
        return [row[0] for row in names if row[0].casefold() == name.casefold()]

    def _tagged(self, tag: str) -> list[Stream]:
        """Articles with a reader's tag, and those whose page has it: a JSON string in the column `tags`."""
        wanted = f"{{tags}} : {quoted(json.dumps(tag, ensure_ascii=False))}"
        readers = "SELECT article_id AS id FROM notes WHERE tag = :wanted AND article_id BETWEEN :first AND :last"
        return [self._found(PIECES, wanted), self._ids(readers, wanted=tag.lower())]

    def _noted(self, words: str) -> list[int]:
        """Articles of which readers wrote such words."""
        if is_spaceless(words):
            where, wanted = "instr(notes.text, :wanted)", words
        else:
            where = "notes.id IN (SELECT rowid FROM notes_fts WHERE notes_fts MATCH :wanted)"
            wanted = " ".join(
                quoted(word) + ("*" if word.endswith("*") else "") for word in words.split() if has_word(word)
            )
            if not wanted:
                return []
        sql = f"SELECT DISTINCT article_id FROM notes WHERE {where} AND article_id IS NOT NULL LIMIT {_MOST_NOTES}"
        return [row[0] for row in self._connection.execute(sql, {"wanted": wanted})]

    # words

    def _node(self, node: Node) -> Stream:
        """One query of one index where all of it is in there; else the parts, joined."""
        index = _only_index(node)
        if index:
            return self._found(index, self.rendered(node))
        match node:
            case Term():
                return self._short(node)
            case All():
                return Every([self._node(part) for part in _gathered(node)])
            case Any():
                return Some([self._node(part) for part in _gathered(node)])
            case Without():
                return But(self._node(node.kept), self._node(node.left_out))
            case Near():  # how far apart words of two indexes stand, neither knows
                self.hints.append("NEAR reaches no words of scripts without spaces: they are wanted anywhere.")
                return Every([self._node(term) for term in node.terms])
        raise AssertionError(node)

    def rendered(self, node: Node) -> str:
        """The part of a query that one index finds, in FTS5's language."""
        match node:
            case Term():
                return self._term(node)
            case Near():
                words = " ".join(plain_term(replace(term, columns=())) for term in node.terms)
                return _in_columns(f"NEAR({words}, {node.distance})", node.terms[0].columns)
            case All():
                return "(" + " AND ".join(self.rendered(part) for part in node.parts) + ")"
            case Any():
                return "(" + " OR ".join(self.rendered(part) for part in node.parts) + ")"
            case Without():
                return f"({self.rendered(node.kept)} NOT {self.rendered(node.left_out)})"

    def _term(self, term: Term) -> str:
        if index_of(term) == WORDS:
            return self._begun(term) if term.prefix and not term.first else plain_term(term)
        text = _piece(term)
        if is_spaceless(text):
            return _in_columns(quoted(text), term.columns)
        self.hints.append(f"*{term.text}* looks inside the words of titles only.")
        return _in_columns(quoted(text), ("title",)) if len(text) > 2 else _nothing()

    def _begun(self, term: Term) -> str:
        """The words that begin so, one by one: FTS5 itself would read all their hits before it gave the first."""
        (*before, start) = WORD.findall(folded(unicodedata.normalize("NFC", term.text)))
        if before:
            return plain_term(term)
        found, whole = beginnings.words(self._connection, start)
        if not whole:
            self.hints.append(f"{term.text}* begins very many words: those of the newest articles were looked for.")
        return _in_columns("(" + " OR ".join(map(quoted, found)) + ")" if found else _nothing(), term.columns)

    def _short(self, term: Term) -> Stream:
        """One or two characters, by the trigrams that begin with them: those stand wherever they do."""
        place = (term.columns, self.first, self.last, self._room)
        found = beginnings.pieces(self._connection, _piece(term), *place)
        self._room -= len(found.ids)
        if not found.whole:
            self.hints.append(f"{term.text} stands in too many words to find all; another character finds more.")
        listed = Listed(found.ids)
        if not found.asked:
            return listed
        wanted = _in_columns("(" + " OR ".join(map(quoted, found.asked)) + ")", term.columns)
        return Some([self._found(PIECES, wanted), listed])


def _piece(term: Term) -> str:
    return unicodedata.normalize("NFC", term.text).lower()


def _is_short(term: Term) -> bool:
    """Whether it has fewer characters than the index of pieces finds."""
    return index_of(term) == PIECES and is_spaceless(term.text) and len(_piece(term)) < 3


def _nothing() -> str:
    return quoted("\ue000\ue000\ue000")  # no text holds it


def plain_term(term: Term) -> str:
    """A term in FTS5's language, as the index of words finds it, and that of pieces from three characters on."""
    first = "^" if term.first else ""
    return _in_columns(first + quoted(term.text) + ("*" if term.prefix else ""), term.columns)


def _in_columns(wanted: str, columns: Sequence[str]) -> str:
    return f"({{{' '.join(columns)}}} : {wanted})" if columns else wanted


def _only_index(node: Node) -> str | None:
    """The index that finds all of a part, if it is one."""
    match node:
        case Term():
            return None if _is_short(node) else index_of(node)
        case Near():
            return WORDS if all(index_of(term) == WORDS for term in node.terms) else None
        case All() | Any():
            found = {_only_index(part) for part in node.parts}
        case Without():
            found = {_only_index(node.kept), _only_index(node.left_out)}
    return found.pop() if len(found) == 1 else None


def _gathered(node: All | Any) -> list[Node]:
    """The parts, those of one index together."""
    groups: dict[str | int, list[Node]] = {}
    for n, part in enumerate(node.parts):
        groups.setdefault(_only_index(part) or n, []).append(part)
    return [some[0] if len(some) == 1 else type(node)(tuple(some)) for some in groups.values()]
