"""What an import settles once all files are read: see `store/loose.py` for what waits until then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pipelines.cli.pieces import Kept
from pipelines.cli.work import Work
from pipelines.paging import next_page
from pipelines.readers.found import Page
from pipelines.store import imports, loose
from pipelines.store.loose import Loose
from pipelines.store.rows import handfuls
from pipelines.store.writer import Writer
from pipelines.types import Capture

_AT_ONCE = 50  # in one transaction
_MOST_PAGES = 20  # of one article

#: Keeps a page within a transaction of the writer.
Keep = Callable[[Writer, Any, Page], Kept]
#: Settles a loose end; None: not yet.
Settle = Callable[[Any, Loose], Kept | None]


class LooseEnds:
    """Settles what waits; `keep` keeps a page, `count` hears what became of each."""

    def __init__(self, work: Work, keep: Keep, count: Callable[[Kept], object]) -> None:
        self._work = work
        self._keep = keep
        self._count = count

    def settle(self) -> Iterator[list[tuple[int, Capture]]]:
        """Captures that are to be processed, some at a time; one thing may settle another. On the writing thread."""
        ways: tuple[tuple[str, Settle], ...] = (
            (loose.AGAIN, self._again),
            (loose.MOVED, self._moved),
            (loose.FURTHER, self._further),
        )
        for kind, settle in ways:
            left, before = loose.waiting(self._work.writer.db.conn, kind), 0
            while left and len(left) != before:
                before, still = len(left), list[int]()
                for numbers in handfuls(left, _AT_ONCE):
                    kept = self._some(numbers, settle, still)
                    yield [(one.capture_id, self._capture(one)) for one in kept if one.word == "read"]
                left = still
            for numbers in handfuls(left, _AT_ONCE):
                self._some(numbers, self._hopeless, [])

    def _some(self, numbers: list[int], settle: Settle, still: list[int]) -> list[Kept]:
        done: list[Kept] = []
        with self._work.writer.transaction() as connection:
            for number in numbers:
                kept = settle(connection, loose.get(connection, number))
                if kept is None:
                    still.append(number)
                else:
                    done.append(kept)
        for one in done:
            self._count(one)
        return done

    def _capture(self, kept: Kept) -> Capture:
        return kept.capture or self._work.archive.capture(kept.capture_id)

    def _again(self, connection: Any, end: Loose) -> Kept | None:
        """A page that repeats one which came after it."""
        capture = imports.as_before(connection, end.capture, **end.values["whose"])
        return self._kept(connection, end, capture)

    def _moved(self, connection: Any, end: Loose) -> Kept | None:
        """An address that led on."""
        return self._kept(connection, end, loose.led_to(connection, end.capture))

    def _kept(self, connection: Any, end: Loose, capture: Capture | None) -> Kept | None:
        if capture is None:
            return None
        loose.drop(connection, end)
        return self._keep(self._work.writer, connection, Page(capture))

    def _further(self, connection: Any, end: Loose) -> Kept | None:
        """The first page of an article over several."""
        first = end.values["capture_id"]
        start = here = end.values["start"]
        url: str | None = end.values["url"]
        pages: list[int] = []
        seen = {start}
        while url and url not in seen and len(pages) + 1 < _MOST_PAGES:
            found = loose.page_at(connection, first, url)
            if found is None:
                break
            seen.add(url)
            pages.append(found[0])
            here = found[1].final_url or found[1].url
            url = next_page(found[1].body, start, here, len(pages) + 2)
        if not loose.join(connection, first, pages):
            return None
        loose.drop(connection, end)
        return Kept("read", first)

    def _hopeless(self, connection: Any, end: Loose) -> Kept:
        """Nothing settles it: a page without its body is told, the others are what they were."""
        if "whose" not in end.values:
            loose.drop(connection, end)
            return Kept("passed", what="redirect") if "capture" in end.values else Kept("alone")
        reason = f"of {end.values['whose']['url']}: what it repeats is not in the archive"
        loose.tell(connection, end, reason)
        name, _, byte = end.place.rpartition("#")
        return Kept("flaw", what=f"{name}: byte {byte}: {reason}")
