"""Stored pages through the workers once more: in order, resumable, with an account of what becomes different."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from pipelines.engines.local import LocalPool
from pipelines.reprocess import Account, from_json, to_json
from pipelines.restrip import outcomes
from pipelines.store.archive import Archive
from pipelines.store.articles import columns_of
from pipelines.store.faults import explained
from pipelines.store.readings import Progress, standing
from pipelines.store.rows import handfuls
from pipelines.types import Article, Capture, Outcome, Readable

_BATCH = 50  # pages in one transaction
_WINDOW = 500  # outcomes that wait for one before them; then it comes late

R = TypeVar("R", bound=Readable)
Read = tuple[int, Capture, Outcome]


class _InOrder(Generic[R]):
    """Outcomes in the order of their captures, so that versions are stored as they came; `position` is what is done."""

    def __init__(self, wanted: Iterable[tuple[int, R]], position: int) -> None:
        self._wanted = wanted
        self._open: deque[int] = deque()
        self._ready: dict[int, Read] = {}
        self._late: set[int] = set()
        self._last = position

    def watched(self) -> Iterator[tuple[int, R]]:
        """The captures, noted as they are handed out."""
        for capture_id, given in self._wanted:
            self._open.append(capture_id)
            yield capture_id, given

    def sorted(self, found: Iterable[Read]) -> Iterator[Read]:
        """Their outcomes in order, but for those that take too long."""
        for one in found:
            if one[0] in self._late:
                self._late.remove(one[0])
                yield one
                continue
            self._ready[one[0]] = one
            while self._open and (self._open[0] in self._ready or len(self._ready) > _WINDOW):
                capture_id = self._open.popleft()
                self._last = capture_id
                if capture_id in self._ready:
                    yield self._ready.pop(capture_id)
                else:
                    self._late.add(capture_id)

    @property
    def position(self) -> int:
        """Every capture up to this one is done."""
        return min((self._last, *(one - 1 for one in self._late)))


def reread(
    archive: Archive,
    pool: LocalPool,
    wanted: Iterable[tuple[int, Readable]],
    progress: Progress,
    store: Callable[[list[Read]], object],
    done: Callable[[Progress, int], object],
) -> dict[str | None, Account]:
    """Read again what is wanted and hand it to `store`, many at a time; `done` hears how far it got.

    Returns what became different, by source.
    """
    accounts: defaultdict[str | None, Account] = defaultdict(Account, from_json(progress.accounts))
    ordered = _InOrder(wanted, progress.position)
    for batch in handfuls(ordered.sorted(outcomes(pool, archive, ordered.watched())), _BATCH):
        with explained(archive.path):
            before = [standing(archive.db.conn, capture_id) for capture_id, _, _ in batch]
        store(batch)
        for held, (_, capture, outcome) in zip(before, batch, strict=True):
            values = columns_of(outcome) if isinstance(outcome, Article) else None
            accounts[capture.source].add(held, outcome, values)
        progress = replace(
            progress, position=ordered.position, read=progress.read + len(batch), accounts=to_json(accounts)
        )
        done(progress, len(batch))
    return dict(accounts)
