"""WARC files become captures: every record that can be read is, and what cannot is told with its place."""

from __future__ import annotations

import gzip
import hashlib
import random
import sys
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from pipelines.readers.files import parts_of
from pipelines.readers.found import Again, Flaw, Found, Page, Passed, Skipped
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


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.whatever"])
def test_a_response_keeps_what_its_server_said(tmp_path: Path, name: str) -> None:
    headers = (*HTML, ("Set-Cookie", "a=1"), ("X-Odd", ""), ("Set-Cookie", "b=2"))
    made = Made(URL, page(1), headers, date="2024-05-01T10:00:00.123Z")
    path = write(tmp_path / name, [made], gzip=name.endswith("gz"))
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
        Made("https://post.example/old", b"", (("Location", "/new"),), status="301 Moved"),
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
        "warcinfo record", "image/png", "redirect", "status 503", "text/plain", "request record", "no web address",
    ]  # fmt: skip
    assert [(one.capture.url[21:], one.capture.status) for one in captured(pieces)] == [
        ("gone", 404), ("none", 410), ("plain", 200), ("saved", 200),
    ]  # fmt: skip


def test_a_revisit_names_what_it_repeats(tmp_path: Path) -> None:
    more = (("WARC-Refers-To-Target-URI", URL), ("WARC-Refers-To-Date", "2024-05-01T10:00:00Z"))
    pieces = found(write(tmp_path / "a.warc.gz", [Made(URL, kind="revisit", date="2024-05-02T10:00:00Z", more=more)]))
    (again,) = [one.what for one in pieces if isinstance(one.what, Again)]
    assert (again.url, again.at, again.capture.fetched_at.day) == (URL, "2024-05-01T10:00:00Z", 2)


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


def test_zip_files_that_are_no_package_are_skipped(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as package:
        package.writestr("a.html", page(1))
    torn = tmp_path / "torn.wacz"
    torn.write_bytes((tmp_path / "a.zip").read_bytes()[:-30])
    reasons = [one.reason for path in sorted(tmp_path.iterdir()) for one in parts_of(path, True, LIMIT)]  # type: ignore[union-attr]
    assert "without WARCs" in reasons[0]
    assert "is binary" in reasons[1]


def test_what_is_made_to_fill_a_disk_is_left_alone() -> None:
    info = zipfile.ZipInfo("archive/a.warc")
    info.compress_size, info.file_size = 2**20, 2**40
    assert unsafe(info) == "unpacks to far more than it could hold"
