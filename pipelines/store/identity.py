"""Which article a capture belongs to, and the number a new one gets.

The address that a page calls canonical decides, if the archive's own knowledge does not speak against it: a
canonical address that leads to another story is not believed (some sites name their front page on every page),
and a page that moved is found again by the addresses it was seen at, or by the number in them (`moved.py`). An AMP,
mobile or print form of a known page, and one whose address differs only in letter case, in the folders before its last
part or in a parameter that tells nothing apart, are that page if their words agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlite_utils.utils import sqlite3

from pipelines.store import addresses, moved, parameters
from pipelines.store.moved import TIMED
from pipelines.store.rows import clean, cleaned, key_of, keys_of, stamp
from pipelines.types import Article, Capture
from pipelines.urls import plain_form

_COUNTER_BITS = 20
_STORIES = 8  # at one address, that are looked at
_KNOWN = (
    "SELECT articles.*, captures.fetched_at AS base_at, captures.urlkey AS base_key, captures.url AS base_url"
    " FROM articles JOIN captures ON captures.id = articles.capture_id WHERE "
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article goes: its address, and the row that is there already."""

    url: str
    urlkey: str
    known: sqlite3.Row | None = None
    moved: bool = False  # the known article has this address for the first time
    same_page: bool = True  # the known text came from this address or from the canonical one, so the two compare
    #: the capture shows an AMP, print or mobile form, or where the page was before: never the text of record where the
    #: page itself is held
    beside: bool = False

    @property
    def first_of_page(self) -> bool:
        """Whether the known text came from another form only, and this is the page itself."""
        return self.known is not None and not self.beside and self.same_page and is_form(self.known["base_url"])


def locate(connection: sqlite3.Connection, capture_id: int, capture: Capture, article: Article) -> Place:
    """The place of what `capture` was read as."""
    url, key = clean(article.url), clean(article.urlkey)
    own = parameters.add_keys(connection, article.source, keys_of(capture))
    known = _one(connection, "articles.urlkey = ?", key)
    if key not in own and _names_another(connection, capture_id, article, key):
        if known is not None:
            _give_back(connection, known, own)
        url = clean(capture.final_url or capture.url)
        key = key_of(url)
        known = _one(connection, "articles.urlkey = ?", key)
    if known is not None:
        same_page = key in own or known["base_key"] in own
        return Place(url, key, known, same_page=same_page, beside=is_form(capture.url))
    known = _one(connection, "articles.capture_id = ?", capture_id)
    if known is not None:
        return Place(url, key, known, moved=True)
    known = _gave(connection, capture_id, key) or _seen_at(connection, capture, article, url, [key, *own])
    if known is not None:
        return _other_address(connection, capture_id, capture, known, url, key, own)
    if (place := _other_form(connection, article, url, key)) is not None:
        return place
    known = _numbered(connection, article, url, key)
    return _other_address(connection, capture_id, capture, known, url, key, own) if known else Place(url, key)


def _names_another(connection: sqlite3.Connection, capture_id: int, article: Article, key: str) -> bool:
    """Whether an address that a page calls canonical is known for other stories, and for none that agrees with it."""
    seen = connection.execute("SELECT article_id FROM addresses WHERE urlkey = ? LIMIT ?", (key, _STORIES)).fetchall()
    stories = [_one(connection, "articles.id = ?", article_id) for (article_id,) in seen]
    return bool(stories) and not any(
        one["capture_id"] == capture_id or _agreement(one, article) for one in stories if one is not None
    )


def _give_back(connection: sqlite3.Connection, known: sqlite3.Row, own: list[str]) -> None:
    """Give an article the address it was read at, where another story calls canonical what its page does.

    The other stays among its addresses, so that it is believed of no later page.
    """
    row = connection.execute(
        "SELECT coalesce(final_url, url) AS url FROM captures WHERE id = ? AND NOT EXISTS (SELECT 1 FROM captures"
        " WHERE urlkey = ? AND feed_id IS NULL AND outcome IN ('article', 'unchanged'))",
        (known["capture_id"], known["urlkey"]),
    ).fetchone()
    if row is None or known["base_key"] in own or is_form(row["url"]):
        return
    key = key_of(row["url"])
    if _one(connection, "articles.urlkey = ?", key) is None:
        connection.execute("UPDATE articles SET url = ?, urlkey = ? WHERE id = ?", (row["url"], key, known["id"]))
        addresses.name_own(connection, known["id"], row["url"])


def former(connection: sqlite3.Connection, capture: Capture, article: Article, place: Place) -> int | None:
    """The article at the address asked for, where that has become the one that it leads to; None: there is none."""
    asked = parameters.add_keys(connection, article.source, [key_of(capture.url)])[-1]
    if place.known is None or place.beside or asked == place.urlkey:
        return None
    known = _one(connection, "articles.urlkey = ?", asked)
    if known is None or known["id"] == place.known["id"] or is_form(known["url"]):
        return None
    same = moved.may_be(connection, known, article, place.url, place.urlkey) and all(
        moved.same_story(connection, one, article) for one in (known, place.known)
    )
    return int(known["id"]) if same else None


def is_form(url: str) -> bool:
    """Whether an address is that of an AMP, print or mobile form."""
    return plain_form(url)[0] in ("amp", "print", "mobile")


def free_id(connection: sqlite3.Connection, article: Article, seen_at: str) -> int:
    """An id that grows with time: seconds of publication, or of the first capture where no day is known, × 2^20.

    Nothing is published after it was seen, so a time that lies in the future gives way to the capture's.
    """
    moment = _seconds(seen_at) or 0
    if article.published_precision in ("day", *TIMED):
        published = _seconds(article.published_at)
        moment = moment if published is None else min(moment, published)
    start = max(0, moment) << _COUNTER_BITS
    (last,) = connection.execute(
        "SELECT max(id) FROM articles WHERE id >= ? AND id < ?", (start, start + (1 << _COUNTER_BITS))
    ).fetchone()
    return start if last is None else int(last) + 1


def _one(connection: sqlite3.Connection, where: str, value: object) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(_KNOWN + where, (value,)).fetchone()
    return row


def _gave(connection: sqlite3.Connection, capture_id: int, key: str) -> sqlite3.Row | None:
    """The article that has an earlier text from this capture, and this address among its own."""
    row = connection.execute(
        "SELECT article_id FROM (SELECT article_id FROM revisions WHERE capture_id = :id"
        " UNION SELECT article_id FROM returns WHERE capture_id = :id) JOIN addresses USING (article_id)"
        " WHERE urlkey = :key",
        {"id": capture_id, "key": key},
    ).fetchone()
    return _one(connection, "articles.id = ?", row["article_id"]) if row else None


def _seen_at(
    connection: sqlite3.Connection, capture: Capture, article: Article, url: str, keys: list[str]
) -> sqlite3.Row | None:
    """The article that was seen at one of these addresses and is the same story beyond doubt.

    An address alone proves little: /today redirects to another story every day. One that shows a page of its own, or
    did, says more: an edited text is still the same story there.
    """
    for key in dict.fromkeys(keys):
        for (article_id,) in connection.execute("SELECT article_id FROM addresses WHERE urlkey = ?", (key,)).fetchall():
            known = _one(connection, "articles.id = ?", article_id)
            if known is not None and (
                _agreement(known, article) > 1
                or (
                    _shows_a_page(connection, capture, key)
                    and moved.may_be(connection, known, article, url, keys[0])
                    and moved.same_story(connection, known, article)
                )
            ):
                return known
    return None


def _shows_a_page(connection: sqlite3.Connection, capture: Capture, key: str) -> bool:
    """Whether an address shows or showed an article itself, and did not only lead to one."""
    if key == key_of(capture.final_url or capture.url):
        return True
    row = connection.execute(
        "SELECT 1 FROM captures WHERE urlkey = ? AND final_url IS NULL AND outcome IN ('article', 'unchanged') LIMIT 1",
        (key,),
    ).fetchone()
    return row is not None


def _numbered(connection: sqlite3.Connection, article: Article, url: str, key: str) -> sqlite3.Row | None:
    """The article that has the same number in its address and much the same text."""
    for article_id in moved.numbered(connection, article, key):
        known = _one(connection, "articles.id = ?", article_id)
        # the days of a live blog have much in common
        if known is None or ((known["live"] or article.live) and not moved.same_moment(known, article)):
            continue
        if moved.may_be(connection, known, article, url, key) and moved.same_story(connection, known, article):
            return known
    return None


def _other_address(
    connection: sqlite3.Connection,
    capture_id: int,
    capture: Capture,
    known: sqlite3.Row,
    url: str,
    key: str,
    own: list[str],
) -> Place:
    """The place of a page that shows a known article at an address which is not the one the article has."""
    at = stamp(capture.fetched_at)
    newer = (at, capture_id) > (known["base_at"], known["capture_id"])
    first = not connection.execute(
        "SELECT 1 FROM addresses WHERE urlkey = ? AND article_id = ?", (key, known["id"])
    ).fetchone()
    leads = {known["urlkey"], key} <= {*own}  # its own address does, to this one
    now = (first or leads or known["gone_at"] is not None) if newer else first and is_form(known["url"])
    same_page = now or known["base_key"] in own
    since = connection.execute(
        "SELECT 1 FROM captures WHERE urlkey = ? AND fetched_at <= ? LIMIT 1", (known["urlkey"], at)
    ).fetchone()
    return Place(url, key, known, moved=now, same_page=same_page, beside=not newer and not same_page and bool(since))


def _other_form(connection: sqlite3.Connection, article: Article, url: str, key: str) -> Place | None:
    """The place of a page that is held under another form or spelling of its address, or other idle parameters."""
    kind, plain = plain_form(url)
    if kind is not None:
        known = _one(connection, "articles.urlkey = ?", key_of(plain))
        if known is not None and _agreement(known, article):
            return Place(url, key, known, same_page=False, beside=True)
    for known in _same_words(connection, article):
        other_kind, other_plain = plain_form(known["url"])
        if moved.is_respelled(key_of(plain), key_of(other_plain)):
            return Place(url, key, known, same_page=False)
        names = parameters.apart(key_of(plain), key_of(other_plain))
        if names is not None and not (names and parameters.tell(connection, key, names)):
            plainer = other_kind is not None and kind is None
            return Place(url, key, known, moved=plainer, same_page=plainer)
    return None


def _same_words(connection: sqlite3.Connection, article: Article) -> list[sqlite3.Row]:
    """The source's articles with the same text under the same headline."""
    return connection.execute(
        _KNOWN + "articles.digest = ? AND articles.source_id IS ? AND articles.title = ? LIMIT 20",
        (article.fingerprint.digest, article.source, cleaned(article.title)),
    ).fetchall()


def _agreement(known: sqlite3.Row, article: Article) -> int:
    """How much says that both are one story: the same words 2, the same headline 1, the same minute 1."""
    if known["digest"] == article.fingerprint.digest:
        return 2
    same_title = known["title"] is not None and known["title"] == article.title
    return int(same_title) + int(moved.same_moment(known, article))


def _seconds(time: str | None) -> int | None:
    if time is None:
        return None
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
