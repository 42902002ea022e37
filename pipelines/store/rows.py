"""Values to columns and back: times, JSON, clean text, and a Capture from its row."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from itertools import islice
from typing import Any, TypeVar

from sqlite_utils.utils import sqlite3

from pipelines.types import Capture, Entry
from pipelines.urls import urlkey

T = TypeVar("T")

#: Terminal escapes, NUL, other controls, and halves of characters that no UTF-8 can hold.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
#: Signs that a JSON text holds such a character, raw or escaped, or a number that no JSON reader takes.
_SUSPECT = re.compile(_UNFIT.pattern + r"|\\u00|\\[bf]|NaN|Infinity")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENTRY = tuple(one.name for one in fields(Entry))


def handfuls(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in order, so many at a time: as many as are read or written at once."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def stamp(moment: datetime) -> str:
    """A time as the archive writes it: UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now() -> str:
    """The present time as the archive writes it."""
    return stamp(datetime.now(UTC))


def version() -> str:
    """The version of Tearsheet, as `runs` names it."""
    try:
        return metadata.version("tearsheet")
    except metadata.PackageNotFoundError:  # run from a checkout that was never installed
        return "unreleased"


def clean(text: str) -> str:
    """Text without control characters and lone surrogates."""
    return _UNFIT.sub("", text)


def cleaned(text: str | None) -> str | None:
    """`clean` for a column that may be NULL."""
    return None if text is None else clean(text)


def same_length(text: str) -> str:
    """Clean text in which each unfit character became U+FFFD, so that offsets into it keep their meaning."""
    return _UNFIT.sub("\ufffd", text)


def clean_json(value: Any) -> str:
    """JSON in which every string is clean; a number that JSON cannot write becomes text."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return to_json(_deep_clean(value)) if _SUSPECT.search(text) else text


def _deep_clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): _deep_clean(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_deep_clean(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def to_json(value: Any) -> str:
    """JSON that keeps every string as it is: readable, with escapes only where UTF-8 has no bytes for it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return json.dumps(value, separators=(",", ":"), default=str) if _SURROGATE.search(text) else text


@lru_cache(maxsize=1024)  # each page asks for the same few, when it is kept and when it is stored
def key_of(url: str) -> str:
    """The urlkey of an address; what is no address is its own key, so that its capture can be kept."""
    try:
        return clean(urlkey(url))
    except ValueError:
        return clean(url).strip()


def keys_of(capture: Capture) -> list[str]:
    """The urlkeys a capture answers to: of the address asked for, then where it ended, then what a feed listed."""
    urls = dict.fromkeys((capture.url, capture.final_url, capture.entry.url if capture.entry else None))
    return list(dict.fromkeys(key_of(url) for url in urls if url))


def entry_to_json(entry: Entry | None) -> str | None:
    """An entry without its empty fields."""
    return None if entry is None else to_json({key: one for key in _ENTRY if (one := getattr(entry, key))})


def entry_from_json(text: str | None) -> Entry | None:
    """The entry that `entry_to_json` wrote."""
    if text is None:
        return None
    values = json.loads(text)
    return Entry(**{**values, **{name: tuple(values.get(name, ())) for name in ("authors", "tags")}})


def capture_from_row(row: sqlite3.Row, body: bytes) -> Capture:
    """A capture as it was kept: a row of `captures` with the body of its payload."""
    return Capture(
        url=row["url"],
        final_url=row["final_url"],
        source=row["source_id"],
        fetched_at=datetime.fromisoformat(row["fetched_at"]),
        status=row["status"],
        headers=tuple((name, value) for name, value in json.loads(row["headers"])),
        request=tuple((name, value) for name, value in json.loads(row["request"] or "[]")),
        wire_digest=row["wire_digest"],
        mime=row["mime"],
        completeness=row["completeness"],
        rendered=bool(row["rendered"]),
        entry=entry_from_json(row["entry"]),
        body=body,
    )
