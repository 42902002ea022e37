"""How fast pages are crawled, read and stored, beside plain Scrapy that only fetches: `python -m bench.crawl [FOLDER]`.

Both fetch the same pages from the same server on this machine, one after the other, in processes of their own. The
time runs from the first page asked for until the process has ended, so nothing left to store is forgiven.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.corpus import DEFAULT_FOLDER
from pipelines.store.archive import Archive

_PLAIN = """
import scrapy

class Plain(scrapy.Spider):
    name = "plain"

    def __init__(self, file, **kwargs):
        super().__init__(**kwargs)
        self.start_urls = open(file).read().split()

    def parse(self, response):
        self.crawler.stats.inc_value("bytes", len(response.body))
"""


def main(folder: Path = DEFAULT_FOLDER, pages: int = 1200) -> float:
    """Print the table; returns pages per second as a ratio to plain Scrapy."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.pageserver", str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    base = f"http://127.0.0.1:{int(server.stdout.readline())}"
    try:
        with tempfile.TemporaryDirectory() as place:
            room = Path(place)
            addresses = room / "addresses.txt"
            addresses.write_text("\n".join(f"{base}/p/{n}/story-of-the-day-{n}" for n in range(pages)), "utf-8")
            rates = [_plain(room, addresses, base, pages), _ours(room, addresses, base, pages)]
    finally:
        server.kill()
        server.wait()
    print(f"{'crawl':52}{'pages per second':>18}{'ratio':>8}")
    for name, rate in zip(
        ("plain Scrapy, default settings, nothing processed", "tearsheet: fetched, read, stored"), rates, strict=True
    ):
        print(f"{name:52}{rate:>18.1f}{rate / rates[0]:>8.2f}")
    return rates[1] / rates[0]


def _plain(room: Path, addresses: Path, base: str, pages: int) -> float:
    spider = room / "plain.py"
    spider.write_text(_PLAIN, encoding="utf-8")
    command = ["runspider", str(spider), "-a", f"file={addresses}", "-s", "LOG_LEVEL=WARNING"]
    return _timed(command, base, pages, {"SCRAPY_PROJECT": ""}, room)


def _ours(room: Path, addresses: Path, base: str, pages: int) -> float:
    sources = room / "sources.toml"
    sources.write_text(
        f'[archive]\nallow_private_networks = true\ndelay = 0\n\n[source.bench]\nhomepage = "{base}/"\n',
        encoding="utf-8",
    )
    settings = {"TEARSHEET_DB": str(room / "bench.db"), "TEARSHEET_SOURCES": str(sources)}
    command = ["crawl", "urls", "-a", "sources=bench", "-a", f"file={addresses}", "-s", "TEARSHEET_QUIET=1"]
    rate = _timed(command, base, pages, {**settings, "SCRAPY_SETTINGS_MODULE": "crawler.settings"}, Path.cwd())
    with Archive(room / "bench.db") as archive:
        kept = archive.counts()["captures"]
    assert kept == pages, f"{kept} of {pages} pages were kept"
    return rate


def _timed(command: list[str], base: str, pages: int, settings: dict[str, str], cwd: Path) -> float:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SCRAPY", "TEARSHEET"))}
    run = subprocess.run(
        [sys.executable, "-m", "scrapy", *command],
        cwd=cwd,
        env={**environment, **settings},
        stderr=subprocess.PIPE,
        check=False,
    )
    ended = time.time()
    assert run.returncode == 0, run.stderr.decode()[-2000:]
    with urllib.request.urlopen(f"{base}/first") as answer:
        first = float(answer.read())
    return pages / (ended - first)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
