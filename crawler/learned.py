"""What listings have shown in a crawl: how the addresses of each source's articles look, and what was left out."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from crawler.entries.listing import Listing
from crawler.entries.pattern import UNKNOWN, Example, Patterns
from pipelines.live import Run
from pipelines.store import known
from pipelines.store.rows import key_of
from pipelines.store.writer import Writer
from pipelines.types import Source

_MOST_EXAMPLES = 500  # addresses of one listing that are learned from
_MOST_LEFT = 500  # links of one source remembered as something else


class Learned:
    """Of each source, by its id: `left` are links that were taken for something else than an article, and why."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._examples: dict[str, list[Example]] = {}
        self._patterns: dict[str, tuple[int, Patterns]] = {}
        self._taken: defaultdict[str, set[str]] = defaultdict(set)  # addresses of all entries listed so far
        self.left: defaultdict[str, dict[str, str]] = defaultdict(dict)

    async def taken(self, source_id: str) -> set[str]:
        """The urlkeys of all that the source's listings named so far."""
        return await asyncio.to_thread(lambda urls: set(map(key_of, urls)), tuple(self._taken[source_id]))

    async def patterns(self, source: Source) -> Patterns:
        """What the source's addresses have shown so far, in earlier crawls and in this one."""
        examples = self._examples.get(source.id)
        if examples is None:
            seen = await self._run.write(Writer.ask, known.known, source.id)
            examples = self._examples.setdefault(source.id, [Example(url, article) for url, article in seen])
        count, patterns = self._patterns.get(source.id, (-1, UNKNOWN))
        if count != len(examples):
            count, patterns = len(examples), await asyncio.to_thread(Patterns.of, list(examples))
            self._patterns[source.id] = count, patterns
        return patterns

    def learn(self, source: Source, listing: Listing) -> None:
        """What an outlet lists itself as articles shows how its articles' addresses look; its patterns were asked."""
        self._taken[source.id].update(one.url for one in listing.entries)
        told = [one for one in listing.entries if one.kind in ("feed", "news")]
        self._examples[source.id] += [Example(one.url, article=True) for one in told[:_MOST_EXAMPLES]]
        left = self.left[source.id]
        for url, why in listing.left[: _MOST_LEFT - len(left)]:
            left.setdefault(url, why)
