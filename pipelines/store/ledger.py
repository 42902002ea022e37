"""The ledger of an article and what it names: removals, rules, recipes; and its bands."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.recipe import PROCESS_VERSION, Recipe
from pipelines.store import checks
from pipelines.store.rows import clean, clean_json, now, same_length, to_json
from pipelines.types import Article, Fingerprint, Removal, Rule, restore

#: The band under which the values of a sketch stand; MinHash bands have lower numbers.
SKETCH = 16


def put(connection: sqlite3.Connection, article_id: int, article: Article) -> bool:
    """Bring the removals and the bands of an article up to date; those of one that plain SQL deleted may be there.

    Returns whether the bands are others now.
    """
    removals = [
        (article_id, n, one.start, one.stop, one.zone, one.rule, same_length(one.text), claims_json(one.claims))
        for n, one in enumerate(article.removals, start=1)
    ]
    _put(connection, "removals", "article_id, n, start, stop, zone, rule_id, text, claims", article_id, removals)
    return put_bands(connection, article_id, article.fingerprint)


def put_bands(connection: sqlite3.Connection, article_id: int, found: Fingerprint) -> bool:
    """Bring the bands of an article up to date, those of its sketch among them; returns whether they are others now."""
    bands = [(band, value, article_id) for band, value in enumerate(found.bands)]
    bands += [(SKETCH, value, article_id) for value in sorted(found.sketch)]
    before = _put(connection, "bands", "band, value, article_id", article_id, bands)
    if before is not None:
        checks.replaced(connection, "bands", article_id, before, bands)
    return before is not None


def _put(
    connection: sqlite3.Connection, table: str, names: str, article_id: int, rows: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]] | None:
    """Replace the article's rows where they differ: most articles that are read again have the same.

    Returns those it replaced; None: they were the same.
    """
    known = connection.execute(f"SELECT {names} FROM {table} WHERE article_id = ?", (article_id,))
    if (before := sorted(map(tuple, known))) == rows:
        return None
    if before:
        connection.execute(f"DELETE FROM {table} WHERE article_id = ?", (article_id,))
    marks = ", ".join("?" * len(names.split(", ")))
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
    return before


def removals_of(connection: sqlite3.Connection, article_id: int) -> tuple[Removal, ...]:
    """The cuts of an article in order, without their claims."""
    rows = connection.execute(
        "SELECT start, stop, zone, rule_id, text FROM removals WHERE article_id = ? ORDER BY n", (article_id,)
    )
    return tuple(
        Removal(start=start, stop=stop, zone=zone, rule=rule, text=text) for start, stop, zone, rule, text in rows
    )


def same_extraction(connection: sqlite3.Connection, known: sqlite3.Row, article: Article) -> bool:
    """Whether only another recipe made the texts differ: what was extracted from the page is equal."""
    if known["recipe_id"] == article.recipe:
        return False
    before = restore(known["text"], removals_of(connection, known["id"]))
    return before == same_length(restore(article.text, article.removals))


def removed_chars(article: Article) -> int:
    """Characters of furniture; what moved into a field is none."""
    return sum(len(one.text) for one in article.removals if one.zone != "field")


def claims_json(claims: Iterable[Any]) -> str:
    """Claims as JSON: [{field, value, origin}, …]."""
    return clean_json([{"field": one.field, "value": one.value, "origin": one.origin} for one in claims])


def put_rules(connection: sqlite3.Connection, rules: Iterable[Rule]) -> None:
    """Insert rules, or bring them up to date; a rule in code has no pattern."""
    connection.executemany(
        "INSERT INTO rules (id, zone, language, origin, pattern, reach, why) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET zone = excluded.zone, language = excluded.language,"
        " origin = excluded.origin, pattern = excluded.pattern, reach = excluded.reach, why = excluded.why",
        [
            (one.id, one.zone, one.language, one.origin, clean(one.pattern) or None, one.reach, clean(one.why))
            for one in rules
        ],
    )


def put_recipe(connection: sqlite3.Connection, recipe: Recipe, sources: Iterable[str | None]) -> None:
    """Write down what decides the results of these sources, and the rules it consists of."""
    put_rules(connection, recipe.rules)
    for source in sources:
        facts = recipe.facts_for(source)
        put_rules(connection, recipe.lessons.get(source or "", ()))
        connection.execute(
            "INSERT INTO recipes (id, version, rules, lesson, made_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version, rules = excluded.rules,"
            " lesson = excluded.lesson",
            (recipe.id_for(source), facts["version"], facts["rules"], to_json(facts["lesson"]), now()),
        )


def lesson_changes(connection: sqlite3.Connection, one: str, other: str) -> set[str] | None:
    """Ids of the rules that only one of two recipes has in its lesson, or in another zone; None: not known."""
    found = connection.execute("SELECT lesson FROM recipes WHERE id IN (?, ?)", (one, other)).fetchall()
    lessons = [{(rule, zone) for rule, zone in json.loads(lesson)} for (lesson,) in found if lesson]
    return {rule for rule, _ in lessons[0] ^ lessons[1]} if len(lessons) == 2 else None


def adopt(connection: sqlite3.Connection, capture_ids: Iterable[int], recipe_id: str) -> None:
    """Say that these captures' articles are what another recipe makes too."""
    connection.executemany(
        "UPDATE articles SET recipe_id = ? WHERE capture_id = ?", [(recipe_id, one) for one in capture_ids]
    )


def ensure_named(connection: sqlite3.Connection, article: Article) -> None:
    """Rows for the recipe and the rules an article names, should nobody have described them."""
    connection.execute(
        "INSERT OR IGNORE INTO recipes (id, version, rules, made_at) VALUES (?, ?, '', ?)",
        (article.recipe, PROCESS_VERSION, now()),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO rules (id, zone, origin, why) VALUES (?, ?, 'shipped', 'not described')",
        [(one.rule, one.zone) for one in {one.rule: one for one in article.removals}.values()],
    )
