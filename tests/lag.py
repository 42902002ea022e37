"""A Scrapy extension that watches the event loop: how long its own work kept everything else waiting."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from pathlib import Path
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

#: What a crawl's command line needs for the probe.
ARGUMENTS = ("-s", 'EXTENSIONS={"crawler.extensions.Ending": 0, "tests.lag.Probe": 1}')
_TICK = 0.02  # seconds


class Probe:
    """Writes `lag.json` at the end: the longest lag in seconds, and the most memory in MiB.

    A busy machine makes every loop late, so that no more counts than the CPU time which the loop itself used.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._longest = 0.0
        crawler.signals.connect(self.opened, signals.spider_opened)
        crawler.signals.connect(self.closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def opened(self) -> None:
        self._task = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        while True:
            wall, cpu = time.monotonic(), time.thread_time()
            await asyncio.sleep(_TICK)
            late = min(time.monotonic() - wall - _TICK, time.thread_time() - cpu)
            self._longest = max(self._longest, late)

    def closed(self) -> None:
        self._task.cancel()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        Path("lag.json").write_text(json.dumps({"lag": self._longest, "memory": memory}))
