"""What to fetch next: the newest entries of each source in turn, straight from the archive's own queue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain, zip_longest

from pipelines.live import Run
from pipelines.store.writer import Queued, Writer

_SHORT = timedelta(minutes=1)  # a wait that a crawl sits out rather than ends


class Frontier:
    """Hands out entries so that sources share fairly and none has more than `window` pages on their way.

    Nothing is remembered beyond what is on its way: an entry leaves the archive's queue in the transaction that
    keeps its page, so a killed crawl finds the rest where it was.
    """

    def __init__(self, run: Run, sources: Iterable[str], *, window: int) -> None:
        self._run = run
        self._window = window
        self._away: dict[str, set[int]] = {source: set() for source in sources}
        self._dry: set[str] = set()  # sources with nothing left that may be taken now
        self._soon: dict[str, datetime] = {}  # of these, those that have something again within the minute

    def add(self, source: str) -> None:
        """Serve a further source."""
        self._away.setdefault(source, set())

    def filled(self, source: str) -> None:
        """A source has new entries."""
        self._dry.discard(source)

    def back(self, queued: Queued) -> None:
        """A page has arrived and is dealt with, or never will be."""
        self._away[queued.source].discard(queued.id)

    def waits(self, source: str, until: str) -> None:
        """A host asked to come back with a page of this source (ISO 8601, UTC); a short while is waited for."""
        moment = datetime.fromisoformat(until)
        if moment - datetime.now(UTC) < _SHORT:
            self._soon[source] = min(moment, self._soon.get(source, moment))

    async def rest(self) -> bool:
        """Wait until the next of those times, with nothing else to do; False where there is none."""
        if not self._soon:
            return False
        wait = min(self._soon.values()) - datetime.now(UTC)
        await asyncio.sleep(max(0.0, wait.total_seconds()))
        return True

    def _awake(self) -> None:
        """Look again for sources whose time has come."""
        now = datetime.now(UTC)
        for source in [source for source, moment in self._soon.items() if moment <= now]:
            del self._soon[source]
            self._dry.discard(source)

    async def take(self) -> list[Queued]:
        """The next entries, one of each source in turn; none where nothing waits or all windows are full."""
        self._awake()
        asked = {
            source: tuple(away)
            for source, away in self._away.items()
            if source not in self._dry and 2 * len(away) <= self._window  # by the handful: each look costs the same
        }
        if not asked:
            return []
        # what comes in while the archive is read may be of a source that had nothing a moment ago
        self._dry.update(asked)

        def taken(writer: Writer) -> list[list[Queued]]:
            return [writer.take(source, self._window - len(away), skip=away) for source, away in asked.items()]

        batches = await self._run.write(taken)
        if any(batches):
            self._run.warm_up()
        for (source, away), batch in zip(asked.items(), batches, strict=True):
            self._away[source].update(one.id for one in batch)
            if len(batch) == self._window - len(away):
                self._dry.discard(source)
        return [one for one in chain.from_iterable(zip_longest(*batches)) if one is not None]
