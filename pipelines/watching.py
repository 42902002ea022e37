"""Watches without input and output: what is told of a hit, in which form, and what people hear of it."""

from __future__ import annotations

import hashlib
import hmac
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pipelines.errors import ConfigError

#: Header with which a webhook can tell that it was us: `sha256=` and the HMAC of the body.
SIGNATURE = "X-Tearsheet-Signature"


@dataclass(frozen=True, slots=True)
class Way:
    """What hears of a watch's hits: a `command` as it is typed, or the address of a `webhook`."""

    kind: str
    what: str
    secret: str = ""  # hexadecimal; a webhook's requests are signed with it

    @property
    def shown(self) -> str:
        """It in a few words, without what an address may keep secret."""
        if self.kind == "webhook":
            parts = urlsplit(self.what)
            return f"webhook at {parts.scheme}://{parts.netloc}/…"
        return f"command {self.what}"


def command(typed: str) -> Way:
    """A command to run, split as a shell splits words. Raises ConfigError where it cannot be one."""
    try:
        words = shlex.split(typed)
    except ValueError as problem:
        raise ConfigError(f"--command {typed!r}: {problem}; quote it as for a shell") from None
    if not words:
        raise ConfigError("--command is empty; name a program")
    return Way("command", typed)


def webhook(typed: str, secret: str) -> Way:
    """An address to post to. Raises ConfigError for what is none."""
    try:
        parts = urlsplit(typed)
        fine = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) and typed.isascii()
    except ValueError:
        fine = False
    if not fine or any(char.isspace() for char in typed):
        raise ConfigError(f"--webhook {typed!r}: give an address that begins with https:// or http://")
    if parts.username is not None:
        raise ConfigError("--webhook: leave name and password out of the address; requests are signed instead")
    return Way("webhook", typed, secret)


def hit(watch: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """One hit as it is told: `link` is its page wherever the archive is served."""
    return {
        "watch": watch,
        "id": row["id"],
        "url": row["url"],
        "title": row["title"],
        "source": row["source"],
        "published_at": row["published_at"],
        "seen_at": row["seen_at"],
        "passage": row["passage"],
        "link": f"/-/article/{row['id']}",
    }


def lines(hits: Iterable[Mapping[str, Any]]) -> bytes:
    """Hits as NDJSON."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in hits).encode(errors="replace")


def body(watch: str, query: str, hits: Sequence[Mapping[str, Any]]) -> bytes:
    """What is posted to a webhook."""
    return json.dumps({"watch": watch, "query": query, "hits": list(hits)}, ensure_ascii=False).encode(errors="replace")


def signature(secret: str, posted: bytes) -> str:
    """What stands in the header `SIGNATURE`."""
    return f"sha256={hmac.new(bytes.fromhex(secret), posted, hashlib.sha256).hexdigest()}"


def told(news: Iterable[tuple[str, int, str | None]]) -> list[str]:
    """A line for each watch that came upon something, or that could not tell of it."""
    found = []
    for name, hits, problem in news:
        said = [f"{hits:,} new hit{'' if hits == 1 else 's'}"] if hits else []
        found.append(f"watch {name}: {'; '.join([*said, *([f'{problem}; tried again next time'] if problem else [])])}")
    return found
