"""What the crawl says while it runs: nothing that the archive remembers anyway."""

from __future__ import annotations

import logging
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure

from pipelines.errors import ArchiveError


class Formatter(LogFormatter):
    """Scrapy's words, but for what the archive cannot take: that is told once, in one line, at the end."""

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
