"""Mail as pages: newsletters (.eml, .mbox) and pages saved as one message (.mht, .mhtml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import parseaddr
from html import unescape

from pipelines.headers import moment_in
from pipelines.readers.found import Flaw, Found, Page
from pipelines.readers.packed import DamageError, Stream
from pipelines.sources import name_for
from pipelines.types import Capture, Entry
from pipelines.urls import absolute, urn_for

_PARSER: BytesParser[EmailMessage] = BytesParser(policy=policy.default)
_HEADER = re.compile(rb"(?i)(?:from|date|subject|received|return-path|message-id|mime-version|delivered-to|x-[\w-]+):")
_MBOX = re.compile(rb"From \S+.{0,40}\d\d:\d\d")
_QUOTED = re.compile(rb"(?m)^>(>*From )")
_LINK = re.compile(r"<a\b[^<>]{0,2000}?href\s*=\s*[\"']?(https?://[^\"'\s<>]+)[^<>]*>(.{0,400}?)</a>", re.I | re.S)
_PLAIN_LINK = re.compile(r"[:(<\s](https?://[^\s<>)]+)")
#: What the link to a newsletter's own page is called.
_IN_BROWSER = re.compile(
    r"\b(?:in|on|with)\s+(?:your|a|the)\s+(?:web\s*)?browser\b|\bin browser\b"
    r"|\b(?:view|read|open|see)\b.{0,30}\b(?:online|on the web)\b|\b(?:web|online)[- ]?version\b"
    r"|\bim browser\b|\bonline\s+(?:ansehen|lesen)\b|\bin (?:je|uw) browser\b|\bw przeglądarce\b|в браузере"
    r"|\bdans (?:votre|le|un) navigateur\b|\bversion en ligne\b|\ben (?:el|su|tu) navegador\b"
    r"|\bversión (?:web|online)\b|\bno (?:seu )?navegador\b|\bnel (?:tuo )?browser\b",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_PASSED_ON = re.compile(r"^(?:(?:fwd?|wg|tr|rv|re|aw)\s*:\s*)+", re.IGNORECASE)


def is_mail(head: bytes) -> bool:
    """Whether bytes begin like a message: with a header of one."""
    return bool(_HEADER.match(head))


def is_mbox(head: bytes) -> bool:
    """Whether bytes begin like a mailbox."""
    return bool(_MBOX.match(head))


def message_page(raw: bytes, at: datetime, name: str) -> Page | Flaw:
    """The page that a message is; `at` is for one that names no time itself."""
    try:
        message = _forwarded(_PARSER.parsebytes(raw))
        part = message.get_body(("html", "plain")) or _first_text(message)
        if part is None:
            return Flaw("holds no text")
        body = part.get_payload(decode=True)
        charset = part.get_content_charset() or "utf-8"
        content = part.get_content_type()
    except (MessageError, ValueError, LookupError, AttributeError, RecursionError) as problem:
        return Flaw(f"is no message that can be read ({type(problem).__name__})")
    if not isinstance(body, bytes) or not body.strip():
        return Flaw("holds no text")
    text = _text(body, charset)
    sent = _sent(message)
    saved = _header(message, "Snapshot-Content-Location") or _header(part, "Content-Location")
    own = absolute("", saved) or absolute("", _header(message, "Archived-At").strip("<>")) or _in_browser(text)
    url = own or urn_for(body)
    author, address = parseaddr(_header(message, "From"))
    title = _PASSED_ON.sub("", _header(message, "Subject"))
    entry = Entry(
        url=url,
        kind="import",
        via=name,
        title=title or None,
        published_at=sent.strftime("%Y-%m-%dT%H:%M:%SZ") if sent and not saved else None,
        authors=(author,) if author and not saved else (),
    )
    capture = Capture(
        url=url,
        fetched_at=sent or at,
        body=body,
        source=None if saved else _source(message, address) or (name_for(own) if own else None),
        mime="text/html" if content == "text/html" else "text/plain",
        headers=(("Content-Type", f"{content}; charset={charset}"),),
        entry=entry,
    )
    return Page(capture, dated=sent is not None)


def _forwarded(message: EmailMessage) -> EmailMessage:
    """The message that another one only passes on, with less to say of its own."""
    inner = next(message.iter_attachments(), None) if message.is_multipart() else None
    if not isinstance(inner, EmailMessage) or inner.get_content_type() != "message/rfc822":
        return message
    passed = inner.get_payload(0)
    if not isinstance(passed, EmailMessage):
        return message
    return passed if _length(message) < _length(passed) else message


def _length(message: EmailMessage) -> int:
    part = message.get_body(("html", "plain"))
    body = part.get_payload(decode=True) if part else None
    return len(body) if isinstance(body, bytes) else 0


def messages(stream: Stream, limit: int, at: datetime, name: str) -> Iterator[Found]:
    """The messages of a mailbox, each by itself; what is longer than `limit` bytes is passed over and told."""
    buffer = bytearray()
    place = stream.origin(stream.at)
    damage: DamageError | None = None
    more = True
    while more or buffer:
        searched = max(0, len(buffer) - 6)
        try:
            piece = stream.more() if more else b""
        except DamageError as problem:
            damage, piece = problem, b""
        more = bool(piece)
        buffer += piece
        while (stop := buffer.find(b"\nFrom ", searched)) >= 0 or (buffer and not more):
            stop = len(buffer) if stop < 0 else stop + 1
            position = stream.origin(stream.at - len(buffer) + stop)
            raw = bytes(buffer[:stop])
            del buffer[:stop]
            searched = 0
            yield Found(_message(raw, limit, at, f"{name}#{place}"), place, position)
            place = position
        if len(buffer) > 4 * limit:
            del buffer[: len(buffer) - 4 * limit]  # it is too long already: only its end still matters
    if damage:
        yield Found(Flaw(str(damage)), damage.place, damage.place)


def _message(raw: bytes, limit: int, at: datetime, name: str) -> Page | Flaw:
    if len(raw) > limit:
        return Flaw(f"is longer than {limit} bytes")
    head, _, rest = raw.partition(b"\n") if raw.startswith(b"From ") else (b"", b"", raw)
    return message_page(_QUOTED.sub(rb"\1", rest) if head else raw, at, name)


def _first_text(message: EmailMessage) -> EmailMessage | None:
    """The first part that is text, however the parts are nested."""
    parts = [one for one in message.walk() if isinstance(one, EmailMessage)]
    kinds = ("text/html", "text/plain")
    return next((one for kind in kinds for one in parts if one.get_content_type() == kind), None)


def _header(message: MIMEPart, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (MessageError, ValueError, LookupError, AttributeError, IndexError):  # what spammers write into headers
        return ""


def _sent(message: EmailMessage) -> datetime | None:
    try:
        return moment_in(_header(message, "Date")).replace(microsecond=0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _source(message: EmailMessage, address: str) -> str | None:
    """The source of a newsletter: the domain of its List-Id, where that is of its sender's outlet, else the sender's.

    Those who send for many (`abc.list-id.mcsv.net`) name themselves there.
    """
    listed = re.search(r"<?([\w.-]+\.[\w-]{2,})>?\s*$", _header(message, "List-Id"))
    sender = address.rpartition("@")[2]
    try:
        own, name = _named(listed[1] if listed else ""), _named(sender)
    except ValueError:
        return None
    ours = own and (not name or own.rpartition("-")[2] == name.rpartition("-")[2])
    return own if ours else name


def _named(domain: str) -> str | None:
    return name_for(f"https://{domain}/") if "." in domain else None


def _in_browser(text: str) -> str | None:
    """The address at which a newsletter says that it can be read."""
    for url, inside in _LINK.findall(text):
        if _IN_BROWSER.search(unescape(_TAG.sub(" ", inside))):
            return absolute("", unescape(url))
    for line in text.splitlines()[:40]:
        if "<" not in line and _IN_BROWSER.search(line) and (found := _PLAIN_LINK.search(line)):
            return absolute("", found[1])
    return None


def _text(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, errors="replace")
    except LookupError:
        return body.decode("utf-8", errors="replace")
