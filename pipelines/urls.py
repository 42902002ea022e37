"""Addresses: safe joining, one key per page, and what can be fetched at all."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from contextlib import suppress
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

#: Parameters that say where a reader came from, never which page it is.
_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|srsltid|mc_[ce]id|_ga|_gl|"
    r"ref_src|cmp|cmpid|icid|ocid|ncid|spm|xtor|at_(medium|campaign)\w*|__twitter_impression|guccounter|guce_\w+|"
    r"wt_z?mc\w*|mtm_\w+|pk_(campaign|kwd|source|medium)|hsa_\w+|_hs(enc|mi)|mkt_tok|s_kwcid|smid|fb_action_\w+)$",
    re.IGNORECASE,
)
#: Parameters that name a visit; the short ones only where the value is a token.
_VISIT = re.compile(
    r"^(jsessionid|phpsessid|aspsessionid\w*|sessionid|session_id|sessid|cfid|cftoken|zenid|oscsid)$", re.I
)
_PERHAPS_VISIT = frozenset(("sid", "s", "session", "sess"))
_VISIT_TOKEN = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z0-9]{16,}", re.IGNORECASE)
_VISIT_IN_PATH = re.compile(
    r";(?:jsessionid|phpsessid|sessionid|sid)=[^/;?]*|/\((?:[a-z]\([a-z0-9]{16,}\))+\)", re.IGNORECASE
)
#: Other forms of a page, by host, path and query.
_FORM_HOST = re.compile(r"^(?:www\.)?(m|mobile|mobil|wap|touch|amp)\.(?=[^.]+\.)", re.IGNORECASE)
_FORM_PATH = re.compile(
    r"/(amp|print|printable|drucken|imprimir|mobile)/?$|^/(amp|print|m|mobile)(?=/[^/]+)|[.](amp|print)(?=(?:\.html?)?$)",
    re.IGNORECASE,
)
_FORMS = {"m": "mobile", "mobil": "mobile", "wap": "mobile", "touch": "mobile", "mobile": "mobile", "amp": "amp"}
_FORM_NAMES = {
    "amp": "amp", "print": "print", "printable": "print", "printview": "print", "mobile": "mobile", "m": "mobile",
}  # fmt: skip
_FORM_KEYS = frozenset(("output", "outputtype", "view", "format", "mode", "type", "layout", "version"))
_DEFAULT_PORTS = {"http": 80, "https": 443}


def absolute(base: str, href: str) -> str | None:
    """`href` as a full http(s) address seen from `base`, without its fragment; None where it is no such thing.

    A name and password in it are left out: they would end up in the archive.
    """
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
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path or "/", parts.query, ""))


def urlkey(url: str) -> str:
    """One key for every spelling of an address, in SURT form: `com,example)/2024/story?id=7`.

    Scheme, `www.`, default port, fragment, tracking parameters, session ids, the order of parameters, letter case of
    the host and a closing slash make no difference; a urn stays as it is. Raises ValueError for what is no address.
    """
    if url.startswith("urn:"):
        return url
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").rstrip(".")
    if not host:
        raise ValueError(f"no host in {url!r}")
    port = parts.port
    place = _surt(host) + (f":{port}" if port and port != _DEFAULT_PORTS.get(parts.scheme) else "")
    path = _VISIT_IN_PATH.sub("", parts.path) if "(" in parts.path or ";" in parts.path else parts.path
    path = quote(unquote(path, errors="surrogateescape"), safe="/:@!$&'()*+,;=~-._", errors="surrogateescape")
    path = re.sub(r"/{2,}", "/", path).rstrip("/") or "/"
    pairs = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _is_of_visit(k, v)]
    return f"{place}){path}" + (f"?{urlencode(sorted(pairs))}" if pairs else "")


def _is_of_visit(name: str, value: str) -> bool:
    """Whether a parameter says where a reader came from or which visit it is, and not which page."""
    return bool(_TRACKING.match(name)) or _names_visit(name, value)


def _names_visit(name: str, value: str) -> bool:
    if _VISIT.match(name):
        return True
    return name.lower() in _PERHAPS_VISIT and bool(_VISIT_TOKEN.fullmatch(value))


def without_visit(url: str) -> str:
    """The address without session ids: whoever follows it with one is taken for the visitor who was given it."""
    parts = urlsplit(url)
    path = _VISIT_IN_PATH.sub("", parts.path) if "(" in parts.path or ";" in parts.path else parts.path
    pairs = parts.query.split("&") if parts.query else []
    kept = [one for one in pairs if not _names_visit(*one.partition("=")[::2])]
    if path == parts.path and len(kept) == len(pairs):
        return url
    return urlunsplit((parts.scheme, parts.netloc, path or "/", "&".join(kept), parts.fragment))


def plain_form(url: str) -> tuple[str | None, str]:
    """Which other form of a page an address is (amp, print, mobile, tracking; else None), and that page's address.

    It goes by the looks of the address alone: whether both are one page, their texts must tell.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None, url
    kind: str | None = None
    host, path = parts.netloc, parts.path
    if match := _FORM_HOST.match(host):
        kind, host = _FORMS[match[1].lower()], host[match.end() :]
    if match := _FORM_PATH.search(path):
        name = next(one for one in match.groups() if one).lower()
        kind, path = _FORMS.get(name, "print"), path[: match.start()] + path[match.end() :]
    pairs = parse_qsl(parts.query, keep_blank_values=True) if parts.query else []
    kept = []
    for name, value in pairs:
        if form := _form_by(name.lower(), value.lower()):
            kind = form
        else:
            kept.append((name, value))
    kept, said = [pair for pair in kept if not _is_of_visit(*pair)], len(kept)
    path, visits = _VISIT_IN_PATH.subn("", path) if ";" in path or "(" in path else (path, 0)
    if kind is None and (visits or len(kept) < said):
        kind = "tracking"
    if kind is None:
        return None, url
    return kind, urlunsplit((parts.scheme, host, path or "/", urlencode(kept), ""))


def _form_by(name: str, value: str) -> str | None:
    """The form of a page that a parameter asks for."""
    if name in _FORM_NAMES and value in ("", "1", "true", "yes", "y", "on"):
        return _FORM_NAMES[name]
    return _FORM_NAMES.get(value) if name in _FORM_KEYS else None


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


def leads_back(asked: str, came: str) -> bool:
    """Whether the address that another one led to is a wall or a login of another host: it names that one in its query.

    A page that only moved may say where its reader came from, too; it keeps its path.
    """
    try:
        here, there, parts = urlkey(asked), urlkey(came), urlsplit(came)
    except ValueError:
        return False
    path = urlsplit(asked).path.rstrip("/")
    if here.partition(")")[0] == there.partition(")")[0] or (path and path == parts.path.rstrip("/")):
        return False
    named = (absolute(asked, value) for _, value in parse_qsl(parts.query) if value.startswith(("http", "/")))
    return any(urlkey(url) == here for url in named if url)


def same_site(one: str, other: str) -> bool:
    """Whether two addresses belong to one outlet: equal hosts, or one a subdomain of the other, `www.` aside."""
    left, right = host_of(one), host_of(other)
    if not left or not right:
        return False
    left, right = left.removeprefix("www."), right.removeprefix("www.")
    return left == right or left.endswith("." + right) or right.endswith("." + left)
