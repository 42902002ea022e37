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

#: Content codings that can be served here.
CODINGS = (
    "gzip",
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


def traps() -> dict[str, Trap]:
    """Every trap by name."""
    return {one.name: one for part in (_heavy, _odd, _bombs, _slow, _redirects, _broken) for one in part()}


def _heavy() -> Iterator[Trap]:
    # three megabytes keep trafilatura busy for more than 30 s, in less than 700 MB
    yield Trap("slow-page", "failure", lambda _: answers.html(page("slow-page", after="<br>" * (3 * _MIB // 4))))
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
    yield _coded("endless", "truncated", answers.endless)


def _slow() -> Iterator[Trap]:
    yield Trap("drip", "failed", lambda visit: answers.drip(page("drip"), visit.stopping))
    yield Trap("silent", "failed", _silent)


def _silent(visit: Visit) -> Answer:
    visit.stopping.wait()
    return Answer(status=503)


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
    yield _coded("flipped-gzip", "damaged", partial(answers.coded, coding="gzip", flip=True))
    yield Trap("error-once", "article", _error_once)


def _error_once(visit: Visit) -> Answer:
    return answers.html(page("error-once")) if visit.before else Answer(status=500, body=b"Try again.")


def _coded(name: str, expect: str, answer: Callable[[str], Answer]) -> Trap:
    return Trap(name, expect, lambda _: answer(page(name)))


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
