"""What a web archive's index (CDX server) lists: answers of wayback and pywb servers, as JSON, CDXJ or plain CDX."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

#: The columns of a line without names, by their number.
_PLAIN = {
    7: ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"),
    6: ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest"),
    9: ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "", "", ""),
    11: ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "", "", "", "", ""),
}
_NAMES = {"url": "original", "mime": "mimetype", "status": "statuscode"}
_REPLAYED = re.compile(r"/(\d{14})(?:[a-z]{2}_)?/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """A page as a web archive holds it."""

    url: str  # as it was when it was captured
    at: datetime  # UTC
    status: int | None = None
    mime: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of an index: its lines, how to ask for the next ones, and which names the server gives its columns."""

    mementos: tuple[Memento, ...]
    resume: str | None = None
    wayback: bool = True  # statuscode and mimetype, as wayback servers say; pywb says status and mime


def read_cdx(body: bytes) -> Answer:
    """What an index answered; lines that are none are skipped."""
    text = body.decode("utf-8", errors="replace").strip()
    rows: list[dict[str, Any]] = []
    resume: str | None = None
    if text.startswith("["):
        table = [one for one in _json(text) or () if isinstance(one, list)]
        if len(table) > 2 and table[-2] == [] and len(table[-1]) == 1:
            resume = str(table[-1][0])
            table = table[:-2]
        names = [str(one) for one in table[0]] if table else []
        rows = [dict(zip(names, one, strict=False)) for one in table[1:]]
    else:
        lines = text.splitlines()
        if len(lines) > 2 and not lines[-2].strip() and " " not in lines[-1].strip():
            resume = lines[-1].strip()
        rows = [row for line in lines if (row := _row(line))]
    wayback = not any("status" in row or "mime" in row for row in rows)
    return Answer(mementos=tuple(_mementos(rows)), resume=resume, wayback=wayback)


def _row(line: str) -> dict[str, Any] | None:
    """One line: an object, a CDXJ line, or columns."""
    before, mark, _ = line.partition("{")
    if mark:
        said = _json(line[len(before) :])
        if not isinstance(said, dict):
            return None
        parts = before.split()
        return {**said, "timestamp": said.get("timestamp") or (parts[1] if len(parts) > 1 else "")}
    parts = line.split(" ")
    return dict(zip(_PLAIN[len(parts)], parts, strict=True)) if len(parts) in _PLAIN else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _mementos(rows: Iterable[dict[str, Any]]) -> Iterator[Memento]:
    for row in rows:
        said = {_NAMES.get(name, name): str(value) for name, value in row.items()}
        at = moment(said.get("timestamp", ""))
        url = said.get("original", "")
        if at is None or not url.startswith(("http://", "https://")):
            continue
        status = said.get("statuscode", "")
        yield Memento(
            url=_without_port(url),
            at=at,
            status=int(status) if status.isdigit() else None,
            mime=said.get("mimetype", ""),
            digest=said.get("digest", ""),
        )


def moment(stamp: str) -> datetime | None:
    """The time that a 14-digit timestamp names."""
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def replayed_at(url: str) -> datetime | None:
    """The time of the capture that a replay address leads to."""
    match = _REPLAYED.search(url)
    return moment(match[1]) if match else None


def _without_port(url: str) -> str:
    """Old captures name the default port: http://example.org:80/."""
    return re.sub(r"^(http://[^/:]+):80(?=/|$)|^(https://[^/:]+):443(?=/|$)", r"\1\2", url)


def query_for(homepage: str) -> dict[str, str]:
    """The part of a query that names an outlet: its domain, or what stands below its homepage's path."""
    parts = urlsplit(homepage)
    host = parts.netloc.removeprefix("www.")
    if parts.path.strip("/"):
        return {"url": f"{host}{parts.path}", "matchType": "prefix"}
    return {"url": host, "matchType": "domain"}


def replay_prefix(cdx: str) -> str:
    """Where pages are replayed, going by the index's address: /web/ beside wayback's, the collection above pywb's."""
    root, _, _ = cdx.partition("?")
    if match := re.match(r"(https?://[^/]+)/cdx/search(?:/cdx)?/?$", root):
        return f"{match[1]}/web/"
    return re.sub(r"[-/](?:cdx|index)/?$", "", root).rstrip("/") + "/"
