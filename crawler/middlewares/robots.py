"""robots.txt by RFC 9309: what a host forbids is not fetched, and a host that cannot say is asked later.

What is learned of a host outlives the process in the archive's `hosts`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urljoin

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler.middlewares.refusal import NotNowError, RefusedError
from pipelines.live import Run
from pipelines.store.writer import Writer

_AGENT = "Tearsheet"
_MOST_BYTES = 512 * 1024
_FRESH = timedelta(days=1)
_STALE = timedelta(days=30)  # how long old rules stand in for a host that cannot say
_PAUSE = timedelta(hours=1)  # until a host that could not say is asked again
_LONGEST_DELAY = 60.0  # seconds
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a host says of visitors. `verdict` is rules, allow (it says nothing) or deny (it could not say)."""

    verdict: str
    body: bytes = field(default=b"", repr=False)
    retry_at: str = ""
    why: str = ""
    parsed: Protego = field(repr=False)

    @classmethod
    def of(cls, body: bytes) -> Rules:
        """The rules of a robots.txt."""
        body = body[:_MOST_BYTES]
        return cls(verdict="rules", body=body, parsed=_parse(body))

    @classmethod
    def none(cls) -> Rules:
        """Of a host that has no robots.txt."""
        return cls(verdict="allow", parsed=_parse(b""))

    @classmethod
    def unknown(cls, why: str, retry_at: str) -> Rules:
        """Of a host that could not say."""
        return cls(verdict="deny", why=why, retry_at=retry_at, parsed=_parse(b""))

    def allow(self, url: str) -> bool:
        """Whether an address may be fetched."""
        return bool(self.parsed.can_fetch(url, _AGENT))

    @property
    def delay(self) -> float:
        """Seconds that the host wants between two requests, a minute at most."""
        rate = self.parsed.request_rate(_AGENT)
        asked = max(self.parsed.crawl_delay(_AGENT) or 0.0, rate.seconds / rate.requests if rate else 0.0)
        return min(asked, _LONGEST_DELAY)


def _parse(body: bytes) -> Protego:
    return Protego.parse(body.decode("utf-8", errors="replace"))


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

    async def process_request(self, request: Request) -> None:
        """Raises RefusedError for what the host forbids, NotNowError where it could not be asked."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        rules = await self.rules(request.url)
        if rules.verdict == "deny":
            raise NotNowError(f"robots.txt could not be read ({rules.why})", rules.retry_at)
        if not rules.allow(request.url):
            raise RefusedError("forbidden by robots.txt")
        if rules.delay:
            self._slow_down(request, rules.delay)

    async def rules(self, url: str) -> Rules:
        """The rules of an address's host: from memory, from the archive if of today, else from the host."""
        host = urljoin(url, "/").rstrip("/")
        if host not in self._hosts:
            self._hosts[host] = asyncio.ensure_future(self._find(host))
        return await asyncio.shield(self._hosts[host])

    async def _find(self, host: str) -> Rules:
        if not self._run.is_open:  # a person tries an address in Scrapy's shell
            return await self._fetch(host)
        row = await self._run.write(Writer.host, host) or {}
        now = datetime.now(UTC)
        known = _known(row)
        if row.get("verdict") == "deny" and (row["retry_at"] or "") > now.strftime(_FORMAT):
            return Rules.unknown("it failed before", row["retry_at"])
        if known and row["fetched_at"] > (now - _FRESH).strftime(_FORMAT):
            return known
        rules = await self._fetch(host)
        if rules.verdict == "deny" and known and row["fetched_at"] > (now - _STALE).strftime(_FORMAT):
            return known

        def remember(writer: Writer) -> None:
            writer.put_host(host, **_columns(rules, now))

        await self._run.write(remember)
        return rules

    async def _fetch(self, host: str) -> Rules:
        request = Request(
            f"{host}/robots.txt",
            callback=NO_CALLBACK,
            meta={"dont_obey_robotstxt": True, "body_limit": _MOST_BYTES},
            priority=1000,
        )
        later = (datetime.now(UTC) + _PAUSE).strftime(_FORMAT)
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as problem:  # timeouts, resets, refused addresses: all mean that it could not say
            return Rules.unknown(type(problem).__name__, later)
        return _read(response, later)

    def _slow_down(self, request: Request, delay: float) -> None:
        """Keep the host's own delay where it is longer than ours; the throttle must not shorten it again."""
        downloader = self._crawler.engine.downloader
        key = urlparse_cached(request).hostname or ""
        slot = downloader.slots.get(key)
        if delay <= self._crawler.settings.getfloat("DOWNLOAD_DELAY"):
            return
        request.meta["autothrottle_dont_adjust_delay"] = True
        downloader.per_slot_settings[key] = {"delay": delay, "jitter": 0.0, "concurrency": 1}
        if slot is not None:
            slot.delay, slot.jitter, slot.concurrency = delay, 0.0, 1


def _known(row: dict[str, Any]) -> Rules | None:
    if row.get("verdict") == "allow":
        return Rules.none()
    return Rules.of(row["robots"] or b"") if row.get("verdict") == "rules" else None


def _columns(rules: Rules, now: datetime) -> dict[str, Any]:
    if rules.verdict == "deny":
        return {"verdict": "deny", "retry_at": rules.retry_at}
    return {
        "robots": rules.body,
        "verdict": rules.verdict,
        "fetched_at": now.strftime(_FORMAT),
        "delay": rules.delay or None,
        "retry_at": None,
    }


def _read(response: Response, later: str) -> Rules:
    """Success: the rules. Not found or not for us: none. A failing or overloaded host: unknown."""
    if 200 <= response.status < 300:
        return Rules.of(response.body)
    if 400 <= response.status < 500 and response.status != 429:
        return Rules.none()
    return Rules.unknown(f"status {response.status}", later)
