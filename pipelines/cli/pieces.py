"""Files as pieces: what is read of them on one thread, and what became of each piece on another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pipelines.paging import next_page
from pipelines.readers.files import parts_of
from pipelines.readers.found import Flaw, Found, Page, Part, Skipped
from pipelines.store import imports
from pipelines.store.archive import Archive
from pipelines.types import Capture


class Step(NamedTuple):
    """A piece of a part; without one the part is at its end."""

    part: Part
    found: Found | None
    sound: bool = True  # something in the part could be read, until here
    further: str | None = None  # where the page goes on
    size: int = 0  # bytes of its body
    progress: int = 0  # bytes of the file that were passed


class Kept(NamedTuple):
    """What became of a piece: read (a capture is to be), known, unchanged, forgotten, flaw, passed, queued, later."""

    word: str
    capture_id: int = 0
    capture: Capture | None = None
    what: str = ""
    n: int = 1


@dataclass(slots=True)
class Shelf:
    """Reads files, each from where an earlier import left it."""

    archive: Archive
    limit: int  # bytes of a page
    skipped: list[Skipped] = field(default_factory=list)
    finished: int = 0  # files of many that had been read to their end before

    def steps(self, files: Iterable[tuple[Path, bool]]) -> Iterator[Step | int]:
        """Every piece of every file; of what is passed over, the bytes."""
        for path, named in files:
            before = len(self.skipped), self.finished
            flaw, sound = "is empty", False
            for part in parts_of(path, named, self.limit):
                if isinstance(part, Skipped):
                    self.skipped.append(part)
                    continue
                start = imports.position_of(self.archive.db.conn, part.digest) if part.digest else 0
                if start is None:
                    self.finished += 1
                    yield part.size
                    continue
                for step in self._steps(part, start):
                    sound |= step.sound
                    if step.found and isinstance(step.found.what, Flaw) and flaw == "is empty":
                        flaw = step.found.what.reason.partition(";")[0]
                    yield step
            if not sound and before == (len(self.skipped), self.finished):
                self.skipped.append(Skipped(path, flaw, named))

    def _steps(self, part: Part, start: int) -> Iterator[Step]:
        """The pieces of a part from a position on, and its end."""
        at, sound = start, start > 0
        try:
            for found in part.read(start):
                sound |= not isinstance(found.what, Flaw)
                page = found.what.capture if isinstance(found.what, Page) else None
                passed = max(0, found.position - at)
                yield Step(part, found, sound, goes_on(page) if page else None, len(page.body) if page else 0, passed)
                at = max(at, found.position)
        except OSError as problem:
            reason = f"cannot be read any further ({problem.strerror or problem})"
            self.skipped.append(Skipped(part.path, reason, part.named))
            return
        yield Step(part, None, sound, progress=max(0, part.size - at))


def goes_on(page: Capture) -> str | None:
    """The address of an article's second page, as its first one names it."""
    url = page.final_url or page.url
    if page.status != 200 or b"next" not in page.body or not url.startswith("http"):
        return None
    return next_page(page.body, url, url, 2)
