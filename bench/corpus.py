"""Pages with known text, read from any of three layouts.

- a folder of sets, or one set: `html/<id>.html.gz` + `ground_truth.jsonl`
- a checkout of github.com/scrapinghub/article-extraction-benchmark
- a checkout of github.com/flairNLP/fundus, its test pages
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.types import Capture

DEFAULT_FOLDER = Path(__file__).parents[2] / "shared" / "corpus"
SEEN = datetime(2026, 1, 1, tzinfo=UTC)  # when a page was fetched, where nobody wrote it down
_FUNDUS = Path("tests", "resources", "parser", "test_data")
_ORDER = ("aeb", "fundus", "sites")


@dataclass(frozen=True, slots=True)
class Truth:
    """A page and what people say stands in it. None: they do not say."""

    id: str
    url: str
    body: bytes
    text: str
    title: str | None = None
    published: str | None = None  # an ISO date, with or without a zone
    authors: tuple[str, ...] | None = None
    fetched_at: datetime = SEEN
    standfirst: bool = False  # whether the standfirst belongs to `text`
    signed: bool = False  # whether bylines and dates may stand in `text`: to lose one is none

    @property
    def capture(self) -> Capture:
        """The page as it was fetched."""
        return Capture(url=self.url, fetched_at=self.fetched_at, body=self.body, mime="text/html")


def sets(folder: Path) -> dict[str, list[Truth]]:
    """The sets that `folder` is or holds, by name. Raises FileNotFoundError where there is none."""
    places = [folder] if _is_set(folder) else [one for one in sorted(folder.glob("*")) if _is_set(one)]
    if not places:
        raise FileNotFoundError(f"no pages with known text in {folder}")
    found = {_name(place): list(load(place)) for place in places}
    return dict(sorted(found.items(), key=lambda item: _ORDER.index(item[0]) if item[0] in _ORDER else len(_ORDER)))


def load(folder: Path) -> Iterator[Truth]:
    """The pages of one set, in whichever layout it is."""
    if (folder / "ground_truth.jsonl").is_file():
        return _own(folder)
    return _aeb(folder) if (folder / "ground-truth.json").is_file() else _fundus(folder / _FUNDUS)


def _is_set(folder: Path) -> bool:
    return any((folder / one).exists() for one in ("ground_truth.jsonl", "ground-truth.json", _FUNDUS))


def _name(folder: Path) -> str:
    """The folder's name; a checkout has more pages than the set of that name, and floors of its own."""
    if (folder / "ground_truth.jsonl").is_file():
        return folder.resolve().name
    return "aeb checkout" if (folder / "ground-truth.json").is_file() else "fundus checkout"


def _own(folder: Path) -> Iterator[Truth]:
    for line in (folder / "ground_truth.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Truth(
            id=row["id"],
            url=row["url"] or f"https://{row['host']}/",
            body=_page(folder / row["file"]),
            text=row["text"],
            title=row.get("title"),
            published=row.get("date"),
            authors=_names(row.get("authors")),
            fetched_at=_moment(row.get("crawl_date")),
            standfirst="summary_paragraphs" in row,
            signed="group" in row,
        )


def _aeb(folder: Path) -> Iterator[Truth]:
    rows = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    for name, row in rows.items():
        body = _page(folder / "html" / f"{name}.html.gz")
        yield Truth(id=name, url=row.get("url") or "https://example.org/", body=body, text=row.get("articleBody") or "")


def _fundus(folder: Path) -> Iterator[Truth]:
    for notes in sorted(folder.glob("*/meta.info")):
        seen = json.loads(notes.read_text(encoding="utf-8"))
        for truths in sorted(notes.parent.glob("*.json")):
            versions = json.loads(truths.read_text(encoding="utf-8"))
            pages = [name for name in seen if _outlet(name) == truths.stem and (notes.parent / name).is_file()]
            for name, row in _paired(pages, versions):
                yield Truth(
                    id=f"{notes.parent.name}-{name.removesuffix('.html.gz')}",
                    url=seen[name]["url"],
                    body=_page(notes.parent / name),
                    text="\n\n".join(_paragraphs(row["body"])),
                    title=row.get("title"),
                    published=row.get("publishing_date"),
                    authors=_names(row.get("authors")),
                    fetched_at=_moment(seen[name]["crawl_date"]),
                    standfirst=True,
                )


def _outlet(file: str) -> str:
    """`Gazette_Weekly_2024_05_03.html.gz` → `Gazette_Weekly`."""
    return re.sub(r"(_\d+){3}\.html\.gz$", "", file)


def _paired(pages: list[str], versions: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Each page with the parser version it stands for.

    Fundus keeps one page per parser version, and versions follow each other in time (V1, V1_1, V2): so the pages by
    date are the versions by number. Where a checkout lacks some, dates tell: a version and a page belong together
    that were published and crawled at most a year apart, the closest first.
    """
    pages = sorted(pages, key=_day)
    rows = [versions[name] for name in sorted(versions, key=lambda name: [int(n) for n in re.findall(r"\d+", name)])]
    if len(pages) == len(rows):
        return list(zip(pages, rows, strict=True))
    pairs: dict[str, int] = {}
    for age, page, n in sorted((_age(page, row), page, n) for page in pages for n, row in enumerate(rows)):
        if -1 <= age <= 365 and page not in pairs and n not in pairs.values():
            pairs[page] = n
    return [(page, rows[n]) for page, n in pairs.items()]


def _day(file: str) -> list[int]:
    return [int(n) for n in re.findall(r"_(\d+)(?=_|\.)", file)[-3:]]


def _age(file: str, row: dict[str, Any]) -> int:
    """Days from publishing to crawling."""
    year, month, day = _day(file)
    return (datetime(year, month, day) - datetime.fromisoformat(row["publishing_date"]).replace(tzinfo=None)).days


def _paragraphs(body: dict[str, Any]) -> list[str]:
    sections = [[*section["headline"], *section["paragraphs"]] for section in body["sections"]]
    return [*body["summary"], *(one for section in sections for one in section)]


def _page(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes())


def _names(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def _moment(text: str | None) -> datetime:
    moment = datetime.fromisoformat(text) if text else SEEN
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
