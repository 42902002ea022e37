"""What the beginning of a file, or its name, says of its kind."""

from __future__ import annotations

import re
from mimetypes import MimeTypes

HTML = {".html", ".htm", ".xhtml"}
TEXT = {".txt", ".text", ".md"}
ROWS = {".json", ".jsonl", ".ndjson"}
#: Kinds that the standard library does not know, and that read like text.
_DATA = {".jsonl", ".ndjson", ".toml", ".yaml", ".yml", ".ini", ".cfg", ".sql", ".log", ".lock", ".rss", ".atom"}
#: What programs that save pages leave beside them, by name or ending.
_BESIDE = {"robots.txt": "is for robots", **dict.fromkeys((".cdx", ".cdxj", ".idx"), "is an index of web archives")}
_TYPES = MimeTypes()  # its own table only: what a machine has in /etc must not decide
_MARKUP_OR_DATA = re.compile(rb"\s*(?:<\?xml|[{\[])")
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_CONTROLS = bytes({*range(32), 127} - {9, 10, 12, 13, 27})  # ESC stands in Japanese texts
_SNIFFED = 64 * 1024


def foreign(name: str, ending: str) -> str | None:
    """Why a file of this name is none to read, going by the kind its name says."""
    if reason := _BESIDE.get(name) or _BESIDE.get(ending):
        return reason
    if ending in HTML | TEXT:
        return None
    kind, packing = _TYPES.guess_type(name)
    if packing:
        return f"is packed ({packing}); unpack it first"
    if ending in _DATA or (kind and kind not in ("text/plain", "text/html", "application/xhtml+xml")):
        return f"is {kind or ending}, neither text nor a web page"
    return None


def is_data(head: bytes) -> bool:
    """Whether bytes begin like data rather than text."""
    return bool(_MARKUP_OR_DATA.match(head))


def is_binary(body: bytes) -> bool:
    """Whether bytes are no text in any encoding in use."""
    head = body[:_SNIFFED]
    if head.startswith(_BOMS):
        return False
    if b"\0" in head:
        nulls = max(head[0::2].count(0), head[1::2].count(0))  # UTF-16 has them in every other place
        return nulls < len(head) // 3
    return len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 100


def megabytes(size: int) -> str:
    """A size as people read it."""
    return f"{size / 1024**2:.1f} MB"
