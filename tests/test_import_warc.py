"""WARC files become captures: every record that can be read is, and what cannot is told with its place."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import random
import re
import sys
import zipfile
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from pipelines.readers.files import parts_of
from pipelines.readers.found import Again, Flaw, Found, Moved, Page, Passed, Skipped
from pipelines.readers.wacz import unsafe
from tests.warcs import HTML, Made, changed, members, page, pages, write

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMIT = 1024**2
URL = "https://post.example/news/1"


def found(path: Path, start: int = 0, limit: int = LIMIT) -> list[Found]:
    read: list[Found] = []
    for part in parts_of(path, True, limit):
        assert not isinstance(part, Skipped), part
        read += part.read(start)
    return read


def captured(pieces: list[Found]) -> list[Page]:
    return [one.what for one in pieces if isinstance(one.what, Page)]


def flaws(pieces: list[Found]) -> list[Found]:
    return [one for one in pieces if isinstance(one.what, Flaw)]


def numbers(pieces: list[Found]) -> list[int]:
    return [int(one.capture.url.rpartition("/")[2]) for one in captured(pieces)]


def only(path: Path) -> Page:
    (one,) = captured(found(path))
    return one


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.whatever", "a.warc.gz.open", "a"])
def test_a_response_keeps_what_its_server_said(tmp_path: Path, name: str) -> None:
    headers = (*HTML, ("Set-Cookie", "a=1"), ("X-Odd", ""), ("Set-Cookie", "b=2"))
    made = Made(URL, page(1), headers, date="2024-05-01T10:00:00.123Z")
    path = write(tmp_path / name, [made], gzip=name not in ("a.warc", "a.whatever"))
    one = only(path)
    assert one.dated
    assert (one.capture.url, one.capture.status, one.capture.mime) == (URL, 200, "text/html")
    assert one.capture.body == page(1)
    assert one.capture.headers == headers
    assert one.capture.fetched_at.isoformat() == "2024-05-01T10:00:00.123000+00:00"
    assert one.capture.completeness == "whole"
    assert one.capture.wire_digest == hashlib.sha256(page(1)).hexdigest()
    assert one.capture.entry is not None
    assert one.capture.entry.kind == "import"
    assert (one.capture.entry.via or "").startswith(f"{name}#")


def chunks(body: bytes, size: int = 700) -> bytes:
    parts = [body[n : n + size] for n in range(0, len(body), size)]
    return b"".join(b"%x;name=value\r\n%s\r\n" % (len(one), one) for one in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("codings", "stored"),
    [
        ({"Content-Encoding": "gzip"}, gzip.compress),
        ({"Content-Encoding": "br"}, brotli.compress),
        ({"Content-Encoding": "zstd"}, zstd.compress),
        ({"Content-Encoding": "deflate"}, zlib.compress),
        ({"Transfer-Encoding": "chunked"}, chunks),
        ({"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"}, lambda body: chunks(gzip.compress(body))),
        ({"Content-Encoding": "br"}, bytes),  # whoever wrote it had undone them
        ({"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}, bytes),
    ],
)
def test_codings_are_undone(tmp_path: Path, codings: dict[str, str], stored) -> None:  # type: ignore[no-untyped-def]
    one = only(write(tmp_path / "a.warc.gz", [Made(URL, stored(page(1)), (*HTML, *codings.items()))]))
    assert one.capture.body == page(1)
    assert one.capture.completeness == "whole"


def test_a_body_that_was_cut_off_is_never_taken_for_whole(tmp_path: Path) -> None:
    coded = (*HTML, ("Content-Encoding", "gzip"))
    made = [
        Made(f"{URL}1", gzip.compress(page(1))[:-20], coded),
        Made(f"{URL}2", chunks(page(2))[:-900], (*HTML, ("Transfer-Encoding", "chunked"))),
        Made(f"{URL}3", page(3), more=(("WARC-Truncated", "length"),)),
        Made(f"{URL}4", page(4, words=400_000)),
    ]
    pieces = found(write(tmp_path / "a.warc.gz", made))
    assert [one.capture.completeness for one in captured(pieces)] == ["damaged", "damaged", "truncated", "truncated"]
    assert len(captured(pieces)[3].capture.body) == LIMIT
    assert len(flaws(pieces)) == 2


def test_what_is_no_page_is_passed_by_its_kind(tmp_path: Path) -> None:
    made = [
        Made("https://post.example/a.png", b"\x89PNG", (("Content-Type", "image/png"),)),
        Made("https://post.example/old", b"", (), status="301 Moved"),
        Made("https://post.example/old", b"", (("Location", "https://www.post.example/old/"),), status="301 Moved"),
        Made("https://post.example/busy", page(2), status="503 Busy"),
        Made("https://post.example/robots.txt", b"User-agent: *", (("Content-Type", "text/plain"),)),
        Made("https://post.example/1", b"GET", (), kind="request"),
        Made("dns:post.example", b"1.2.3.4", kind="resource"),
        Made("https://post.example/gone", page(3), status="404 Not Found"),
        Made("https://post.example/none", b"", (), status="410 Gone"),
        Made("https://post.example/plain", page(4), (("Content-Type", "text/plain"),)),
        Made("https://post.example/saved", page(5), kind="resource", more=(("Content-Type", "text/html"),)),
    ]
    pieces = found(write(tmp_path / "a.warc.gz", made))
    assert [one.what.what for one in pieces if isinstance(one.what, Passed)] == [
        "warcinfo record", "image/png", "status 301", "status 301", "status 503", "text/plain", "request record",
        "no web address",
    ]  # fmt: skip
    assert [(one.capture.url[21:], one.capture.status) for one in captured(pieces)] == [
        ("gone", 404), ("none", 410), ("plain", 200), ("saved", 200),
    ]  # fmt: skip


def test_a_redirect_names_where_it_leads(tmp_path: Path) -> None:
    pieces = found(
        write(tmp_path / "a.warc.gz", [Made(URL, b"", (("Location", "/news/2?x=1#top"),), status="302 Found")])
    )
    (moved,) = [one.what for one in pieces if isinstance(one.what, Moved)]
    assert (moved.capture.url, moved.capture.final_url, moved.capture.status) == (
        URL,
        "https://post.example/news/2?x=1",
        302,
    )


def test_a_revisit_of_what_is_no_page_is_passed(tmp_path: Path) -> None:
    made = [
        Made("https://post.example/a.png", b"", (("Content-Type", "image/png"),), kind="revisit"),
        Made("https://post.example/old", b"", (("Location", "/"),), kind="revisit", status="301 Moved"),
        Made("https://post.example/bare", b"", (), kind="revisit"),
        Made("https://post.example/same", b"", (), kind="revisit", status="304 Not Modified"),
    ]
    pieces = found(write(tmp_path / "a.warc.gz", made))
    assert [one.what.what for one in pieces if isinstance(one.what, Passed)] == [
        "warcinfo record", "image/png", "status 301",
    ]  # fmt: skip
    assert [one.what.capture.url[21:] for one in pieces if isinstance(one.what, Again)] == ["bare", "same"]
    assert not flaws(pieces)


def test_a_revisit_names_what_it_repeats(tmp_path: Path) -> None:
    more = (("WARC-Refers-To-Target-URI", URL), ("WARC-Refers-To-Date", "2024-05-01T10:00:00Z"))
    pieces = found(write(tmp_path / "a.warc.gz", [Made(URL, kind="revisit", date="2024-05-02T10:00:00Z", more=more)]))
    (again,) = [one.what for one in pieces if isinstance(one.what, Again)]
    assert (again.url, again.at, again.capture.fetched_at.day) == (URL, "2024-05-01T10:00:00Z", 2)


def record(
    url: str, block: bytes, head: str = "", *, date: str = "2024-05-01T10:00:00Z", kind: str = "response"
) -> bytes:
    """A record as programs of all kinds write them, line by line."""
    lines = ["WARC/1.0", f"WARC-Type: {kind}", f"WARC-Target-URI: {url}", f"WARC-Date: {date}", *head.splitlines()]
    whole = [*lines, "Content-Type: application/http; msgtype=response", f"Content-Length: {len(block)}", "", ""]
    return "\r\n".join(whole).encode() + block + b"\r\n\r\n"


def answer(n: int, head: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html") -> bytes:
    return head + b"\r\n\r\n" + page(n)


def test_what_wget_writes_of_what_it_has_already(tmp_path: Path) -> None:
    """It takes the digest of nothing for the block of a revisit."""
    nothing = base64.b32encode(hashlib.sha1(b"").digest()).decode()
    head = f"WARC-Block-Digest: sha1:{nothing}\nWARC-Truncated: length"
    path = tmp_path / "a.warc"
    path.write_bytes(record(f"<{URL}>", answer(1)[: -len(page(1))], head, kind="revisit"))
    (again,) = [one.what for one in found(path)]
    assert isinstance(again, Again)
    assert again.capture.url == URL


@pytest.mark.parametrize(
    ("said", "is_then"),
    [
        ("2024", "2024-01-01T00:00:00"),
        ("2024-05-03", "2024-05-03T00:00:00"),
        ("2024-05-03T17:03Z", "2024-05-03T17:03:00"),
        ("20240503170300", "2024-05-03T17:03:00"),
        ("2024-05-03T17:03:00.123456789Z", "2024-05-03T17:03:00"),
        ("2024-05-03T19:03:00+02:00", "2024-05-03T17:03:00"),
        ("none", "2024-05-04T08:00:00"),  # when the server says that it answered
        ("2024-13-03", "2024-05-04T08:00:00"),
    ],
)
def test_a_date_is_read_in_whatever_detail_it_has(tmp_path: Path, said: str, is_then: str) -> None:
    path = tmp_path / "a.warc"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nDate: Sat, 04 May 2024 08:00:00 GMT"
    path.write_bytes(record(URL, answer(1, head), date=said))
    assert only(path).capture.fetched_at.replace(microsecond=0).isoformat() == f"{is_then}+00:00"


def test_a_record_without_any_date_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(record(URL, answer(1), date="none"))
    assert [str(one.what) for one in found(path)] == [str(Flaw(f"of {URL}: its WARC-Date is no date"))]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\r\n", b"\n"),
        lambda data: data.replace(b"WARC-T", b"warc-t").replace(b"-Date", b"-date").replace(b"Content-L", b"content-l"),
        lambda data: data.replace(b": ", b":"),
        lambda data: data.replace(b"WARC/1.0", b"WARC/0.18"),
        lambda data: data.replace(b"HTTP/1.1 200 OK", b"HTTP/2 200"),
        lambda data: data.replace(b"HTTP/1.1 200 OK", b"HTTP/3.0 200 OK"),
        lambda data: data.replace(b"HTTP/1.1 200 OK", b"h2 200 "),
        lambda data: data.replace(b"HTTP/1.1 200 OK", b":status: 200"),
    ],
)  # fmt: skip
def test_headers_are_read_as_programs_write_them(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.warc"
    plain = change(record(URL, answer(1)))
    stop = re.search(rb"\r?\n\r?\n", plain).end()  # type: ignore[union-attr]
    size = len(plain) - stop - (4 if plain.endswith(b"\r\n") else 2)
    path.write_bytes(re.sub(rb"(?i)(content-length: ?)\d+", rb"\g<1>%d" % size, plain, count=1) * 2)
    pieces = found(path)
    assert [one.capture.body for one in captured(pieces)] == [change(page(1))] * 2
    assert not flaws(pieces)


def test_answers_on_the_way_to_the_answer_are_passed_over(tmp_path: Path) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    path = tmp_path / "a.warc"
    path.write_bytes(record(URL, interim + answer(1)))
    assert only(path).capture.body == page(1)


def test_headers_are_utf8_where_they_are(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-One: \xe4\r\nX-Two: \xe6\xb0\x91"
    path = tmp_path / "a.warc"
    path.write_bytes(record(URL, answer(1, head)))
    assert only(path).capture.headers[1:] == (("X-One", "\xe4"), ("X-Two", "\u6c11"))


@pytest.mark.parametrize("aside", ["X-Archive-Orig-", "x-orig-"])
def test_headers_that_were_set_aside_have_their_names_back(tmp_path: Path, aside: str) -> None:
    headers = (*HTML, (f"{aside}Content-Encoding", "br"), ("X-Orig-Host", "a"), ("Content-Length", str(len(page(1)))))
    one = only(write(tmp_path / "a.warc.gz", [Made(URL, page(1), headers)]))
    assert one.capture.headers == (*HTML, ("Content-Encoding", "br"), ("X-Orig-Host", "a"))
    assert (one.capture.body, one.capture.completeness) == (page(1), "whole")
    assert one.capture.wire_digest is None  # these are not the bytes that came


def test_a_body_that_is_shorter_than_announced_was_broken_off(tmp_path: Path) -> None:
    whole, more = str(len(page(1))), str(len(page(1)) + 10)
    made = [
        Made(f"{URL}1", page(1), (*HTML, ("Content-Length", whole))),
        Made(f"{URL}2", page(1), (*HTML, ("Content-Length", more))),
        Made(f"{URL}3", page(1), (*HTML, ("Content-Length", more), ("X-Crawler-Content-Encoding", "gzip"))),
        Made(f"{URL}4", page(1), (*HTML, ("Content-Length", "7"))),
    ]
    pieces = found(write(tmp_path / "a.warc.gz", made))
    assert [one.capture.completeness for one in captured(pieces)] == ["whole", "truncated", "whole", "whole"]


@pytest.mark.parametrize("order", ["after", "before"])
def test_the_request_is_kept_beside_but_for_secrets(tmp_path: Path, order: str) -> None:
    sent = (("User-Agent", "someone"), ("Cookie", "me"), ("Authorization", "too"))
    page_id, other = (
        "<urn:uuid:11111111-1111-1111-1111-111111111111>",
        "<urn:uuid:22222222-1111-1111-1111-111111111111>",
    )
    response = Made(URL, page(1), more=(("WARC-Record-ID", page_id), ("WARC-Concurrent-To", other)))
    request = Made(URL, b"", sent, kind="request", more=(("WARC-Record-ID", other), ("WARC-Concurrent-To", page_id)))
    made = [response, request] if order == "after" else [request, response]
    pieces = found(write(tmp_path / "a.warc.gz", [*made, Made(f"{URL}2", page(2))]))
    assert [one.capture.request for one in captured(pieces)] == [(("User-Agent", "someone"),), ()]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "md5"])
@pytest.mark.parametrize("field", ["WARC-Block-Digest", "WARC-Payload-Digest"])
def test_a_digest_that_does_not_match_is_told_and_the_page_kept_as_damaged(
    tmp_path: Path, algorithm: str, field: str
) -> None:
    good, bad = (getattr(hashlib, algorithm)(body).hexdigest() for body in (page(1), b"other"))
    made = [
        Made(f"{URL}0", page(1), more=((field, f"{algorithm}:{bad}"),)),
        Made(f"{URL}1", page(1), more=(("WARC-Payload-Digest", f"{algorithm.upper()}:{good}"),)),
    ]
    pieces = found(write(tmp_path / "a.warc.gz", made))
    assert [one.capture.completeness for one in captured(pieces)] == ["damaged", "whole"]
    (flaw,) = flaws(pieces)
    assert "digest does not match" in str(flaw.what)
    assert flaw.place == pieces[1].place


def test_a_payload_digest_may_be_of_any_form_of_the_payload(tmp_path: Path) -> None:
    headers = (*HTML, ("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip"))
    packed = gzip.compress(page(1))
    made = [
        Made(
            f"{URL}{n}",
            chunks(packed),
            headers,
            more=(("WARC-Payload-Digest", f"sha1:{hashlib.sha1(one).hexdigest()}"),),
        )
        for n, one in enumerate((chunks(packed), packed, page(1)))
    ]
    pieces = found(write(tmp_path / "a.warc.gz", made))
    assert [one.capture.completeness for one in captured(pieces)] == ["whole"] * 3


@pytest.mark.parametrize("packed", [True, False])
def test_one_flipped_byte_costs_one_record_at_most(tmp_path: Path, packed: bool) -> None:
    path = write(tmp_path / "a.warc", pages(40), gzip=packed)
    whole = path.read_bytes()
    assert numbers(found(path)) == list(range(40))
    dice = random.Random(1)
    for _ in range(60):
        at = dice.randrange(400, len(whole))
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << dice.randrange(8))]) + whole[at + 1 :])
        pieces = found(path)
        good = [one for one in captured(pieces) if one.capture.completeness == "whole"]
        assert len(good) >= 39, at
        assert len(good) == 40 or flaws(pieces), at
        known = {page(n) for n in range(40)}
        assert all(one.capture.body in known for one in good), at


@pytest.mark.parametrize("packed", [True, False])
def test_a_torn_tail_is_told_and_all_before_it_read(tmp_path: Path, packed: bool) -> None:
    path = changed(write(tmp_path / "a.warc", pages(5), gzip=packed), lambda data: data.__delitem__(slice(-200, None)))
    pieces = found(path)
    assert [one.capture.completeness for one in captured(pieces)] in (["whole"] * 4, [*["whole"] * 4, "truncated"])
    (flaw,) = flaws(pieces)
    assert "is cut off" in str(flaw.what)


@pytest.mark.parametrize("between", [b"", b"garbage" * 99, bytes(5000), b"\n", b"\xef\xbb\xbf"])
def test_records_after_a_torn_one_are_read_wherever_they_begin(tmp_path: Path, between: bytes) -> None:
    path = write(tmp_path / "a.warc", pages(6), gzip=False)
    data = path.read_bytes()
    starts = [match.start() for match in re.finditer(rb"WARC/1\.1\r\n", data)]
    path.write_bytes(between + data[: starts[4] - 300] + between + data[starts[4] :])
    pieces = found(path)
    assert numbers([one for one in pieces if one not in flaws(pieces)]) == [0, 1, 2, 3, 4, 5]
    assert [one.capture.completeness == "whole" for one in captured(pieces)] == [n != 2 for n in range(6)]


@pytest.mark.parametrize("packed", [True, False])
def test_a_file_whose_beginning_is_lost_is_read_from_the_next_record_on(tmp_path: Path, packed: bool) -> None:
    path = write(tmp_path / ("a.warc.gz" if packed else "a.warc"), pages(6), gzip=packed)
    changed(path, lambda data: data.__delitem__(slice(0, 500)))
    pieces = found(path)
    assert numbers(pieces)[-4:] == [2, 3, 4, 5]
    assert flaws(pieces)


def test_records_after_a_torn_and_continued_record_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.warc.gz", pages(6))
    start, stop = members(path.read_bytes())[3]
    changed(path, lambda data: data.__delitem__(slice(start + 60, stop)))
    pieces = found(path)
    assert numbers(pieces) == [0, 1, 3, 4, 5]
    assert [one.place for one in flaws(pieces)] == [start]


@pytest.mark.parametrize("length", [b"0", b"17", b"3000", b"70000", b"99999999", b"999999999999"])
def test_a_length_that_lies_loses_no_record(tmp_path: Path, length: bytes) -> None:
    path = write(tmp_path / "a.warc", pages(30), gzip=False)

    def lie(data: bytearray) -> None:
        record = data.index(b"WARC-Target-URI: https://post.example/news/12\r\n")
        start = data.index(b"Content-Length: ", record) + len(b"Content-Length: ")
        data[start : data.index(b"\r\n", start)] = length

    pieces = found(changed(path, lie))
    assert numbers(pieces) == list(range(30))
    assert all(one.capture.completeness == "whole" for one in captured(pieces))  # the block digest says so


def test_a_length_that_lies_without_a_digest_gives_a_damaged_page(tmp_path: Path) -> None:
    path = write(tmp_path / "a.warc", pages(3), gzip=False)
    data = path.read_bytes()
    for said in (b"WARC-Block-Digest", b"WARC-Payload-Digest"):
        data = data.replace(said, b"X" * len(said))
    start = data.index(b"Content-Length: ", data.index(b"/news/1\r\n")) + 16
    path.write_bytes(data[:start] + b"40000" + data[data.index(b"\r\n", start) :])
    pieces = found(path)
    assert [one.capture.completeness for one in captured(pieces)] == ["whole", "damaged", "whole"]
    assert captured(pieces)[1].capture.body == page(1)
    assert [str(one.what) for one in flaws(pieces)] == [str(Flaw(f"of {URL}: its Content-Length is wrong"))]


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.warc.zst"])
def test_reading_can_go_on_from_every_position(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "a", pages(12), gzip=name.endswith("gz"))
    data = path.read_bytes()
    if name.endswith("zst"):
        starts = [n for n in range(len(data)) if data.startswith(b"WARC/1.1\r\n", n)] + [len(data)]
        data = b"".join(zstd.compress(data[a:b]) for a, b in pairwise(starts))
    path = tmp_path / name
    path.write_bytes(data)
    pieces = found(path)
    assert numbers(pieces) == list(range(12))
    for n, one in enumerate(pieces):
        assert [other.place for other in found(path, one.position)] == [other.place for other in pieces[n + 1 :]]
    assert pieces[-1].position == len(data)


def test_one_gzip_member_around_all_records_is_read(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.warc", pages(30), gzip=False).read_bytes()
    path = tmp_path / "b.warc.gz"
    path.write_bytes(gzip.compress(plain[:20_000]) + gzip.compress(plain[20_000:]))
    assert numbers(found(path)) == list(range(30))


def test_a_zstd_file_with_a_dictionary_is_read(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.warc", pages(20), gzip=False).read_bytes()
    starts = [n for n in range(len(plain)) if plain.startswith(b"WARC/1.1\r\n", n)] + [len(plain)]
    records = [plain[a:b] for a, b in pairwise(starts)]
    dictionary = zstd.train_dict(records, 4000)
    body = zstd.compress(dictionary.dict_content)
    head = b"\x5d\x2a\x4d\x18" + len(body).to_bytes(4, "little") + body
    path = tmp_path / "b.warc.zst"
    path.write_bytes(head + b"".join(zstd.compress(one, zstd_dict=dictionary) for one in records))
    assert numbers(found(path)) == list(range(20))


def wacz(path: Path, warc: Path, said: str, *, kind: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as package:
        package.write(warc, "archive/data.warc.gz")
        package.writestr("pages/pages.jsonl", "{}")
        listed = f'{{"resources": [{{"path": "archive/data.warc.gz", "hash": "sha256:{said}"}}]}}'
        package.writestr("datapackage.json", listed)
    return path


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wacz_is_read_and_its_digests_checked(tmp_path: Path, kind: int) -> None:
    warc = write(tmp_path / "a.warc.gz", pages(5))
    digest = hashlib.sha256(warc.read_bytes()).hexdigest()
    pieces = found(wacz(tmp_path / "a.wacz", warc, digest, kind=kind))
    assert (numbers(pieces), flaws(pieces)) == ([0, 1, 2, 3, 4], [])
    pieces = found(wacz(tmp_path / "b.wacz", warc, "0" * 64, kind=kind))
    assert numbers(pieces) == [0, 1, 2, 3, 4]
    assert "is not what datapackage.json says" in str(flaws(pieces)[0].what)


@pytest.mark.parametrize(
    "listed",
    ["", "[]", '{"resources": 7}', '{"resources": [{"path": 7, "hash": 8}]}', '{"resources": [7]}', "{" * 9999],
)
def test_a_wacz_whose_list_is_nonsense_is_read_without_it(tmp_path: Path, listed: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.wacz", "w") as package:
        package.write(write(tmp_path / "a.warc.gz", pages(3)), "archive/data.warc.gz")
        package.writestr("datapackage.json", listed)
    pieces = found(tmp_path / "a.wacz")
    assert (numbers(pieces), flaws(pieces)) == ([0, 1, 2], [])


def test_a_part_of_a_wacz_that_is_missing_is_told(tmp_path: Path) -> None:
    warc = write(tmp_path / "a.warc.gz", pages(3))
    with zipfile.ZipFile(tmp_path / "a.wacz", "w") as package:
        package.write(warc, "archive/data.warc.gz")
        listed = [{"path": f"archive/{name}.warc.gz", "hash": f"sha256:{'0' * 64}"} for name in ("data", "more")]
        package.writestr("datapackage.json", json.dumps({"resources": listed}))
    pieces = found(tmp_path / "a.wacz")
    assert numbers(pieces) == [0, 1, 2]
    assert sorted(str(one.what) for one in flaws(pieces)) == sorted(
        (
            str(Flaw("is missing, though datapackage.json names it")),
            str(Flaw("is not what datapackage.json says; its records are read all the same")),
        )
    )


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_one_flipped_byte_in_a_wacz_costs_one_record_at_most(tmp_path: Path, kind: int) -> None:
    """Of one that is stored as it is, as they are to be; a deflated one is read as far as it goes."""
    warc = write(tmp_path / "a.warc.gz", pages(200))
    path = wacz(tmp_path / "a.wacz", warc, hashlib.sha256(warc.read_bytes()).hexdigest(), kind=kind)
    whole = path.read_bytes()
    for at in (len(whole) // 3, len(whole) // 2, len(whole) * 3 // 4):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 8]) + whole[at + 1 :])
        pieces = found(path)
        assert "is not what datapackage.json says" in str(flaws(pieces)[0].what)
        if kind == zipfile.ZIP_STORED:
            assert len(set(numbers(pieces))) >= 199


@pytest.mark.parametrize(
    ("change", "least"),
    [
        (lambda data: data.__delitem__(slice(data.index(b"PK\x01\x02"), None)), 40),
        (lambda data: data.__delitem__(slice(len(data) // 2, None)), 15),
        (lambda data: data.__delitem__(slice(0, 900)), 36),
    ],
)
def test_what_is_left_of_a_torn_wacz_is_read(tmp_path: Path, change: Callable[[bytearray], object], least: int) -> None:
    warc = write(tmp_path / "a.warc.gz", pages(40))
    path = changed(wacz(tmp_path / "a.wacz", warc, ""), change)
    pieces = found(path)
    assert len(captured(pieces)) >= least
    assert "is no whole zip file" in str(flaws(pieces)[0].what)


def test_a_warc_that_ends_in_a_zip_file_is_a_warc(tmp_path: Path) -> None:
    (inner := io.BytesIO()).write(b"")
    with zipfile.ZipFile(inner, "w") as package:
        package.writestr("a.txt", "hello")
    made = [*pages(3), Made("https://post.example/a.zip", inner.getvalue(), (("Content-Type", "application/zip"),))]
    assert numbers(found(write(tmp_path / "a.warc", made, gzip=False))) == [0, 1, 2]


def test_zip_files_that_are_no_package_are_skipped(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        package.writestr("a.html", page(1))
    torn = tmp_path / "torn.zip"
    torn.write_bytes((tmp_path / "a.zip").read_bytes()[:-30])
    reasons = [one.reason for path in sorted(tmp_path.iterdir()) for one in parts_of(path, True, LIMIT)]  # type: ignore[union-attr]
    assert "without WARCs" in reasons[0]
    assert "is application/zip" in reasons[1]


def test_what_is_made_to_fill_a_disk_is_left_alone() -> None:
    info = zipfile.ZipInfo("archive/a.warc")
    info.compress_size, info.file_size = 2**20, 2**40
    assert unsafe(info) == "unpacks to far more than it could hold"
