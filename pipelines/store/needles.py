"""What a forgotten article is recognised by where other pages point to it: its addresses and its headlines.

They are sought in bytes, since a body may be in any charset and spell a character in a dozen ways.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

#: Charsets that a page may be in without our asking.
_CHARSETS = ("utf-8", "cp1252", "cp1250", "cp1251", "gb18030", "shift_jis", "euc_kr")
_FEWEST_WORDS, _SHORTEST = 3, 16  # of a headline that is not just any ("Weather", "Live")
_SHORTEST_SLUG = 10
_NAMED = {"'": "&apos;"}  # unknown to HTML 4
_PLAIN_NAMES = re.compile(r"(?:index|default|article|story|print|amp|main)\.?\w*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Needle:
    """A pattern for bytes, and a piece that every match has, lower case, to rule out most bodies quickly."""

    pattern: re.Pattern[bytes]
    hint: bytes

    def found(self, data: bytes, lowered: bytes) -> bool:
        """Whether it stands in the data, which is given in lower case too."""
        return self.hint in lowered and self.pattern.search(data) is not None


def of_addresses(urls: Iterable[str]) -> tuple[Needle, ...]:
    """Needles for addresses: the last part of the path where it says enough, else host, path and query."""
    return _needles(one for url in urls for one in _address(url))


def of_phrases(texts: Iterable[str | None]) -> tuple[Needle, ...]:
    """Needles for headlines and standfirsts that are long enough to be nobody else's."""
    return _needles((_spelled(text), _hint(text)) for text in map(_folded, texts) if _tells(text))


def any_found(needles: Iterable[Needle], data: bytes) -> bool:
    """Whether one of them stands in the data."""
    lowered = data.lower()
    return any(one.found(data, lowered) for one in needles)


def masked(needles: Iterable[Needle], text: str) -> str:
    """The text with black squares in the place of what was found, one for each character."""
    data = text.encode(errors="surrogatepass")
    lowered = data.lower()
    for one in needles:
        if one.hint in lowered:
            data = one.pattern.sub(_squares, data)
    return data.decode(errors="surrogatepass")


def _squares(match: re.Match[bytes]) -> bytes:
    return ("█" * len(match[0].decode(errors="surrogatepass"))).encode()


def _folded(text: str | None) -> str:
    return " ".join((text or "").split())


def _tells(text: str) -> bool:
    wide = sum(ord(char) > 0x2E80 for char in text)
    return len(text) + wide >= _SHORTEST and (text.count(" ") + 1 >= _FEWEST_WORDS or wide * 2 > len(text))


def _address(url: str) -> Iterable[tuple[str, bytes]]:
    """Patterns for one address, each with its hint."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    path = parts.path.rstrip("/")
    slug = path.rpartition("/")[2]
    tells = len(slug) >= _SHORTEST_SLUG and not _PLAIN_NAMES.fullmatch(slug) and re.search(r"[-_\d]|%", slug)
    forms = {slug, unquote(slug), quote(unquote(slug))} if tells and not parts.query else set()
    for form in forms:
        yield rf"(?<![\w-]){_spelled(form)}(?![\w-])", _hint(form)
    if not forms and parts.netloc and (path or parts.query):
        query = f"?{parts.query}" if parts.query else ""
        for form in {f"{path}{query}", f"{unquote(path)}{query}"}:
            host = _spelled(parts.netloc.removeprefix("www."))
            yield rf"""(?:{host}|["'(=>\s]){_spelled(form)}(?![\w%-])(?!/\w)""", _hint(form)


@lru_cache(maxsize=4096)
def _char(char: str) -> str:
    """A pattern for every spelling of one character, in bytes written as Latin-1."""
    if char == " ":
        return "(?:\\s|&nbsp;|&#160;|\\\\[nrt]|\xc2\xa0|\xa0)+"
    if char.isascii() and char.isalnum():
        return char
    forms = {_NAMED.get(char, ""), f"\\\\?{re.escape(char)}" if char.isascii() else ""}
    for one in {char, char.lower(), char.upper()} if len(char.lower()) == len(char.upper()) == 1 else {char}:
        number, name = ord(one), html.entities.codepoint2name.get(ord(one))
        forms |= {f"&#0*{number};", f"&#[xX]0*{number:x};", f"&{name};" if name else ""}
        forms |= {f"\\\\u{number:04x}"} if number < 0x10000 else set()
        if not one.isascii():
            forms |= {re.escape(one.encode(charset, "ignore").decode("latin-1")) for charset in _CHARSETS}
    return f"(?:{'|'.join(sorted(filter(None, forms), key=len, reverse=True))})"


def _spelled(text: str) -> str:
    return "".join(map(_char, text))


def _needles(patterns: Iterable[tuple[str, bytes]]) -> tuple[Needle, ...]:
    return tuple(
        Needle(re.compile(pattern.encode("latin-1"), re.IGNORECASE), hint) for pattern, hint in sorted(set(patterns))
    )


def _hint(text: str) -> bytes:
    """The longest run of plain letters and figures in a text: every spelling of it has them."""
    return max(re.findall(r"[A-Za-z0-9]+", text), key=len, default="").lower().encode()
