"""robots.txt by RFC 9309: what a host forbids is not fetched, and a host that cannot say is asked later.

What is learned of a host outlives the process in the archive's `hosts`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.captures import asked_to_wait
from crawler.middlewares.refusal import UNREACHED, NotNowError, RefusedError
from crawler.origins import origin_of, slot_of
from crawler.spiders.base import BaseSpider
from pipelines.live import Run
from pipelines.store.waiting import FORBIDDEN
from pipelines.store.writer import Writer
from pipelines.urls import plain_form

_AGENT = "Tearsheet"
_MOST_BYTES = 512 * 1024
_SMALL = 32 * 1024  # bytes that are read in no time
_FRESH = timedelta(days=1)
_STALE = timedelta(days=30)  # how long old rules stand in for a host that cannot say
_PAUSE = timedelta(hours=1)  # until a host that could not say is asked again
_SHORT_PAUSE = timedelta(minutes=1)  # the same where nobody answered: it may be our own network that is down
_LONGEST_DELAY = 60.0  # seconds
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_NEVER = "9999"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a host says of visitors. `verdict` is rules, allow (it says nothing) or deny (it could not say)."""

    verdict: str
    until: str  # when it is to be asked again
    body: bytes = field(default=b"", repr=False)
    why: str = ""
    parsed: Protego = field(repr=False)

    @classmethod
    def of(cls, body: bytes, until: str = _NEVER) -> Rules:
        """The rules of a robots.txt."""
        if len(body) >= _MOST_BYTES:  # half a line may forbid more than the whole one
            body = body[:_MOST_BYTES].rpartition(b"\n")[0]
        return cls(verdict="rules", body=body, until=until, parsed=Protego.parse(body.decode("utf-8-sig", "replace")))

    @classmethod
    def none(cls, until: str = _NEVER) -> Rules:
        """Of a host that has no robots.txt."""
        return cls(verdict="allow", until=until, parsed=Protego.parse(""))

    @classmethod
    def unknown(cls, why: str, until: str) -> Rules:
        """Of a host that could not say."""
        return cls(verdict="deny", why=f"robots.txt could not be read ({why})", until=until, parsed=Protego.parse(""))

    def allow(self, url: str) -> bool:
        """Whether an address may be fetched."""
        return bool(self.parsed.can_fetch(url, _AGENT))

    @property
    def delay(self) -> float:
        """Seconds that the host wants between two requests, a minute at most."""
        rate = self.parsed.request_rate(_AGENT)
        asked = max(self.parsed.crawl_delay(_AGENT) or 0.0, rate.seconds / rate.requests if rate else 0.0)
        return min(asked, _LONGEST_DELAY)


class RobotsMiddleware:
    """Lets a request pass, refuses it, or puts it off; takes over a longer delay that the host asks for."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._hosts: dict[str, asyncio.Future[Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> Request | None:
        """Where only the parameters that say where a reader comes from are forbidden, a request without them.

        Raises RefusedError for what the host forbids, NotNowError where it could not be asked.
        """
        if request.meta.get("dont_obey_robotstxt"):
            return None
        rules = await self.rules(request.url)
        if rules.verdict == "deny":
            raise NotNowError(rules.why, rules.until)
        if not rules.allow(request.url):
            form, plain = plain_form(request.url)
            if form == "tracking" and plain != request.url and rules.allow(plain):
                return request.replace(url=plain)
            raise RefusedError(FORBIDDEN)
        if rules.delay:
            self._slow_down(request, rules.delay)
        return None

    async def rules(self, url: str) -> Rules:
        """The rules of an address's host: from memory, from the archive if of today, else from the host."""
        host = origin_of(url)
        known = self._hosts.get(host)
        if known is None or (known.done() and not known.exception() and known.result().until <= _stamp()):
            self._hosts[host] = asyncio.ensure_future(self._find(host))
        return await asyncio.shield(self._hosts[host])

    async def _find(self, host: str) -> Rules:
        if not self._run.is_open:  # a person tries an address in Scrapy's shell
            return await self._fetch(host)
        row = await self._run.write(Writer.host, host) or {}
        known = await _known(row)
        if row.get("verdict") == "deny" and (row["retry_at"] or "") > _stamp():
            return Rules.unknown("it failed before", row["retry_at"])
        if known and known.until > _stamp():
            return known
        rules = await self._fetch(host)
        if rules.verdict == "deny" and known and row["fetched_at"] > _stamp(-_STALE):
            return replace(known, until=rules.until)
        await self._remember(host, rules)
        if rules.verdict != "deny" and row and (rules.verdict, rules.body) != (row["verdict"], row["robots"]):
            await self._readmit(host, rules)
        return rules

    async def _fetch(self, host: str) -> Rules:
        request = Request(
            f"{host}/robots.txt",
            callback=NO_CALLBACK,
            meta={"dont_obey_robotstxt": True, "body_limit": _MOST_BYTES},
            priority=1000,
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except NotNowError as problem:
            return Rules.unknown(str(problem), problem.retry_at)
        except RefusedError as problem:
            return Rules.unknown(str(problem), _stamp(_PAUSE))
        except IgnoreRequest:  # more than five redirects: by the RFC as if there were none
            return Rules.none(_stamp(_FRESH))
        except Exception as problem:  # timeouts, resets: it could not say
            pause = _SHORT_PAUSE if isinstance(problem, UNREACHED) else _PAUSE
            return Rules.unknown(type(problem).__name__, _stamp(pause))
        return await _read(response)

    async def _remember(self, host: str, rules: Rules) -> None:
        if rules.verdict == "deny":
            await self._run.write(Writer.hold_host, host, rules.why, rules.until)
            await self._run.write(Writer.put_host, host, verdict="deny")
            return
        columns = {"robots": rules.body, "verdict": rules.verdict, "fetched_at": _stamp(), "delay": rules.delay or None}
        await self._run.write(Writer.put_host, host, **columns, retry_at=None, reason=None)

    async def _readmit(self, host: str, rules: Rules) -> None:
        """What the host forbade before and now allows is fetched after all."""
        spider = self._crawler.spider
        assert isinstance(spider, BaseSpider)
        for source in await self._run.write(Writer.readmit, host, rules.allow):
            spider.frontier.filled(source)

    def _slow_down(self, request: Request, delay: float) -> None:
        """Keep the host's own delay where it is longer than ours; the throttle must not shorten it again."""
        if delay <= self._crawler.settings.getfloat("DOWNLOAD_DELAY"):
            return
        downloader = self._crawler.engine.downloader
        key = slot_of(request.url)
        slot = downloader.slots.get(key)
        request.meta["autothrottle_dont_adjust_delay"] = True
        downloader.per_slot_settings[key] = {"delay": delay, "jitter": 0.0, "concurrency": 1}
        if slot is not None:
            slot.delay, slot.jitter, slot.concurrency = delay, 0.0, 1


async def _known(row: dict[str, Any]) -> Rules | None:
    """What the archive remembers of a host."""
    if row.get("verdict") not in ("rules", "allow"):
        return None
    until = (datetime.fromisoformat(row["fetched_at"]) + _FRESH).strftime(_FORMAT)
    return await _parsed(row["robots"] or b"", until) if row["verdict"] == "rules" else Rules.none(until)


async def _read(response: Response) -> Rules:
    """Success: the rules. Not found or not for us: none. A failing or overloaded host: unknown."""
    if 200 <= response.status < 300:
        return await _parsed(response.body, _stamp(_FRESH))
    if 300 <= response.status < 500 and response.status not in (408, 425, 429):
        return Rules.none(_stamp(_FRESH))
    return Rules.unknown(f"status {response.status}", _stamp(max(asked_to_wait(response) or _PAUSE, _SHORT_PAUSE)))


async def _parsed(body: bytes, until: str) -> Rules:
    """The rules of a robots.txt; long ones are read in a thread, because the loop has other hosts to serve."""
    return Rules.of(body, until) if len(body) < _SMALL else await asyncio.to_thread(Rules.of, body, until)


def _stamp(later: timedelta = timedelta(0)) -> str:
    return (datetime.now(UTC) + later).strftime(_FORMAT)
