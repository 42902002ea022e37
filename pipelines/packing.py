"""An extraction without its text as bytes: what the archive keeps beside text and ledger to strip again later.

Packing is deterministic, and text and bytes together give back exactly what was packed.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from pipelines.marks import Marks
from pipelines.types import Block, Claim, Extraction, Link

_LEVEL = 6
_LENGTHS = struct.Struct("<ii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What reading a capture gave, before anything is cut."""

    extraction: Extraction
    plain: bool  # a text that was never a page
    marks: Marks


def pack(read: Read) -> bytes:
    """All of it but the text."""
    extraction = read.extraction
    facts = {
        "text": _digest(extraction.text),
        "plain": read.plain,
        "language": extraction.language,
        "blocks": [
            [one.start, one.stop, one.tag, one.odds, [[link.start, link.stop, link.url] for link in one.links]]
            for one in extraction.blocks
        ],
        "claims": [[one.field, one.value, one.origin] for one in extraction.claims],
    }
    said = json.dumps(facts, separators=(",", ":")).encode()
    return zlib.compress(_marks(read.marks) + said, _LEVEL)


def unpack(packed: bytes, text: str) -> Read:
    """What was packed. Raises ValueError where `text` is not the text it had."""
    data = zlib.decompress(packed)
    marks, start = _marks_at(data)
    facts: dict[str, Any] = json.loads(data[start:])
    if facts["text"] != _digest(text):
        raise ValueError("the text is not the one that was extracted")
    blocks = tuple(
        Block(start, stop, tag, tuple(Link(*link) for link in links), odds)
        for start, stop, tag, odds, links in facts["blocks"]
    )
    claims = tuple(Claim(*one) for one in facts["claims"])
    extraction = Extraction(text=text, blocks=blocks, claims=claims, language=facts["language"])
    return Read(extraction=extraction, plain=facts["plain"], marks=marks)


def marks_in(packed: bytes) -> Marks:
    """Only the marks."""
    return _marks_at(zlib.decompress(packed))[0]


def _marks(marks: Marks) -> bytes:
    """Two lengths, then the digests; a text that shows what it keeps names them once."""
    shown = () if marks.shown == marks.kept else marks.shown
    return struct.pack(f"<ii{len(shown) + len(marks.kept)}q", len(shown), len(marks.kept), *shown, *marks.kept)


def _marks_at(data: bytes) -> tuple[Marks, int]:
    """The marks at the start of the data, and where they end."""
    shown, kept = _LENGTHS.unpack_from(data)
    digests = struct.unpack_from(f"<{shown + kept}q", data, _LENGTHS.size)
    stop = _LENGTHS.size + struct.calcsize("<q") * len(digests)
    return Marks(digests[:shown] or digests, digests[shown:]), stop


def _digest(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))
