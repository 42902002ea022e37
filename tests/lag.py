"""How long the event loop of a crawl was held up, measured from within: an extension for Scrapy.

project.crawl("news", *probed("lag.json"))
lag(project.folder / "lag.json")        # → Lag
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler

from crawler import settings

_TICK = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class Lag:
    """The worst of a crawl. `own` counts a late tick only as far as the process itself was busy meanwhile, so that
    other programs on the machine make no difference."""

    wall: float  # seconds
    own: float  # seconds
    ticks: int
    resident: int  # bytes at most


class Probe:
    """Ticks fifty times a second, and writes down how late a tick ever was."""

    def __init__(self, crawler: Crawler) -> None:
        self._file = Path(crawler.settings["PROBE"])
        self._wall = self._own = 0.0
        self._ticks = 0
        self._task: asyncio.Task[None] | None = None
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def opened(self) -> None:
        """Begin."""
        self._task = asyncio.ensure_future(self._tick())

    def closed(self) -> None:
        """Write the worst down."""
        if self._task:
            self._task.cancel()
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if found := re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text()):
            resident = int(found[1]) * 1024
        said = {"wall": self._wall, "own": self._own, "ticks": self._ticks, "resident": resident}
        self._file.write_text(json.dumps(said))

    async def _tick(self) -> None:
        while True:
            began, busy = time.monotonic(), time.process_time()
            await asyncio.sleep(_TICK)
            late = time.monotonic() - began - _TICK
            self._wall = max(self._wall, late)
            self._own = max(self._own, min(late, time.process_time() - busy))
            self._ticks += 1


def probed(file: str) -> tuple[str, ...]:
    """Arguments of `scrapy crawl` that leave a probe's findings in a file."""
    extensions: dict[str, Any] = {**settings.EXTENSIONS, f"{__name__}.{Probe.__name__}": 0}
    return "-s", f"EXTENSIONS={json.dumps(extensions)}", "-s", f"PROBE={file}"


def lag(path: Path) -> Lag:
    """What a probe found."""
    return Lag(**json.loads(path.read_text()))
