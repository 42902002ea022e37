"""Articles as BibTeX, which biblatex reads too: every field escaped, so that LaTeX prints what the page said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import BinaryIO

from pipelines.exports.citing import Name, Row, day_of, key_of, names_of, note_of, outlet_of
from pipelines.exports.plain import address, one_line

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "_": r"\_",
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: Languages as babel names them, so that hyphens and capitals are right.
_BABEL = {
    "ar": "arabic", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "fa": "persian", "fi": "finnish", "fr": "french", "he": "hebrew", "hi": "hindi", "hu": "hungarian", "it": "italian",
    "ja": "japanese", "ko": "korean", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish", "uk": "ukrainian", "zh": "chinese",
}  # fmt: skip


def write_bibtex(articles: Iterable[Row], out: BinaryIO) -> None:
    """An entry for each article, in UTF-8."""
    for article in articles:
        out.write(entry_of(article).encode())


def entry_of(article: Row) -> str:
    """One entry: an article of a newspaper, with its address and when it was captured; no outlet known, just a text."""
    outlet = escaped(outlet_of(article))
    issued, captured = day_of(article["published_at"]), day_of(article["captured_at"])
    fields = {
        "author": " and ".join(_author(name) for name in names_of(article)),
        # the inner braces keep capitals as they are
        "title": f"{{{escaped(article['title'])}}}" if article["title"] else "",
        "journal": f"{{{outlet}}}" if outlet else "",
        "date": "-".join(f"{part:02d}" for part in issued),
        "year": str(issued[0]) if issued else "",
        "month": _MONTHS[issued[1] - 1] if len(issued) > 1 and 1 <= issued[1] <= len(_MONTHS) else "",
        "url": address(article["url"]),
        "urldate": "-".join(f"{part:02d}" for part in captured),
        "langid": _BABEL.get((article["language"] or "")[:2], ""),
        "entrysubtype": "newspaper" if outlet else "",
        "note": escaped(note_of(article)),
    }
    lines = [f"  {name:12} = {_value(name, value)}," for name, value in fields.items() if value]
    return "\n".join((f"@{'article' if outlet else 'misc'}{{{key_of(article)},", *lines, "}", "", ""))


def escaped(text: str | None) -> str:
    """Text as LaTeX prints it unchanged; in what comes out, every brace has its partner."""
    return re.sub(r"[\\{}~^#$%&_]", lambda found: _SPECIAL[found[0]], one_line(text))


def _value(name: str, value: str) -> str:
    return value if name == "month" else f"{{{value}}}"  # months are words that BibTeX knows


def _author(name: Name) -> str:
    if name.literal:
        return f"{{{escaped(name.literal)}}}"
    family = " ".join(part for part in (name.particle, name.family) if part)
    parts = (family, name.suffix, name.given) if name.suffix else (family, name.given)
    return ", ".join(escaped(part) for part in parts)
