"""The end of a crawl: its row in the archive, a table for whoever watches, and whether all went well."""

from __future__ import annotations

import gc
import resource
import sys
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.spiders.base import BaseSpider
from pipelines.live import Run
from pipelines.summary import folded, health_lines, problems, rejects, remarks, table

_INTERRUPTED = 130  # as shells say of a program that Ctrl-C ended


class Ending:
    """Opens the archive for a spider of ours before anything is fetched, and finishes the run when it closes.

    `exit_code` is 0 for a good run, also one with nothing new. Raises StoreError where the archive cannot be written.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._quiet = crawler.settings.getbool("TEARSHEET_QUIET")
        self.exit_code = 0
        if isinstance(crawler.spider, BaseSpider):
            Run.of(crawler).open()
            gc.freeze()  # what is here stays; looking through it for garbage again and again takes time
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def spider_closed(self, spider: Spider, reason: str) -> None:
        """Write down how the crawl ended, and say it."""
        run = Run.of(self._crawler)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        self._crawler.stats.max_value("memusage/max", peak)  # Scrapy looks once a minute only
        report = await run.finish(reason)
        if run.id is None:
            return
        wrong = [] if run.fatal else problems(report, run.errors)
        if run.fatal:
            self.exit_code = run.fatal.exit_code
        elif reason == "shutdown":
            self.exit_code = _INTERRUPTED
        elif wrong or reason != "finished":
            self.exit_code = 1
        if not self._quiet:
            print(_words(run, report, wrong, reason, spider.name), file=sys.stderr, flush=True)


def _words(run: Run, report: list[dict[str, Any]], wrong: list[str], reason: str, name: str) -> str:
    lines = [table(report)] if report else []
    if why := rejects(report):
        lines.append(f"rejected: {why}")
    lines += folded(wrong, "more lines like these")
    lines += folded(remarks(report), "more lines like these")
    lines += health_lines(run.findings, wrong)
    lines += run.news
    stored = sum(row["stored"] + row["revised"] for row in report)
    if reason == "shutdown":
        lines.append(f"stopped; run `scrapy crawl {name}` again to go on where it was")
    elif reason == "finished" and not stored and not wrong:
        lines.append("nothing new")
    lines.append(f"archive: {run.path}")
    return "\n".join(lines)
