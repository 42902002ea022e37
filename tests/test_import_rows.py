"""Rows of other tools, mail, and lists of addresses: what each field becomes."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from pipelines.process import process
from pipelines.readers.files import parts_of
from pipelines.readers.found import Flaw, Found, Listed, Page, Passed, Skipped
from pipelines.recipe import Recipe
from pipelines.types import Article, Capture

LIMIT = 1024**2
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
URL = "https://post.example/news/ferry"
PARAGRAPHS = [
    "The ferry across the sound will return in May, the council said on Monday after a long debate about its cost.",
    "It had been stopped two years ago because its engine was worn, and no money was left to pay for another one.",
    "Until then pupils have to take the bridge, which costs them an hour more in the morning, as parents complain.",
]
TEXT = "\n".join(PARAGRAPHS)
STANDFIRST = "A ferry that stood still comes back in May."
HTML = (
    f'<!DOCTYPE html><html><head><meta charset="windows-1251"><title>Паром</title></head><body><article><h1>Ferry</h1>'
    f"{''.join(f'<p>{one}</p>' for one in PARAGRAPHS)}<p>Паром вернётся.</p></article></body></html>"
)


def read(path: Path, start: int = 0) -> list[Found]:
    os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    pieces: list[Found] = []
    for part in parts_of(path, True, LIMIT):
        assert not isinstance(part, Skipped), part.reason
        pieces += part.read(start)
    return pieces


def pages(pieces: list[Found]) -> list[Page]:
    return [one.what for one in pieces if isinstance(one.what, Page)]


def refused(path: Path) -> str:
    (one,) = parts_of(path, True, LIMIT)
    assert isinstance(one, Skipped)
    return one.reason


def article(capture: Capture) -> Article:
    outcome = process(capture, Recipe.default())
    assert isinstance(outcome, Article), outcome
    return outcome


NEWS_PLEASE = {
    "authors": ["Jane Barlow"], "date_download": "2024-05-03 08:00:00", "date_modify": "None",
    "date_publish": "2024-05-02 17:03:00", "description": STANDFIRST, "filename": "ferry.json", "image_url": None,
    "language": "en", "localpath": None, "title": "Ferry returns", "title_page": "Ferry returns | Post",
    "title_rss": None, "source_domain": "post.example", "maintext": TEXT, "url": URL,
}  # fmt: skip
NEWSPAPER4K = {
    "url": URL, "read_more_link": "", "language": "en", "title": "Ferry returns", "top_image": "", "meta_img": "",
    "images": [], "movies": [], "keywords": ["ferry"], "meta_keywords": ["harbour"], "tags": [],
    "authors": ["Jane Barlow"], "publish_date": "2024-05-02T17:03:00", "summary": "", "meta_description": STANDFIRST,
    "meta_lang": "en", "meta_favicon": "", "meta_site_name": "", "canonical_link": URL, "text": "\n\n".join(PARAGRAPHS),
}  # fmt: skip
FUNDUS = {
    "title": "Ferry returns", "authors": ["Jane Barlow"], "publishing_date": "2024-05-02 17:03:00+00:00",
    "topics": ["harbour"], "free_access": True, "images": [],
    "body": {"summary": [STANDFIRST], "sections": [{"headline": [], "paragraphs": PARAGRAPHS}]},
}  # fmt: skip
FUNDUS_PAGE = {
    **FUNDUS,
    "html": {
        "requested_url": URL, "responded_url": URL, "content": HTML, "crawl_date": "2024-05-03 08:00:00",
        "source_info": {"publisher": "Post"},
    },
}  # fmt: skip
TRAFILATURA = {
    "title": "Ferry returns", "author": "Jane Barlow; John Smith", "hostname": "post.example", "date": "2024-05-02",
    "fingerprint": "ab12", "id": None, "license": None, "comments": "", "raw_text": TEXT.replace("\n", " "),
    "text": TEXT, "language": None, "image": None, "pagetype": "article", "filedate": "2024-05-03", "source": URL,
    "source-hostname": "Post", "excerpt": STANDFIRST, "categories": "", "tags": "harbour;boats",
}  # fmt: skip
OURS = {
    "id": 1, "source_id": "post", "url": URL, "urlkey": "example,post)/news/ferry", "title": "Ferry returns",
    "description": STANDFIRST, "authors": ["Jane Barlow"], "tags": ["harbour"], "language": "en",
    "published_at": "2024-05-02T17:03:00Z", "published_precision": "second", "first_seen_at": "2024-05-03T08:00:00Z",
    "modified_at": None, "text": TEXT,
}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "tool", "dated"),
    [
        (NEWS_PLEASE, "news-please", True),
        (NEWSPAPER4K, "newspaper4k", False),
        (FUNDUS_PAGE, "fundus", True),
        (TRAFILATURA, "trafilatura", False),
        (OURS, "tearsheet", True),
    ],
)
def test_each_tools_row_becomes_an_article(tmp_path: Path, row: dict[str, Any], tool: str, dated: bool) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    (one,) = pages(read(path))
    assert one.dated is dated
    assert one.capture.entry is not None
    assert (one.capture.entry.kind, one.capture.entry.via) == ("import", f"rows.jsonl ({tool})")
    assert one.capture.fetched_at == (datetime(2024, 5, 3, 8, tzinfo=UTC) if dated else NOON)
    made = article(one.capture)
    assert made.url == URL
    assert made.text.split("\n\n")[: len(PARAGRAPHS)] == PARAGRAPHS
    assert made.title is not None
    assert made.title.startswith("Ferry")
    assert (made.authors[0], made.language) == ("Jane Barlow", "en")
    assert (made.published_at or "").startswith("2024-05-02")
    assert made.published_from == "import"


def test_a_page_that_a_tool_kept_is_read_from_the_page(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([FUNDUS_PAGE]), "utf-8")
    (one,) = pages(read(tmp_path / "a.json"))
    assert "Паром вернётся." in article(one.capture).text  # whatever its meta element says: the tool had decoded it


def test_a_row_without_an_address_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(FUNDUS), "utf-8")
    (one,) = pages(read(tmp_path / "a.json"))
    assert one.capture.url.startswith("urn:sha256:")
    made = article(one.capture)
    assert made.text.split("\n\n") == PARAGRAPHS
    assert made.description == STANDFIRST


@pytest.mark.parametrize("form", ["lines", "array", "pretty", "packed", "broken array"])
def test_rows_come_in_lines_or_arrays(tmp_path: Path, form: str) -> None:
    rows = [{**NEWS_PLEASE, "url": f"{URL}/{n}", "title": f'Ferry "{n}" {{returns'} for n in range(40)]
    text = {
        "lines": "\n".join(map(json.dumps, rows)),
        "array": json.dumps(rows),
        "pretty": json.dumps(rows, indent=4),
        "packed": "\n".join(map(json.dumps, rows)),
        "broken array": ",\n".join(json.dumps(row, indent=2) for row in rows) + "]",  # as newspaper4k's command does
    }[form]
    path = tmp_path / ("a.jsonl.gz" if form == "packed" else "a.json")
    path.write_bytes(gzip.compress(text.encode()) if form == "packed" else text.encode())
    pieces = read(path)
    assert [one.capture.url for one in pages(pieces)] == [row["url"] for row in rows]
    if form != "packed":
        rest = read(path, pieces[10].position)
        assert [one.capture.url for one in pages(rest)] == [row["url"] for row in rows[11:]]


def test_a_damaged_line_costs_no_other(tmp_path: Path) -> None:
    lines = [json.dumps({**NEWS_PLEASE, "url": f"{URL}/{n}"}) for n in range(5)]
    lines[1] = lines[1][:200]
    lines[2] = json.dumps({"quite": "another"})
    lines[3] = json.dumps({**NEWS_PLEASE, "maintext": "x" * 5 * LIMIT})
    path = tmp_path / "a.ndjson"
    path.write_text("\n".join(lines), "utf-8")
    pieces = read(path)
    kinds = [type(one.what) for one in pieces]
    assert kinds == [Page, Flaw, Passed, Flaw, Page]
    assert pieces[1].place == len(lines[0]) + 1


@pytest.mark.parametrize("content", ["{}", "[]", '{"a": 1}', '[{"url": "https://a.example/"}]', "{" * 100_000])
def test_other_json_is_skipped(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    assert "is application/json" in refused(tmp_path / "a.json")


def letter(**headers: str) -> EmailMessage:
    message = EmailMessage()
    told = {
        "From": "The Post <news@mail.post.example>",
        "Subject": "Ferry returns",
        "Date": "Thu, 02 May 2024 17:03:00 +0200",
    }
    for name, value in {**told, **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content("Read it in a better program.")
    html = HTML.replace('<meta charset="windows-1251">', "").replace(
        "<h1>", f'<a href="{URL}?a=1&amp;b=2">View in browser</a><h1>'
    )
    message.add_alternative(html, subtype="html", charset="koi8-r", cte="base64")
    return message


def test_a_newsletter_is_its_page(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(bytes(letter(List_Id="Morning <morning.post.example>")))
    (one,) = pages(read(tmp_path / "a.eml"))
    assert one.dated
    assert (one.capture.url, one.capture.source) == (f"{URL}?a=1&b=2", "morning-post")
    assert one.capture.fetched_at == datetime(2024, 5, 2, 15, 3, tzinfo=UTC)
    made = article(one.capture)
    assert made.text.endswith("Паром вернётся.")
    assert made.published_at == "2024-05-02T15:03:00Z"


def test_a_mailbox_is_read_letter_by_letter(tmp_path: Path) -> None:
    letters = [bytes(letter(Subject=f"Ferry {n}")) for n in range(4)]
    letters[1] = b"Subject: none\n\n"
    letters[2] = b"Subject: plain\nDate: nonsense\n\n>From all sides.\n" + TEXT.encode()
    path = tmp_path / "a.mbox"
    path.write_bytes(
        b"".join(b"From someone@post.example Thu May  2 15:03:00 2024\n" + one + b"\n\n" for one in letters)
    )
    pieces = read(path)
    assert [type(one.what) for one in pieces] == [Page, Flaw, Page, Page]
    plain = pages(pieces)[1].capture
    assert plain.body.startswith(b"From all sides.\n")
    assert (plain.mime, plain.fetched_at) == ("text/plain", NOON)
    assert [one.place for one in read(path, pieces[1].position)] == [pieces[2].place, pieces[3].place]


def test_a_page_saved_as_one_message_is_the_page(tmp_path: Path) -> None:
    head = f"From: <Saved by Blink>\r\nSnapshot-Content-Location: {URL}\r\nSubject: Ferry\r\n"
    head += "Date: Thu, 02 May 2024 17:03:00 -0000\r\n"
    kind = 'MIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="--b"\r\n\r\n'
    part = "----b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: 8bit\r\n"
    part += f"Content-Location: {URL}\r\n\r\n{HTML}\r\n"
    image = "----b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\naGFsbG8=\r\n----b--\r\n"
    (tmp_path / "a.mhtml").write_bytes((head + kind + part + image).encode())
    (one,) = pages(read(tmp_path / "a.mhtml"))
    assert (one.capture.url, one.capture.source, one.capture.mime) == (URL, None, "text/html")
    assert "engine was worn" in article(one.capture).text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "# mine\nhttps://a.example/1\n\n https://b.example/2?x=1 \r\nhttps://a.example/1\n"),
        ("a.csv", "title;address\nOne;https://a.example/1\nTwo;https://b.example/2?x=1\n"),
        ("a.csv", "https://a.example/1,first\nhttps://b.example/2?x=1,\n"),
        ("a.tsv", '\ufeffurl\tn\n"https://a.example/1"\t1\nhttps://b.example/2?x=1\t2\n'),
    ],
)
def test_a_file_of_addresses_is_a_list(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    listed = [one.what.entry for one in read(tmp_path / name) if isinstance(one.what, Listed)]
    assert [(one.url, one.kind) for one in listed] == [
        ("https://a.example/1", "list"), ("https://b.example/2?x=1", "list"),
    ]  # fmt: skip


def test_a_text_that_only_begins_with_an_address_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{URL}\n\n{TEXT}")
    assert pages(read(tmp_path / "a.txt"))[0].capture.mime == "text/plain"


@pytest.mark.parametrize(("name", "content"), [("a.html.gz", HTML), ("a.txt.gz", TEXT), ("a.gz", HTML)])
def test_packed_pages_are_read(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(content.encode()))
    assert pages(read(tmp_path / name))[0].capture.body == content.encode()


def test_what_unpacks_to_too_much_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(bytes(64) * LIMIT))
    assert "unpacks to more than the body_limit" in refused(tmp_path / "a.html.gz")
    (tmp_path / "b.html.gz").write_bytes(gzip.compress(HTML.encode())[:-30])
    assert "is cut off" in refused(tmp_path / "b.html.gz")
