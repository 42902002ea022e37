"""T2: what a capture was read as, written in one go with its ledger and the capture's outcome."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlite_utils.utils import sqlite3

from pipelines.store import (
    addresses,
    changes,
    dedupe,
    extractions,
    faillog,
    identity,
    late,
    ledger,
    revise,
    revisits,
    tallies,
)
from pipelines.store.followed import ensure_source
from pipelines.store.forget import disown
from pipelines.store.identity import Place
from pipelines.store.intrusions import intrusion
from pipelines.store.rows import clean, clean_json, cleaned, same_length, stamp
from pipelines.store.uniting import unite
from pipelines.store.withdrawals import is_all_that_is_left, withdraw
from pipelines.types import Article, Capture, Outcome, Reject


def settle(
    connection: sqlite3.Connection, capture_id: int, capture: Capture, outcome: Outcome, run_id: int | None
) -> str:
    """Write an outcome; returns new, revised, unchanged, moved, rebuilt, rejected:<reason>, failed or waiting."""
    source, reason = capture.source, None
    before = _length(connection, capture_id)
    if isinstance(outcome, Article) and disown(connection, capture_id, outcome):
        tallies.add(connection, run_id, source, "rejected:forgotten")
        return "rejected:forgotten"
    if isinstance(outcome, Article):
        other = intrusion(connection, capture_id, capture, outcome, run_id)
        if other is True:
            return "waiting"
        outcome = other or outcome
    if isinstance(outcome, Reject) and is_all_that_is_left(connection, capture_id):
        tallies.add(connection, run_id, source, "same")
        return "unchanged"
    if isinstance(outcome, Article):
        result = _put(connection, capture_id, capture, outcome)
        word = "article" if result == "new" or _gave_words(connection, capture_id) else "unchanged"
        if result in ("new", "revised"):
            tallies.add(connection, run_id, source, "removed_chars", ledger.removed_chars(outcome))
        elif result == "rebuilt" and before is not None:
            went = before - len(outcome.text)
            tallies.add(connection, run_id, source, "removed_chars", went)
            tallies.add(connection, run_id, source, "went" if went > 0 else "back", abs(went))
        if result == "new":  # the front page may be taken for one
            revisits.missed(connection, capture)
        if word == "unchanged":
            reason = revisits.seen_elsewhere(connection, capture_id)
    elif isinstance(outcome, Reject):
        withdraw(connection, capture_id)
        revisits.unfit(connection, capture_id, outcome)
        revisits.missed(connection, capture, outcome)
        result, word = f"rejected:{outcome.reason}", str(outcome.reason)
        reason = clean(f"{outcome.reason}: {outcome.detail}" if outcome.detail else word)
    else:
        result = word = "failed"
        faillog.add(connection, outcome, url=capture.url, run_id=run_id, capture_id=capture_id)
    connection.execute("UPDATE captures SET outcome = ? WHERE id = ?", (word, capture_id))
    connection.execute(
        "UPDATE entries SET reason = :reason WHERE capture_id = :id AND reason IS NOT :reason",
        {"reason": reason, "id": capture_id},
    )
    same = result == "unchanged" and before is not None  # it was this very capture, read again
    tallies.add(connection, run_id, source, "same" if same else result)
    return result


def _put(connection: sqlite3.Connection, capture_id: int, capture: Capture, article: Article) -> str:
    place = identity.locate(connection, capture_id, capture, article)
    if place.known is not None and (former := identity.former(connection, capture, article, place)) is not None:
        unite(connection, former, place.known["id"])
        place = identity.locate(connection, capture_id, capture, article)
    withdraw(connection, capture_id, unless=place.known["id"] if place.known else None)
    ledger.ensure_named(connection, article)
    values = columns_of(article)
    values["source_id"] = ensure_source(connection, article.source or capture.source)
    at = stamp(capture.fetched_at)
    if place.known is None:
        article_id = identity.free_id(connection, article, at)
        values |= {"url": place.url, "urlkey": place.urlkey, "capture_id": capture_id, "first_seen_at": at}
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO articles (id, {names}) VALUES (?, {marks})", (article_id, *values.values()))
        ledger.put(connection, article_id, article)
        extractions.put(connection, article_id, article)
        dedupe.place(connection, article_id)
        result = "new"
    else:
        article_id = place.known["id"]
        if place.moved:
            values |= {"url": place.url, "urlkey": place.urlkey}
        result = _update(connection, capture_id, at, article, values, place)
        (rests_on,) = connection.execute("SELECT capture_id FROM articles WHERE id = ?", (article_id,)).fetchone()
        compare = place.moved
        if rests_on == capture_id:
            compare |= ledger.put(connection, article_id, article)
            compare |= any(values[name] != place.known[name] for name in ("digest", "title", "source_id"))
            extractions.put(connection, article_id, article)
        (dedupe.place if compare else dedupe.redate)(connection, article_id)
    own = place.known is None or place.moved
    addresses.put(connection, article_id, capture, place.url, article.source, own=own)
    return result


def _update(
    connection: sqlite3.Connection,
    capture_id: int,
    at: str,
    article: Article,
    values: dict[str, Any],
    place: Place,
) -> str:
    """Bring a known article up to date with its own capture again, an older one or a newer one."""
    known = place.known
    assert known is not None
    words = revise.words_of(values)
    if known["capture_id"] == capture_id:
        return "rebuilt" if _rebuild(connection, known, values) - {"recipe_id"} else "unchanged"
    rewritten = revise.rewrite(connection, known["id"], capture_id, words)
    if rewritten is not None:
        _told_apart(connection, known["id"], rewritten)
        return "rebuilt" if rewritten else "unchanged"
    cuts = [one.text for one in ledger.removals_of(connection, known["id"])], [one.text for one in article.removals]
    same = revise.same(revise.words_of(known), words, *cuts)
    if place.first_of_page and not revise.is_back(connection, known["id"]):
        # nothing changed: what came first was another form; from now on the page itself is what later ones are held to
        since = min(known["first_seen_at"], at)
        _rebuild(connection, known, {**values, "gone_at": None, "capture_id": capture_id, "first_seen_at": since})
        return "unchanged" if same and not place.moved else "moved"
    older = (at, capture_id) < (known["base_at"], known["capture_id"])
    if older and place.beside:
        return _moved_to(connection, known, values, place)
    if not older and (same or not place.same_page or ledger.same_extraction(connection, known, article)):
        address = {key: values[key] for key in ("url", "urlkey") if place.moved}
        return "moved" if "urlkey" in _replace(connection, known, {"gone_at": None, **address}) else "unchanged"
    if later := late.next_sighting(connection, known, capture_id, at):
        moved = _moved_to(connection, known, values, place)
        new = late.insert(connection, known, capture_id, at, words, later)
        for n in sorted(new):
            _tell(connection, known["id"], n)
        return "revised" if new else moved
    is_new = revise.follow(connection, known, capture_id, at, words)
    _replace(connection, known, {**values, "gone_at": None, "capture_id": capture_id})
    changes.put_last(connection, known["id"])
    return "revised" if is_new else "unchanged"


def _moved_to(connection: sqlite3.Connection, known: sqlite3.Row, values: dict[str, Any], place: Place) -> str:
    """Give an article its address, of which only another form was seen before the page itself."""
    if not (place.moved and identity.is_form(known["url"])):
        return "unchanged"
    _replace(connection, known, {key: values[key] for key in ("url", "urlkey")})
    return "moved"


def _rebuild(connection: sqlite3.Connection, known: sqlite3.Row, values: dict[str, Any]) -> set[str]:
    """`_replace` by another reading of the same words: what the last edit changed is told anew."""
    changed = _replace(connection, known, values)
    if changed & {"title", "description", "text", "language"}:
        _told_apart(connection, known["id"], revise.last(connection, known["id"]))
    return changed


def _told_apart(connection: sqlite3.Connection, article_id: int, n: int) -> None:
    """Revision `n` or the text after it was read anew: whether they still differ, and in what."""
    if n:
        revise.merge_equal(connection, article_id, n)
        revise.merge_equal(connection, article_id, n - 1)
        _tell(connection, article_id, n)


def _tell(connection: sqlite3.Connection, article_id: int, n: int | None) -> None:
    """Tell the edits anew on both sides of revision `n`."""
    if n:
        changes.put(connection, article_id, n)
        changes.put(connection, article_id, n - 1)


def _replace(connection: sqlite3.Connection, known: sqlite3.Row, values: dict[str, Any]) -> set[str]:
    """Write the values that differ from the row, and return their columns: equal text costs no new index."""
    changed = {name: value for name, value in values.items() if known[name] != value}
    if changed:
        settings = ", ".join(f"{name} = ?" for name in changed)
        connection.execute(f"UPDATE articles SET {settings} WHERE id = ?", (*changed.values(), known["id"]))
    return set(changed)


def _length(connection: sqlite3.Connection, capture_id: int) -> int | None:
    """Characters of the text that rests on this capture; None where none does yet."""
    row = connection.execute("SELECT length(text) FROM articles WHERE capture_id = ?", (capture_id,)).fetchone()
    return None if row is None else int(row[0])


def _gave_words(connection: sqlite3.Connection, capture_id: int) -> bool:
    row = connection.execute(
        "SELECT 1 FROM articles WHERE capture_id = :id UNION ALL SELECT 1 FROM revisions WHERE capture_id = :id"
        " UNION ALL SELECT 1 FROM returns WHERE capture_id = :id",
        {"id": capture_id},
    ).fetchone()
    return row is not None


def columns_of(article: Article) -> dict[str, Any]:
    """The columns that depend on nothing but the article."""
    text = same_length(article.text)
    digest = article.fingerprint.digest if text == article.text else hashlib.sha256(text.encode()).hexdigest()
    return {
        "title": cleaned(article.title),
        "description": cleaned(article.description),
        "authors": clean_json(article.authors),
        "agency": cleaned(article.agency),
        "credit": cleaned(article.credit),
        "dateline": cleaned(article.dateline),
        "section": cleaned(article.section),
        "tags": clean_json(article.tags),
        "language": cleaned(article.language),
        "published_at": cleaned(article.published_at),
        "published_precision": article.published_precision,
        "published_from": cleaned(article.published_from),
        "text_from": article.text_from,
        "modified_at": cleaned(article.modified_at),
        "paywalled": int(article.paywalled),
        "live": int(article.live),
        "image": cleaned(article.image),
        "captions": clean_json(article.captions),
        "links": clean_json(article.links),
        "word_count": article.word_count,
        "removed_chars": ledger.removed_chars(article),
        "digest": digest,
        "recipe_id": article.recipe,
        "claims": ledger.claims_json(article.claims),
        "text": text,
    }
