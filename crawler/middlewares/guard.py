"""No page may make us read our own network or disk: addresses are checked as written and again as resolved."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable, Sequence
from typing import Any, Self, cast
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.resolver import CachingThreadedResolver
from scrapy.utils.defer import maybe_deferred_to_future
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import DNSLookupError
from twisted.python.failure import Failure

from crawler.middlewares.refusal import RefusedError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_FORGOTTEN = 60.0  # seconds after which a name that had no address is asked for again
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class PrivateAddressError(DNSLookupError):
    """A name leads to an address that is not on the public internet."""


class Networks:
    """The addresses that may be fetched from: all public ones, and the private networks the user allows."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = [ipaddress.ip_network(one) for one in allowed]

    def allows(self, address: str) -> bool:
        """Whether an IP address may be fetched from."""
        ip = _plain(ipaddress.ip_address(address))
        if any(ip in network for network in self._allowed if network.version == ip.version):
            return True
        return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def literal(host: str) -> str | None:
    """The IP address that a host name already is, in any spelling that a resolver reads as one; else None."""
    host = host.strip("[]").partition("%")[0].rstrip(".")
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))  # 2130706433, 0x7f.1, 0177.0.0.1, 127.1
    except (OSError, UnicodeError):
        return None


def _plain(ip: _Address) -> _Address:
    """The IPv4 address that an IPv6 address stands for, else itself."""
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        return inner or ip
    return ip


class GuardedResolver(CachingThreadedResolver):
    """Scrapy's resolver, which refuses every address that is private. It also gives the address that is dialled, so
    that a name cannot be public when asked and private when called.

    Each name is asked for once at a time, and one that has no address not again for a while: a name server that
    never answers must not hold all the threads that other names need.
    """

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float, networks: Networks) -> None:
        super().__init__(reactor, cache_size, timeout)
        self._networks = networks
        # the user's own proxy may well be on this machine; pages that lead there are refused by the middleware
        self._proxies = {urlsplit(url).hostname for url in getproxies().values()}
        self._asked: dict[str, list[Deferred[str]]] = {}
        self._lost: dict[str, tuple[float, str]] = {}  # until when, and why

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        settings = crawler.settings
        return cls(
            reactor,
            settings.getint("DNSCACHE_SIZE") if settings.getbool("DNSCACHE_ENABLED") else 0,
            settings.getfloat("DNS_TIMEOUT"),
            Networks(settings.getlist("TEARSHEET_PRIVATE_NETWORKS")),
        )

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802 (Twisted's name)
        until, why = self._lost.get(name, (0.0, ""))
        if time.monotonic() < until:
            return fail(DNSLookupError(why))
        answer: Deferred[str] = Deferred()
        self._asked.setdefault(name, []).append(answer)
        if len(self._asked[name]) == 1:
            super().getHostByName(name, timeout).addBoth(self._found, name)
        return answer.addCallback(self._checked, name)

    def _found(self, address: str | Failure, name: str) -> None:
        if isinstance(address, Failure):
            self._lost[name] = (time.monotonic() + _FORGOTTEN, address.getErrorMessage())
        for answer in self._asked.pop(name):
            answer.callback(address)

    def _checked(self, address: str, name: str) -> str:
        if name not in self._proxies and not self._networks.allows(address):
            raise PrivateAddressError(f"{name} leads to {address}")
        return address


class GuardMiddleware:
    """Refuses what is not http(s) and what is not public, for every request: pages, feeds, robots.txt, redirects."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Networks(crawler.settings.getlist("TEARSHEET_PRIVATE_NETWORKS")))

    async def process_request(self, request: Request) -> None:
        """Raises RefusedError."""
        parts = urlparse_cached(request)
        if parts.scheme not in ("http", "https"):
            raise RefusedError(f"{parts.scheme}: addresses are not fetched")
        host = parts.hostname
        if not host:
            raise RefusedError("the address names no host")
        if address := literal(host):
            if not self._networks.allows(address):
                raise RefusedError(f"{host} is a private address")
            return
        from twisted.internet import reactor  # importing it earlier would install the wrong one

        try:
            found = await maybe_deferred_to_future(cast("Any", reactor).resolve(host))
            if not self._networks.allows(found):
                raise PrivateAddressError(f"{host} leads to {found}")
        except PrivateAddressError as problem:
            raise RefusedError(f"{problem.args[0]}, a private address") from None
        except DNSLookupError:
            return  # the downloader asks again and says what is wrong
