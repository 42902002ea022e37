"""How fast a WARC file is imported, and in how much memory: `python -m bench.importing [RECORDS] [FOLDER]`.

The file has as many pages as asked for (10,000), of a tenth as many hosts, each with a request record, and images in
between. The pages are those of FOLDER, each again under other addresses, or invented ones where there is none.
Memory is the most that the importing process held, and the most of it and its workers together, looked at ten times a
second. Then the same file is imported again, and once more under another name, so that each record is looked up.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from bench.corpus import DEFAULT_FOLDER, load, sets
from pipelines.store.archive import Archive

_MEGA = 1024**2
_LETTERS = b"bcdfghjklmnpqrstvwxz"
_TEXT = re.compile(rb"(?is)(<(script|style)\b.*?</\2>)|>[^<]+<")
_KINDS = 500  # different pages at most, so that making the file takes no longer than reading it


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.importing", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("records", nargs="?", type=int, default=10_000, help="pages of the file")
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER, help="pages with known text")
    given = parser.parse_args()
    records, folder = given.records, given.folder
    with tempfile.TemporaryDirectory() as place:
        room = Path(place)
        path = room / "pages.warc.gz"
        raw = _write(path, records, folder if folder.exists() else None)
        size = path.stat().st_size
        print(f"{records:,} pages, {size / _MEGA:,.0f} MB packed, {raw / _MEGA:,.0f} MB of HTML")
        print(f"{'':44}{'seconds':>9}{'pages/s':>9}{'MB/s':>7}{'CPU s':>8}{'peak MB':>9}{'with workers':>14}")
        _show("imported, read, stored", records, size, *_import(room, path))
        _show("again: read before", records, size, *_import(room, path))
        other = shutil.copy(path, room / "other.warc.gz")
        _show("again under another name: each looked up", records, size, *_import(room, Path(other)))
        with Archive(room / "archive.db") as archive:
            counts = archive.counts()
        print(f"{counts['captures']:,} captures, {counts['articles']:,} articles, {counts['sources']:,} sources")


def _show(name: str, records: int, size: int, seconds: float, cpu: float, own: int, all_told: int) -> None:
    rates = f"{records / seconds:>9.1f}{size / _MEGA / seconds:>7.1f}"
    print(f"{name:44}{seconds:>9.1f}{rates}{cpu:>8.1f}{own / 1024:>9.0f}{all_told / 1024:>14.0f}", flush=True)


def _import(room: Path, path: Path) -> tuple[float, float, int, int]:
    """Seconds by the clock and of CPU, and kilobytes at most: of the process, and with all that it began."""
    began, before = time.monotonic(), os.times()
    command = [sys.executable, "-m", "pipelines.cli", "import", str(path), "--db", str(room / "archive.db")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    own = all_told = 0
    while process.poll() is None:
        held = _held(process.pid)
        own, all_told = max(own, held.get(process.pid, 0)), max(all_told, sum(held.values()))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"the import ended with {process.returncode}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - began, cpu, own, all_told


def _held(group: int) -> dict[int, int]:
    """Kilobytes of private and shared memory that each process of a session holds."""
    found: dict[int, int] = {}
    for place in Path("/proc").iterdir():
        with suppress(OSError, ValueError, StopIteration):  # it ended meanwhile, or is no process
            pid = int(place.name)
            if os.getsid(pid) == group:
                lines = (place / "status").read_text().splitlines()
                found[pid] = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return found


def _write(path: Path, records: int, folder: Path | None) -> int:
    """A WARC file of so many pages; returns the bytes of HTML in it."""
    dice = random.Random(1)
    bodies = list(itertools.islice(_bodies(folder), _KINDS))
    total = 0
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=True, warc_version="1.1")
        writer.gzip_level = 1
        for n in range(records):
            body = _other(bodies[n % len(bodies)], n // len(bodies))
            total += len(body)
            url = f"https://www.outlet{dice.randrange(max(1, records // 10))}.example/{n}/story"
            _put(writer, url, "response", body, "text/html; charset=utf-8")
            _put(writer, url, "request", b"", "")
            if n % 5 == 0:
                _put(writer, f"{url}.jpg", "response", dice.randbytes(20_000), "image/jpeg")
    return total


def _put(writer: WARCWriter, url: str, kind: str, body: bytes, mime: str) -> None:
    if kind == "request":
        http = StatusAndHeaders("GET / HTTP/1.1", [("User-Agent", "bench")], is_http_request=True)
    else:
        http = StatusAndHeaders("200 OK", [("Content-Type", mime)], protocol="HTTP/1.1")
    date = {"WARC-Date": "2024-05-01T10:00:00Z"}
    writer.write_record(
        writer.create_warc_record(url, kind, io.BytesIO(body), len(body), warc_headers_dict=date, http_headers=http)
    )


def _bodies(folder: Path | None) -> Iterator[bytes]:
    if folder is None:
        yield from (_invented(n) for n in range(_KINDS))
    else:
        names = sets(folder) if not (folder / "ground_truth.jsonl").is_file() else {folder.name: list(load(folder))}
        yield from (truth.body for truths in zip(*names.values(), strict=False) for truth in truths)


def _other(body: bytes, times: int) -> bytes:
    """The page in another tongue, as it were: the same structure, and no words that make it a copy."""
    if not times:
        return body
    turned = bytes.maketrans(_LETTERS, _LETTERS[times % 20 :] + _LETTERS[: times % 20])
    return _TEXT.sub(lambda found: found[0] if found[1] else found[0].translate(turned), body)


def _invented(n: int) -> bytes:
    dice = random.Random(n)
    words = ("council", "ferry", "harbour", "bridge", "school", "market", "people", "money", "debate", "engine")
    lines = "".join(f"<p>{' '.join(_word(dice, words) for _ in range(40)).capitalize()}.</p>" for _ in range(10))
    menu = "".join(f'<li><a href="/{n}/{m}">{dice.choice(words)} {m}</a></li>' for m in range(60))
    head = f"<!DOCTYPE html><html><head><title>{' '.join(dice.choices(words, k=7))}</title></head>"
    return f"{head}<body><nav><ul>{menu}</ul></nav><article><h1>Story {n}</h1>{lines}</article></body></html>".encode()


def _word(dice: random.Random, words: Sequence[str]) -> str:
    """A common word, or one that hardly any other page has."""
    return (
        dice.choice(words)
        if dice.random() < 0.5
        else f"{dice.choice(words)}{dice.choice('aeiou')}{dice.randrange(9999)}"
    )


if __name__ == "__main__":
    main()
