"""Whose manners apply: a scheme, a host and a port, as robots.txt counts them; and what requests are spaced by."""

from __future__ import annotations

from urllib.parse import urlsplit

from pipelines.urls import host_of

WITHIN_PAGE = "within_page"  # in a request's meta: a script asks for it, while its page is in the browser


def origin_of(url: str) -> str:
    """`scheme://host[:port]`, in lower case and without a usual port: the key of the archive's `hosts`."""
    host = host_of(url) or ""
    name = urlsplit(url).hostname or ""
    if ":" in name:  # an IPv6 address
        host = f"[{name}]{host.removeprefix(name)}"
    return f"{urlsplit(url).scheme.lower()}://{host}"


def slot_of(url: str) -> str:
    """The host's name, with the port where that is a special one."""
    return host_of(url) or ""
