"""The bytes of pages: kept once per content, compressed, checked when they are read.

What the pages of a source share is kept once, in its dictionary; their bodies are compressed with it.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

import zstandard
from sqlite_utils.utils import sqlite3

from pipelines.errors import DamagedError
from pipelines.store import dictionaries

#: Measured on 200 news pages of 137 kB: level 3 takes 0.7 ms and leaves 27.7 kB, level 6 2.1 ms and 25.7 kB,
#: level 10 3.0 ms and 25.2 kB. The writer is one thread, so a page's millisecond is worth more than 7 %.
_LEVEL = 3
#: With a dictionary there is less to search: level 6 takes twice the time of level 3 and leaves 7 % less; beyond, time
#: doubles again for 3 %. `python -m bench.storage` prints both.
_LEVEL_WITH = 6
_MOST_READY = 2 * 1024**2  # bytes of dictionaries at hand at once; each takes 25 times its size then

_PORTION = 8 * 1024**2  # bytes of bodies that are compressed again at once
_THREADS = 2  # do that; each makes the dictionary ready for itself

_STORED = "zstd"
_GONE = ("pruned", "forgotten")
_DAMAGED = "damaged"  # as `repair` calls it
#: Condition on a row of `captures`: its body is here.
HAS_BODY = (
    f"EXISTS (SELECT 1 FROM payloads WHERE payloads.id = captures.payload_id AND codec NOT IN {(*_GONE, _DAMAGED)})"
)
_FILLED = ("pruned", _DAMAGED)  # again, when the same bytes come


@dataclass(frozen=True, slots=True)
class Payload:
    """A body ready to be stored: its row if it is there already, else its compressed bytes."""

    digest: str  # sha256 of the body, hex
    size: int  # bytes of the body
    id: int | None = None
    packed: bytes = field(default=b"", repr=False)
    dictionary_id: int | None = None


class Packer:
    """Makes payloads for one connection; compresses only what is not stored yet, outside any transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._plain = compressor()
        self._ready: OrderedDict[str, tuple[zstandard.ZstdCompressor, int]] = OrderedDict()
        self._room = _MOST_READY

    def payload(self, body: bytes, source: str | None = None) -> Payload:
        """The payload of `body`, with the newest dictionary of its source; only the one writer may rely on its `id`."""
        digest = hashlib.sha256(body).hexdigest()
        row = self._connection.execute("SELECT id, codec FROM payloads WHERE digest = ?", (digest,)).fetchone()
        if row is not None and row[1] not in _FILLED:
            return Payload(digest, len(body), id=row[0])
        dictionary_id = dictionaries.newest(self._connection, source)
        try:
            packer = self._plain if dictionary_id is None else self._with(dictionary_id)
        except ValueError:  # bytes first: `verify` will tell of a dictionary that cannot be used
            packer, dictionary_id = self._plain, None
        return Payload(digest, len(body), row and row[0], packer.compress(body), dictionary_id)

    def _with(self, dictionary_id: int) -> zstandard.ZstdCompressor:
        """Made ready once: loading a dictionary takes longer than a page does."""
        digest = dictionaries.digest_of(self._connection, dictionary_id)  # ids of dropped ones come again
        found = self._ready.pop(digest, None)
        if found is None:
            content = dictionaries.unpacked(dictionaries.body_of(self._connection, dictionary_id))
            found = compressor(content), len(content)
            self._room -= len(content)
            while self._ready and self._room < 0:
                self._room += self._ready.popitem(last=False)[1][1]
        self._ready[digest] = found
        return found[0]


def compressor(dictionary: bytes | None = None) -> zstandard.ZstdCompressor:
    """What bodies are compressed with: plain, or with the content of a dictionary."""
    if dictionary is None:
        return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    return zstandard.ZstdCompressor(level=_LEVEL_WITH, dict_data=_as_dictionary(dictionary), write_checksum=True)


def unpacked(packed: bytes, dictionary: bytes | None = None) -> bytes:
    """A body from its compressed bytes and the dictionary as it is stored. Raises ValueError where they are damaged."""
    try:
        size = zstandard.frame_content_size(packed)
        # the size in a damaged frame may be anything: a body is never larger than its frame can hold
        if not 0 <= size <= len(packed) * 50_000:
            raise ValueError("its size is wrong")
        data = None if dictionary is None else _as_dictionary(dictionaries.unpacked(dictionary))
        return zstandard.ZstdDecompressor(dict_data=data).decompress(packed)
    except (zstandard.ZstdError, MemoryError) as problem:
        raise ValueError(str(problem) or "its size is wrong") from None


def _as_dictionary(content: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def put(connection: sqlite3.Connection, payload: Payload) -> int:
    """The payload's row id, inserted where it is new, filled again where its body was pruned or damaged."""
    if payload.id is not None:
        if payload.packed:
            connection.execute(
                f"UPDATE payloads SET codec = '{_STORED}', size = ?, dictionary_id = ?, body = ? WHERE id = ?",
                (payload.size, payload.dictionary_id, payload.packed, payload.id),
            )
        return payload.id
    cursor = connection.execute(
        f"INSERT INTO payloads (digest, codec, size, dictionary_id, body) VALUES (?, '{_STORED}', ?, ?, ?)",
        (payload.digest, payload.size, payload.dictionary_id, payload.packed),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def readable(connection: sqlite3.Connection, payload_id: int) -> bytes | None:
    """The bytes of a payload, None where there are none or they are damaged."""
    try:
        return body_of(connection, payload_id)
    except DamagedError:
        return None


def repacked(connection: sqlite3.Connection, wanted: Iterable[tuple[int, int]]) -> list[tuple[int, int, bytes]]:
    """Bodies by payload and dictionary, compressed again and proven to be the same; those that cannot be are left out.

    What is wanted with one dictionary comes together: making it ready takes as long as some bodies do.
    """
    found: list[tuple[int, int, bytes]] = []
    for dictionary_id, some in groupby(wanted, key=itemgetter(1)):
        content = dictionaries.content_of(connection, dictionary_id)
        if content is None:
            continue
        packer, reader = compressor(content), zstandard.ZstdDecompressor(dict_data=_as_dictionary(content))
        bodies = ((payload_id, readable(connection, payload_id)) for payload_id, _ in some)
        for portion in _portions((payload_id, body) for payload_id, body in bodies if body):
            packed = packer.multi_compress_to_buffer([body for _, body in portion], threads=_THREADS)
            for n, (payload_id, body) in enumerate(portion):
                one = packed[n].tobytes()
                if reader.decompress(one) == body:
                    found.append((payload_id, dictionary_id, one))
    return found


def _portions(bodies: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    """As many bodies at a time as may be held unpacked."""
    portion: list[tuple[int, bytes]] = []
    size = 0
    for payload_id, body in bodies:
        portion.append((payload_id, body))
        size += len(body)
        if size > _PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def replace(connection: sqlite3.Connection, payload_id: int, dictionary_id: int, packed: bytes) -> None:
    """Put other compressed bytes of the same body in the place of plain ones."""
    connection.execute(
        "UPDATE payloads SET dictionary_id = ?, body = ?"
        f" WHERE id = ? AND codec = '{_STORED}' AND dictionary_id IS NULL",
        (dictionary_id, packed, payload_id),
    )


def body_of(connection: sqlite3.Connection, payload_id: int | None) -> bytes | None:
    """The bytes of a payload, None where there is none or it is gone. Raises DamagedError where they are damaged."""
    row = connection.execute(
        "SELECT digest, codec, size, dictionary_id, body FROM payloads WHERE id = ?", (payload_id,)
    ).fetchone()
    if row is None:
        return None
    digest, codec, size, dictionary_id, packed = row
    if codec in _GONE:
        return None
    try:
        if codec == _DAMAGED:
            raise ValueError("`tearsheet repair` found it so")
        if codec != _STORED:
            raise ValueError(f"codec {codec!r} is unknown to this version")
        dictionary = None if dictionary_id is None else dictionaries.body_of(connection, dictionary_id)
        if zstandard.frame_content_size(packed) != size:
            raise ValueError("its size is wrong")
        body = unpacked(packed, dictionary)
        if hashlib.sha256(body).hexdigest() != digest:
            raise ValueError("its bytes are not those that came")
    except (ValueError, zstandard.ZstdError) as problem:
        raise DamagedError(
            f"payload {payload_id} is damaged ({problem}); restore a copy, or have it fetched again: `tearsheet repair`"
        ) from None
    return body
