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


@pytest.mark.parametrize("indent", [None, 4])
def test_what_fundus_saves_to_a_file_is_read(tmp_path: Path, indent: int | None) -> None:
    """`crawl(save_to_file=…)` writes one object: a list of articles for each publisher."""
    images = [{"versions": [{"url": f"{URL}.jpg"}], "is_cover": True}]
    rows: list[dict[str, Any]] = [
        {"images": images, **FUNDUS_PAGE, "html": {"content": HTML, "requested_url": f"{URL}/{n}"}} for n in range(5)
    ]
    path = tmp_path / "articles.json"
    saved = {'The "Post"': rows[:2], "None": [], "Почта": rows[2:]}
    path.write_text(json.dumps(saved, indent=indent, ensure_ascii=False), "utf-8")
    pieces = read(path)
    urls = [f"{URL}/{n}" for n in range(5)]
    assert [one.capture.url for one in pages(pieces)] == urls
    for n, one in enumerate(pieces):
        assert [other.capture.url for other in pages(read(path, one.position))] == urls[n + 1 :]
    path.write_text(json.dumps(rows[0], indent=indent))  # an article of its own begins with an array, too
    assert [one.capture.url for one in pages(read(path))] == urls[:1]


def test_what_newspaper4k_writes_of_several_addresses_is_read(tmp_path: Path) -> None:
    first, second = json.dumps(NEWSPAPER4K), json.dumps({**NEWSPAPER4K, "canonical_link": f"{URL}/2"})
    (tmp_path / "a.json").write_text(f"[{first},]{second}]")
    assert [one.capture.url for one in pages(read(tmp_path / "a.json"))] == [URL, f"{URL}/2"]


def test_what_trafilatura_writes_without_metadata_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"text": TEXT, "comments": ""}))
    (one,) = pages(read(tmp_path / "a.json"))
    assert one.capture.url.startswith("urn:sha256:")
    assert article(one.capture).text.split("\n\n") == PARAGRAPHS


def test_the_first_row_may_be_another(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"error": "timeout"}}\n{json.dumps(NEWS_PLEASE)}\n')
    assert [type(one.what) for one in read(tmp_path / "a.jsonl")] == [Passed, Page]


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


@pytest.mark.parametrize(
    ("listed", "source"),
    [
        ("Morning <morning.post.example>", "morning-post"),
        ("8b2e list <8b2e.123.list-id.mcsv.net>", "mail-post"),  # of a company that sends for many
        ("none", "mail-post"),
    ],
)
def test_a_newsletter_belongs_to_its_outlet(tmp_path: Path, listed: str, source: str) -> None:
    (tmp_path / "a.eml").write_bytes(bytes(letter(List_Id=listed)))
    assert pages(read(tmp_path / "a.eml"))[0].capture.source == source


@pytest.mark.parametrize("note", ["", "See below."])
def test_a_newsletter_that_was_passed_on_is_the_newsletter(tmp_path: Path, note: str) -> None:
    outer = EmailMessage()
    outer["From"], outer["Subject"], outer["Date"] = "me@home.example", "Fwd: FW: x", "Fri, 03 May 2024 17:03:00 +0200"
    outer.set_content(note)
    outer.add_attachment(letter(Subject="Re: Ferry returns"))
    (tmp_path / "a.eml").write_bytes(bytes(outer))
    (one,) = pages(read(tmp_path / "a.eml"))
    assert (one.capture.url, one.capture.source) == (f"{URL}?a=1&b=2", "mail-post")
    assert one.capture.fetched_at.day == 2
    assert one.capture.entry is not None
    assert one.capture.entry.title == "Ferry returns"


def test_a_letter_with_another_one_attached_is_itself(tmp_path: Path) -> None:
    short = EmailMessage()
    short.set_content("I agree.")
    outer = letter()
    outer.make_mixed()
    outer.add_attachment(short)
    (tmp_path / "a.eml").write_bytes(bytes(outer))
    assert pages(read(tmp_path / "a.eml"))[0].capture.source == "mail-post"


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
        ("a.txt", "https://a.example/1 # first\n// mine\n\n<https://b.example/2?x=1>\t#second\n https://a.example/1"),
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


def test_a_line_of_a_list_that_is_no_address_is_told(tmp_path: Path) -> None:
    lines = (
        "https://a.example/1",
        "b.example/2",
        "",
        "https://a.example/3",
        "https://a b.example/",
        "https://a.example/6",
    )
    (tmp_path / "a.txt").write_text("\n".join(lines))
    told = [one.what for one in read(tmp_path / "a.txt")]
    assert [one.entry.url[-1] for one in told if isinstance(one, Listed)] == ["1", "3", "6"]
    assert [one.reason for one in told if isinstance(one, Flaw)] == [
        "line 2 is no address: 'b.example/2'",
        "line 5 is no address: 'https://a b.example/'",
    ]


def test_a_text_that_only_begins_with_an_address_is_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{URL}\n\n{TEXT}")
    assert pages(read(tmp_path / "a.txt"))[0].capture.mime == "text/plain"


@pytest.mark.parametrize(
    ("name", "content"), [("a.html.gz", HTML), ("a.txt.gz", TEXT), ("a.gz", HTML), ("a.html", HTML), ("a", TEXT)]
)
def test_packed_pages_are_read(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(content.encode()))
    assert pages(read(tmp_path / name))[0].capture.body == content.encode()


def test_what_unpacks_to_too_much_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(bytes(64) * LIMIT))
    assert "unpacks to more than the body_limit" in refused(tmp_path / "a.html.gz")
    (tmp_path / "b.html.gz").write_bytes(gzip.compress(HTML.encode())[:-30])
    assert "is cut off" in refused(tmp_path / "b.html.gz")
