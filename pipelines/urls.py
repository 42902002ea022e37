"""Addresses: safe joining, one key per page, and what can be fetched at all."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from contextlib import suppress
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

#: Parameters that say where a reader came from, never which page it is.
_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|igshid|mc_[ce]id|_ga|_gl|ref_src|cmpid|"
    r"icid|ocid|ncid|spm|xtor|at_(medium|campaign)\w*|__twitter_impression|guccounter|guce_\w+)$",
    re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def absolute(base: str, href: str) -> str | None:
    """`href` as a full http(s) address seen from `base`, without its fragment; None where it is no such thing."""
    href = re.sub(r"[\x00-\x20]+", "", href) if href.isascii() else href.strip()
    if not href or href.startswith("#"):
        return None
    try:
        parts = urlsplit(urljoin(base, href))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        return None
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", parts.query, ""))


def urlkey(url: str) -> str:
    """One key for every spelling of an address, in SURT form: `com,example)/2024/story?id=7`.

    Scheme, `www.`, default port, fragment, tracking parameters, their order, letter case of the host and a
    closing slash make no difference; a urn stays as it is. Raises ValueError for what is no address.
    """
    if url.startswith("urn:"):
        return url
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").rstrip(".")
    if not host:
        raise ValueError(f"no host in {url!r}")
    port = parts.port
    place = _surt(host) + (f":{port}" if port and port != _DEFAULT_PORTS.get(parts.scheme) else "")
    path = quote(unquote(parts.path, errors="surrogateescape"), safe="/:@!$&'()*+,;=~-._", errors="surrogateescape")
    path = re.sub(r"/{2,}", "/", path).rstrip("/") or "/"
    pairs = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)]
    return f"{place}){path}" + (f"?{urlencode(sorted(pairs))}" if pairs else "")


def _surt(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        with suppress(UnicodeError):  # a name that is no valid IDN is its own key
            host = host.encode("idna").decode() if not host.isascii() else host
        return ",".join(reversed(host.removeprefix("www.").split(".")))
    return host


def urn_for(body: bytes) -> str:
    """The address of a text that has none: its digest."""
    return f"urn:sha256:{hashlib.sha256(body).hexdigest()}"


def host_of(url: str) -> str | None:
    """Host and non-default port of an address, lower case; None where there is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname:
        return None
    return parts.hostname + (f":{port}" if port and port != _DEFAULT_PORTS.get(parts.scheme) else "")


def same_site(one: str, other: str) -> bool:
    """Whether two addresses belong to one outlet: equal hosts, or one a subdomain of the other, `www.` aside."""
    left, right = host_of(one), host_of(other)
    if not left or not right:
        return False
    left, right = left.removeprefix("www."), right.removeprefix("www.")
    return left == right or left.endswith("." + right) or right.endswith("." + left)
