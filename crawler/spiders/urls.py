"""Addresses that a person gives: one as `url=…`, or a file of them, one a line, as `file=…`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.entries.listing import usable
from crawler.frontier import Frontier
from crawler.spiders.base import BaseSpider
from pipelines.errors import ConfigError, ReadError
from pipelines.filing import Filing
from pipelines.store.writer import Writer
from pipelines.types import Entry


class UrlsSpider(BaseSpider):
    """Fetches given addresses. They are filed under the one source named, else under the source of their site, else
    under the name of their host."""

    name = "urls"
    url: str = ""
    file: str = ""

    lines: tuple[str, ...] = ()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Raises ConfigError where no address is given, ReadError for a file that is no text."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.lines = _lines(spider.url, spider.file)
        spider.frontier = Frontier(spider.run, (), window=spider.window)
        return spider

    async def work(self) -> AsyncIterator[Any]:
        """Queue the addresses, then work through the queue."""
        wanted: defaultdict[str, list[Entry]] = defaultdict(list)
        for line, source in zip(self.lines, await self.run.write(self._filed), strict=True):
            wanted[source].append(Entry(url=usable(line, line) or line, source=source, kind="list"))
        for source, entries in wanted.items():
            found = await self.run.write(Writer.add_entries, source, entries, run_id=self.run.id)
            self.run.count(source, "found", found)
            self.frontier.add(source)
        async for one in super().work():
            yield one

    def _filed(self, writer: Writer) -> list[str]:
        """The source of each line; what is no address belongs to none, and is refused as this spider's."""
        filing = Filing(self.run.file, self.chosen[0].id if self.sources else None)
        return [filing.source_of(writer, url) if (url := usable(line, line)) else self.name for line in self.lines]


def _lines(url: str, file: str) -> tuple[str, ...]:
    if not url and not file:
        raise ConfigError("urls: give -a url=https://… or -a file=addresses.txt")
    lines = [url]
    if file:
        try:
            lines += Path(file).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as problem:
            raise ReadError(f"{file}: cannot be read as text ({problem})") from None
    return tuple(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#"))
