"""`scrapy crawl` with an exit code that tells how it went, and one line for what stops it."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands.crawl import Command as CrawlCommand
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError

from pipelines.engines.local import warm_up
from pipelines.errors import ArchiveError


class Command(CrawlCommand):
    """Exit codes: 0 fine, 1 sources failed or nothing could be stored, 130 interrupted; 2 and 3 as in
    `pipelines.errors`."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the options. Where addresses are given, pages will come: workers load beside all that Scrapy loads."""
        super().process_options(args, opts)
        if args == ["urls"]:
            warm_up()

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl with one spider."""
        from crawler.extensions import Ending  # Scrapy imports this module for each of its commands,
        from pipelines.live import Run  # and these take longer than all else it imports

        if len(args) != 1:
            raise UsageError(
                "name one spider: news, feeds, sitemaps, sections, archives, wayback or urls", print_help=False
            )
        process = self.crawler_process
        assert isinstance(process, AsyncCrawlerProcess)
        try:
            crawler = self._create_crawler(args[0])
        except KeyError:
            raise UsageError(f"no spider {args[0]!r}; see `scrapy list`", print_help=False) from None
        task = process.crawl(crawler, **opts.spargs)
        process.start()
        problem = task.exception() if task.done() and not task.cancelled() else None
        if problem is None:
            problem = Run.of(crawler).fatal
        if isinstance(problem, ArchiveError):
            print(f"Error: {problem}", file=sys.stderr)
            self.exitcode = problem.exit_code
        elif problem:
            raise problem
        else:
            ending = crawler.get_extension(Ending)
            self.exitcode = ending.exit_code if ending and task.done() else 130
