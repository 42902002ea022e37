"""The traps: what each serves, and what must become of it in the archive."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.hostile import answers
from tests.hostile.answers import Answer
from tests.hostile.prose import page
from tests.kiosk.stands import stands

#: Content codings that can be served here.
CODINGS = (
    "gzip",
    "deflate",
    *(name for name, module in (("br", "brotli"), ("zstd", "zstandard")) if importlib.util.find_spec(module)),
)
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Visit:
    """What a trap may know: how often it was visited before, the secret addresses, and when to give up."""

    before: int
    secret_port: int
    secret_port_6: int
    stopping: threading.Event


@dataclass(frozen=True, slots=True)
class Trap:
    """One trap. `expect` is what must become of it:

    article (read in full) · truncated, damaged (kept and marked) · failure (page over its limits) ·
    failed (not fetched) · refused (never asked for).
    """

    name: str
    expect: str
    answer: Callable[[Visit], Answer]
    body: tuple[str, ...] | None = None  # the paragraphs of the article in it, where `prose` did not make them


def traps() -> dict[str, Trap]:
    """Every trap by name."""
    return {one.name: one for part in _PARTS for one in part()}


def _heavy() -> Iterator[Trap]:
    # trafilatura takes time by the square of the phrases of a paragraph: for these, more than a minute
    phrases = f"<p>{'<b>a</b> ' * 150_000}</p>"
    yield Trap("slow-page", "failure", lambda _: answers.html(page("slow-page", after=phrases)))
    # 2 million paragraphs take it beyond 1 GB within 4 s
    yield Trap("memory-page", "failure", lambda _: answers.html(page("memory-page", after="<p>a" * (15 * _MIB // 8))))


def _odd() -> Iterator[Trap]:
    """Articles that are easily lost: every paragraph must arrive."""
    marks = {"vt": "&#11;", "esc": "&#27;", "soh": "&#1;", "fffe": "&#xFFFE;", "surrogate": "&#xD800;"}
    for name, mark in marks.items():
        yield _article(f"{name}-in-nav", nav=f"<b>{mark}</b>")
        yield _article(f"{name}-in-body", before=f"<p>A mark {mark} stands here.</p>")
    yield _article("nul-bytes", nav="\0", before="<p>A mark \0 stands here.</p>")
    yield _article("raw-controls", nav="\x0b", before="<p>A mark \x1b[31m stands here.</p>")
    for depth in (300, 2000):
        yield _article(f"nested-{depth}", before="<div>" * depth, after="</div>" * depth)
        yield _article(f"nested-{depth}-beside", after="<div>" * depth + "deep" + "</div>" * depth)


def _article(name: str, **around: str) -> Trap:
    return Trap(name, "article", lambda _: answers.html(page(name, **around)))


def _bombs() -> Iterator[Trap]:
    for coding in CODINGS:
        yield _coded(f"bomb-{coding}", "truncated", partial(answers.bomb, coding=coding))
    yield _coded("bomb-in-layers", "damaged", partial(answers.layered, layers=20))
    yield _coded("endless", "truncated", answers.endless)
    yield _coded("endless-with-length", "truncated", partial(answers.endless, length=10**14))


def _slow() -> Iterator[Trap]:
    yield Trap("drip", "failed", lambda visit: answers.drip(page("drip"), visit.stopping))
    yield Trap("silent", "failed", _silent)
    yield Trap("drip-in-head", "failed", _drip_in_head)


def _silent(visit: Visit) -> Answer:
    visit.stopping.wait()
    return Answer(status=503)


def _drip_in_head(visit: Visit) -> Answer:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Padding: " + b"a" * 1000
    return answers.raw(*(bytes([one]) for one in head), stopping=visit.stopping, seconds=0.5)


def _heads() -> Iterator[Trap]:
    """Answers whose head or framing no server should send."""

    def answer(head: bytes, text: bytes) -> Callable[[Visit], Answer]:
        return lambda _: answers.raw(head + b"\r\n\r\n" + text)

    def body(name: str) -> bytes:
        return page(name).encode()

    ok = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
    chunk = b"%x\r\n%b\r\n"
    yield Trap("no-length", "article", answer(b"HTTP/1.0 200 OK", body("no-length")))
    yield Trap("no-head", "failed", lambda _: answers.raw(body("no-head")))
    yield Trap("bad-chunk", "damaged", answer(
        ok + b"\r\nTransfer-Encoding: chunked", chunk % (200, body("bad-chunk")[:200]) + b"no length\r\nat all",
    ))  # fmt: skip
    yield Trap("one-huge-header", "failed", answer(ok + b"\r\nX-Long: " + b"a" * _MIB, body("one-huge-header")))
    many = b"".join(b"\r\nX-Header-%d: %b" % (n, b"a" * 1000) for n in range(5000))
    yield Trap("many-headers", "article", answer(ok + many, body("many-headers")))


def _charsets() -> Iterator[Trap]:
    """Articles whose charset is not what something says it is, or is said nowhere: every letter must arrive."""
    russian, japanese, french, arabic = (_told(slug) for slug in ("vestnik", "asagiri", "vallonne", "mina"))
    cases: dict[str, tuple[tuple[str, ...], str, str | None, str | None]] = {  # text, as sent, by header, by page
        "utf-8-said-windows-1251": (russian, "utf-8", "windows-1251", None),
        "utf-8-said-latin-1": (arabic, "utf-8", "iso-8859-1", None),
        "utf-8-said-utf-16": (french, "utf-8", "utf-16", None),
        "utf-8-said-shift-jis-by-page": (japanese, "utf-8", None, "shift_jis"),
        "utf-8-said-nonsense": (russian, "utf-8", "x-unknown", None),
        "utf-8-with-mark-said-latin-1": (french, "utf-8-sig", "iso-8859-1", None),
        "utf-16-with-mark": (russian, "utf-16", None, None),
        "windows-1251-said-utf-8": (russian, "windows-1251", "utf-8", "windows-1251"),
        "windows-1251-said-nowhere": (russian, "windows-1251", None, None),
        "shift-jis-by-page": (japanese, "shift_jis", None, "shift_jis"),
        "euc-jp-by-header": (japanese, "euc_jp", "euc-jp", None),
        "latin-1-by-header": (french, "iso-8859-1", "iso-8859-1", None),
    }
    for name, (body, sent, header, said) in cases.items():
        mime = "text/html" + (f"; charset={header}" if header else "")
        meta = f'<meta charset="{said}">' if said else ""
        text = "".join(f"<p>{one}</p>" for one in body)
        whole = f"<html><head>{meta}<title>{name}</title></head><body><article><h1>{name}</h1>{text}</article></body>"
        answer = Answer(mime=mime, body=whole.encode(sent, "xmlcharrefreplace"))
        yield Trap(f"charset-{name}", "article", partial(_always, answer), body)


def _told(slug: str) -> tuple[str, ...]:
    """Paragraphs of an outlet of the kiosk, of two articles."""
    desk = next(one for one in stands() if one.slug == slug)
    return tuple(line for one in desk.articles[:2] for line in one.body)


def _always(answer: Answer, _: Visit) -> Answer:
    return answer


def _redirects() -> Iterator[Trap]:
    """127.0.0.2 in many spellings, and schemes that are no web."""
    hosts = {
        "private": "127.0.0.2",
        "decimal": "2130706434",
        "hex": "0x7f000002",
        "octal": "0177.0.0.2",
        "short": "127.2",
        "mapped": "[::ffff:127.0.0.2]",
    }
    for name, host in hosts.items():
        yield Trap(f"redirect-{name}", "refused", partial(_to_secret, host))
    yield Trap("redirect-ipv6", "refused", lambda visit: answers.redirect(f"http://[::1]:{visit.secret_port_6}/secret"))
    yield Trap("redirect-file", "refused", lambda _: answers.redirect("file:///etc/passwd"))
    yield Trap("redirect-ftp", "refused", lambda _: answers.redirect("ftp://127.0.0.1/secret"))
    yield Trap("redirect-loop", "failed", lambda _: answers.redirect("/trap/redirect-loop"))


def _to_secret(host: str, visit: Visit) -> Answer:
    return answers.redirect(f"http://{host}:{visit.secret_port}/secret")


def _broken() -> Iterator[Trap]:
    yield _coded("cut-short", "damaged", answers.cut_short)
    for coding in CODINGS:
        yield _coded(f"cut-{coding}", "damaged", partial(answers.coded, coding=coding, part=0.6))
    yield _coded("declared-gzip-but-plain", "article", _declared)
    yield _coded("flipped-gzip", "damaged", partial(answers.coded, coding="gzip", flip=True))
    yield Trap("error-once", "article", _error_once)


def _declared(text: str) -> Answer:
    return Answer(headers={"Content-Encoding": "gzip"}, body=text.encode())


def _error_once(visit: Visit) -> Answer:
    return answers.html(page("error-once")) if visit.before else Answer(status=500, body=b"Try again.")


def _coded(name: str, expect: str, answer: Callable[[str], Answer]) -> Trap:
    return Trap(name, expect, lambda _: answer(page(name)))


_PARTS = (_heavy, _odd, _bombs, _slow, _heads, _charsets, _redirects, _broken)
#: Addresses that a feed may hold and no crawler may follow.
BAD_LINKS = (
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://[bad",
    "ftp://127.0.0.1/x",
    "data:text/html,x",
    "http://127.0.0.2/secret",
    "//",
    "",
)
