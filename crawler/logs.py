"""What the crawl says while it runs: nothing that the archive remembers anyway."""

from __future__ import annotations

import logging
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure

from pipelines.errors import ArchiveError


class Formatter(LogFormatter):
    """Scrapy's words, but for what the archive cannot take: that is told once, in one line, at the end.

    Lines for each page are made only where somebody wants to read them.
    """

    def __init__(self, *, wordy: bool = False) -> None:
        self._wordy = wordy

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(wordy=crawler.settings.get("LOG_LEVEL") in ("DEBUG", "NOTSET"))

    def crawled(self, *args: Any, **kwargs: Any) -> LogFormatterResult | None:  # type: ignore[override]
        """Of a page that came."""
        return super().crawled(*args, **kwargs) if self._wordy else None

    def scraped(self, *args: Any, **kwargs: Any) -> LogFormatterResult | None:  # type: ignore[override]
        """Of a page that was stored."""
        return super().scraped(*args, **kwargs) if self._wordy else None

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        """Of an item that a pipeline did not take."""
        return _calm(super().item_error(item, exception, response, spider), exception)

    def spider_error(
        self, failure: Failure, request: Request, response: Response | Failure, spider: Spider
    ) -> LogFormatterResult:
        """Of a callback that did not end well."""
        return _calm(super().spider_error(failure, request, response, spider), failure.value)


def _calm(said: LogFormatterResult, problem: BaseException | None) -> LogFormatterResult:
    if isinstance(problem, ArchiveError):
        said["level"] = logging.DEBUG
    return said
