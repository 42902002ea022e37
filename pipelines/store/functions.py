"""SQL functions for whoever questions an archive: in sqlite-utils, in Datasette, in `tearsheet sql`.

unpack(body), unpack(body, dictionary)   the bytes of a payload; NULL where they are gone
diff_words(before, after)                the later text with [-words that went-]{+words that came+}
diff_html(before, after)                 the same as HTML, escaped, with <del> and <ins>
restore(text, removals)                  the text before its cuts; removals as a JSON array of {start, text}
surt(url)                                the key of an address, as in the columns `urlkey`
urlkeys(address)                         a JSON array of the keys that an address as people paste it may have
origin(address)                          `https://host` of an address, as in `hosts.host`
robots_allow(robots, address)            1 or 0: whether a robots.txt lets us fetch an address
sha256(text)                             hexadecimal, as in the columns `digest`
quotes(text, person, language)           a JSON array of {speech, sentence}: where a text quotes a person

NULL gives NULL. What cannot be done is an SQL error; SQLite does not let a function say which, so `tell` is told.
None of them is used in the schema: an archive is read and written by any SQLite.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import zstandard
from protego import Protego
from sqlite_utils import hookimpl
from sqlite_utils.utils import sqlite3

from pipelines.diffs import diff_html, diff_words
from pipelines.quotes import quotes
from pipelines.store.payloads import unpacked
from pipelines.store.rows import key_of
from pipelines.types import Removal
from pipelines.types import restore as put_back
from pipelines.urls import host_of, plain_form

_LARGEST = 64 * 1024**2  # bytes that one call takes or gives
_LONGEST = 4 * 1024**2  # characters of the two texts of a diff
_TAKE_NULL = ("unpack", "quotes")  # after the first argument
_ROBOT = "Tearsheet"

Tell = Callable[[str], object]


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """For sqlite-utils, which prints its own error after ours."""
    register(conn, lambda said: print(said, file=sys.stderr))


def register(connection: sqlite3.Connection, tell: Tell = lambda _: None) -> None:
    """Make the functions known to a connection; `tell` hears why a call was refused, in a line."""
    for name, arguments, function in (
        ("unpack", 1, unpack),
        ("unpack", 2, unpack),
        ("diff_words", 2, _bounded(diff_words)),
        ("diff_html", 2, _bounded(diff_html)),
        ("restore", 2, restore),
        ("surt", 1, surt),
        ("urlkeys", 1, urlkeys),
        ("origin", 1, origin),
        ("robots_allow", 2, robots_allow),
        ("sha256", 1, sha256),
        ("quotes", 3, quoted),
    ):
        connection.create_function(name, arguments, _told(name, function, tell), deterministic=True)


def _told(name: str, function: Callable[..., Any], tell: Tell) -> Callable[..., Any]:
    """The function, NULL for NULL, with its refusals told."""

    def called(first: Any, *others: Any) -> Any:
        if first is None or (None in others and name not in _TAKE_NULL):
            return None
        try:
            return function(first, *others)
        except (ValueError, OverflowError) as problem:
            tell(f"{name}(): {problem}")
            raise

    return called


def unpack(body: Any, dictionary: Any = None) -> bytes | None:
    """The bytes of a page from `payloads.body` and, where it has one, `dictionaries.body`; None where they are gone.

    Raises ValueError for what is no such thing, OverflowError where they are too many.
    """
    if not isinstance(body, bytes) or not isinstance(dictionary, bytes | None):
        raise ValueError("takes payloads.body and, where dictionary_id is set, dictionaries.body")
    if not body:
        return None
    try:
        size = zstandard.frame_content_size(body)
    except zstandard.ZstdError:
        raise ValueError("these bytes are no compressed page; give it payloads.body") from None
    if size > _LARGEST:
        raise OverflowError(f"a page of {size:,} bytes is more than the {_LARGEST:,} that fit")
    try:
        return unpacked(body, dictionary)
    except ValueError as problem:
        missing = "" if dictionary else "; where dictionary_id is set, it takes dictionaries.body too"
        raise ValueError(f"the page cannot be unpacked ({problem}){missing}") from None


def _bounded(function: Callable[[str, str], str]) -> Callable[[Any, Any], str]:
    def bounded(before: Any, after: Any) -> str:
        if not isinstance(before, str) or not isinstance(after, str):
            raise ValueError("takes two texts")
        if len(before) + len(after) > _LONGEST:
            raise OverflowError(f"the texts have more than {_LONGEST:,} characters")
        return function(before, after)

    return bounded


def restore(text: Any, removals: Any) -> str:
    """The text before any cut, from the clean one and a JSON array of cuts: {"start", "text"} or [start, text].

    Raises ValueError where the cuts are not those of this text.
    """
    try:
        cuts = sorted(_cut(one) for one in json.loads(removals))
    except (TypeError, KeyError, ValueError, RecursionError):
        raise ValueError("the cuts are no JSON array of {start, text}") from None
    if not isinstance(text, str):
        raise ValueError("takes a text and its cuts")
    end, length = 0, len(text)
    for start, cut in cuts:
        length += len(cut)
        if start < end or start + len(cut) > length:
            raise ValueError("these are not the cuts of this text")
        end = start + len(cut)
    if length > _LARGEST:
        raise OverflowError(f"the text has more than {_LARGEST:,} characters")
    return put_back(
        text, tuple(Removal(start=start, stop=start + len(cut), zone="", rule="", text=cut) for start, cut in cuts)
    )


def _cut(given: Any) -> tuple[int, str]:
    start, text = (given["start"], given["text"]) if isinstance(given, dict) else (given[0], given[-1])
    if type(start) is not int or start < 0 or not isinstance(text, str):
        raise ValueError(given)
    return start, text


def surt(url: Any) -> str:
    """The key of an address; what is no address is its own. Raises ValueError for what is no text."""
    if not isinstance(url, str):
        raise ValueError("takes an address")
    return key_of(url)


def urlkeys(address: Any) -> str:
    """The keys of an address and of the page it is another form of, as JSON; it may lack its scheme."""
    url = _with_scheme(address)
    return json.dumps(list(dict.fromkeys(key_of(one) for one in (url, plain_form(url)[1]))), ensure_ascii=False)


def origin(address: Any) -> str | None:
    """Scheme and host of an address, with a port that is not the usual one; None where it is no web address."""
    url = _with_scheme(address)
    host = host_of(url)
    return f"{urlsplit(url).scheme.lower()}://{host}" if host else None


def robots_allow(robots: Any, address: Any) -> int:
    """Whether a robots.txt, as bytes, lets a crawler of ours fetch an address."""
    if not isinstance(robots, bytes):
        raise ValueError("takes hosts.robots and an address")
    return int(Protego.parse(robots.decode("utf-8-sig", "replace")).can_fetch(_with_scheme(address), _ROBOT))


def sha256(text: Any) -> str:
    """The digest of a text or of bytes."""
    if not isinstance(text, str | bytes):
        raise ValueError("takes a text")
    return hashlib.sha256(text.encode(errors="surrogatepass") if isinstance(text, str) else text).hexdigest()


def quoted(text: Any, person: Any, language: Any) -> str:
    """The sentences in which a person is quoted, as JSON; `language` may be NULL."""
    if not isinstance(text, str) or not isinstance(person, str) or not isinstance(language, str | None):
        raise ValueError("takes a text, a name and a language")
    return json.dumps([one._asdict() for one in quotes(text, person, language)], ensure_ascii=False)


def _with_scheme(address: Any) -> str:
    if not isinstance(address, str):
        raise ValueError("takes an address")
    address = address.strip()
    return address if re.match(r"urn:|[a-zA-Z][a-zA-Z0-9+.-]*://", address) else f"https://{address.lstrip('/')}"
