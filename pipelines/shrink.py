"""Dictionaries made and followed at the end of a run, and bodies compressed with them that were stored before.

A dictionary is made when it saves more than it weighs, and followed by another when pages have changed so much that
a fresh one is clearly better. What is interrupted here is found and finished by the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from operator import itemgetter
from typing import Any

from pipelines.shared_bytes import Piece, content_of, cut_up, folded
from pipelines.store import dictionaries, payloads
from pipelines.store.dictionaries import Dictionary
from pipelines.store.rows import handfuls
from pipelines.store.writer import Writer

FEWEST = 8  # pages to make a dictionary from
_SAMPLE = 24  # the most
_SAMPLE_BYTES = 3 * 1024**2
_OFTEN = 64  # pages after which a source is looked at; one without a dictionary that has fewer is in every run
_WORSE = 1.15  # times what pages took at first, or would take with a fresh dictionary
_LONGEST_LABEL = 80  # characters of a title that could be taken for a label
_BATCH = 50  # bodies in one transaction


def shrink(writer: Writer, sources: Iterable[str], run_id: int) -> None:
    """Give sources that brought articles the dictionaries they need; compress what was stored without."""
    for source in sources:
        _look_at(writer, source, run_id)
    _repack(writer)


def _look_at(writer: Writer, source: str, run_id: int) -> None:
    total, fresh = writer.ask(lambda connection, one: dictionaries.articles_of(connection, one, run_id), source)
    before = max(total - fresh, 0)
    due = before // _OFTEN != total // _OFTEN
    current = writer.ask(dictionaries.in_use, source)
    if current is None:
        due = due or FEWEST <= total < _OFTEN
    else:
        few = current.pages < _SAMPLE and before.bit_length() != total.bit_length()
        due = few or (due and _has_drifted(writer, current))
    if not due:
        return
    pages = _sample(writer, source)
    if len(pages) < FEWEST:
        return
    pieces = cut_up(pages)
    if _is_worth_it(writer, pages, pieces, current, total):
        found = content_of(pieces, lambda labels: writer.ask(_titles_among(labels), source))
        with writer.transaction() as connection:
            dictionaries.put(connection, source, found, len(pages))


def _has_drifted(writer: Writer, current: Dictionary) -> bool:
    shares = writer.ask(lambda connection, one: dictionaries.density(connection, one, _SAMPLE), current.id)
    return shares is not None and shares[1] > _WORSE * shares[0]


def _sample(writer: Writer, source: str) -> list[bytes]:
    pages: list[bytes] = []
    room = _SAMPLE_BYTES
    for payload_id in writer.ask(lambda connection, one: dictionaries.latest_pages(connection, one, _SAMPLE), source):
        body = writer.ask(payloads.readable, payload_id)
        if body and len(body) <= room:
            pages.append(body)
            room -= len(body)
    return pages


def _is_worth_it(
    writer: Writer, pages: Sequence[bytes], pieces: Sequence[Sequence[Piece]], current: Dictionary | None, total: int
) -> bool:
    """Whether a dictionary from every other page saves on those between: as much as it weighs, in a source of that size
    or in the next pages, and clearly more than the one in use."""
    trial = content_of(pieces[::2])
    others = pages[1::2]
    now = None if current is None else writer.ask(dictionaries.content_of, current.id)
    fresh, used = (_packed_size(others, one) for one in (trial, now))
    to_come = total if current is None else _OFTEN
    return used > _WORSE * fresh and (used - fresh) / len(others) * to_come > len(dictionaries.packed(trial))


def _packed_size(pages: Iterable[bytes], dictionary: bytes | None) -> int:
    packer = payloads.compressor(dictionary)
    return sum(len(packer.compress(page)) for page in pages)


def _titles_among(labels: AbstractSet[str]) -> Callable[[Any, str], frozenset[str]]:
    def asked(connection: Any, source: str) -> frozenset[str]:
        titles = (one for one in dictionaries.titles(connection, source) if len(one) <= _LONGEST_LABEL)
        return frozenset(label for one in titles if (label := folded(one)) in labels)

    return asked


def _repack(writer: Writer) -> None:
    after = (-1, 0)
    while found := writer.ask(dictionaries.unshrunk, after):
        after = found[-1][:2]
        # those of one dictionary together: making it ready costs as much as some bodies
        wanted = sorted({payload_id: one for _, payload_id, one in found}.items(), key=itemgetter(1))
        for some in handfuls(wanted, _BATCH):
            packed = writer.ask(payloads.repacked, some)
            with writer.transaction() as connection:
                for one in packed:
                    payloads.replace(connection, *one)
