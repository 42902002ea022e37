"""Articles as a folder of Markdown files with YAML front matter, for Obsidian, static sites, git and plain eyes."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.exports.placing import put_file
from pipelines.exports.plain import address, one_line, plain
from pipelines.exports.rows import Row

_LONGEST = 80  # bytes of a name before the id: some file systems take 143 in all
#: Names that Windows keeps for itself.
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FACTS = (
    "id", "title", "description", "authors", "agency", "credit", "dateline", "source", "source_name", "section", "tags",
    "language",
    "published_at", "published_precision", "modified_at", "first_seen_at", "captured_at", "gone_at", "paywalled",
    "live", "url", "image", "word_count", "digest", "payload_digest", "reader_tags",
)  # fmt: skip
_FLAGS = ("paywalled", "live")
#: What Markdown or HTML would make something of at the start of a line, and anywhere.
_LINE_START = re.compile(r"^(\s*)(#{1,6}(?=\s|$)|[-+*=>](?=\s|$)|[-=_*]{2,}(?=\s*$)|\d{1,9}[.)](?=\s|$)|[`~]{3,}|\|)")
_INLINE = re.compile(r"[\\`*\[<]|(?<!\w)_|_(?!\w)|~(?=~)|&(?=#?\w+;)")


def write_markdown(articles: Iterable[Row], folder: Path) -> int:
    """A file for each article, below `folder`; those that say the same already stay untouched. How many did not."""
    return sum(put_file(folder, name_of(article), page_of(article).encode()) for article in articles)


def name_of(article: Row) -> str:
    """`SOURCE/YYYY/MM/slug-ID.md`, the same in every export: of the first title, and the month that the id holds."""
    month = (_EPOCH + timedelta(seconds=article["id"] >> 20)).strftime("%Y/%m")
    source = _folder(article["source_id"] or "no-source")
    slug = slug_of(article["first_title"] or article["title"] or "")
    return f"{source}/{month}/{slug}{'-' if slug else ''}{article['id']}.md"


def slug_of(title: str) -> str:
    """Words of a title in their own script, lower-case and joined by hyphens, cut between words where it can be."""
    composed = unicodedata.normalize("NFC", title.casefold())
    letters = "".join(char if unicodedata.category(char)[0] in "LNM" else _between(char) for char in composed)
    slug = "-".join(letters.split())
    if len(slug.encode()) <= _LONGEST:
        return slug
    cut = slug.encode()[: _LONGEST + 1].decode(errors="ignore")
    if "-" in cut:
        return cut.rpartition("-")[0]
    cut = slug[: len(cut) - 1]
    while cut and unicodedata.category(slug[len(cut)])[0] == "M":  # a letter keeps its marks, or goes with them
        cut = cut[:-1]
    return cut


def _between(char: str) -> str:
    """Nothing for an apostrophe or what nobody sees, else a blank."""
    return "" if char in "'’ʼ" or unicodedata.category(char) == "Cf" else " "


def _folder(source: str) -> str:
    name = re.sub(r"[^\w.-]+", "-", source.casefold()).strip(".- ") or "no-source"
    return f"{name}_" if _RESERVED.fullmatch(name) else name


def page_of(article: Row) -> str:
    """The whole file: front matter, title, standfirst, text, captions and links."""
    parts = [_front(article), f"# {_inline(one_line(article['title'] or '(no title)'))}"]
    if article["description"]:
        parts.append(f"*{_inline(one_line(article['description']))}*")
    parts += [_paragraph(block) for block in re.split(r"\n{2,}", plain(article["text"]).strip()) if block.strip()]
    parts += _listed("Captions", [_inline(one_line(_told(one))) for one in article["captions"]])
    parts += _listed("Links", [f"<{link}>" for one in article["links"] if (link := _link(_told(one)))])
    parts += _remarks(article.get("notes", []))
    return "\n\n".join(parts) + "\n"


def _remarks(notes: Sequence[Row]) -> list[str]:
    """What readers noted, each remark under who wrote it and when."""
    parts = ["## Notes"] if notes else []
    for one in notes:
        who = " ".join(filter(None, (_inline(one_line(one["author"])), one["made_at"])))
        parts += [
            f"*{who}*",
            *(_paragraph(block) for block in re.split(r"\n{2,}", plain(one["text"])) if block.strip()),
        ]
    return parts


def _front(article: Row) -> str:
    """YAML in which every text is a JSON string, and so needs no look at what it holds."""
    facts: dict[str, Any] = {**article, "source": article["source_id"]}
    lines = []
    for name in _FACTS:
        value = bool(facts[name]) if name in _FLAGS else facts.get(name)
        if value or name in ("id", "title", "word_count"):
            lines.append(f"{name}: {_yaml(value)}")
    return "\n".join(("---", *lines, "---"))


def _yaml(value: Any) -> str:
    if isinstance(value, str):
        # YAML takes these for the end of a line, or for nothing that may stand in a file
        return re.sub(
            "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", _escaped, json.dumps(one_line(value), ensure_ascii=False)
        )
    if isinstance(value, list):
        return f"[{', '.join(_yaml(one) for one in value)}]"
    return json.dumps(value)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _listed(heading: str, items: list[str]) -> list[str]:
    return [f"## {heading}", "\n".join(f"- {item}" for item in items)] if items else []


def _paragraph(block: str) -> str:
    """A paragraph whose lines stay lines, and in which nothing is markup."""
    return "  \n".join(_LINE_START.sub(_kept, _inline(line.strip())) for line in block.split("\n"))


def _kept(found: re.Match[str]) -> str:
    mark = found[2]
    return f"{found[1]}{mark[:-1]}\\{mark[-1]}" if mark[0].isdigit() else f"{found[1]}\\{mark}"


def _inline(text: str) -> str:
    return _INLINE.sub(lambda found: f"\\{found[0]}", text)


def _told(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _link(url: str) -> str:
    """A web address that can stand between < and >; empty for anything else."""
    return address(url) if re.match("https?://", url) else ""
