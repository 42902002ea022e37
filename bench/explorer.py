"""How fast the explorer's pages are: `python -m bench.explorer [--rows 100000] [--times 20] [--keep FILE]`.

An archive is invented (or the one in FILE is taken, where it is there), opened by `tearsheet serve`, and every page is
asked for many times, each time with another article, source, word or rule. Beside the time a reader waits stands the
CPU time that the server took, which says the same on a machine that has other work. Weight is a page with its sheets.
"""

from __future__ import annotations

import argparse
import http.client
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlite_utils.utils import sqlite3

from bench.stocked import fill
from pipelines.explore.questions import questions

_PAGE, _SEARCH = 100, 150  # ms, at 95 of 100 requests
_WEIGHT = 150  # kB
_PATIENCE = 60  # seconds
_SHEET = re.compile(rb'(?:<link rel="stylesheet" href|<script[^>]* src)="([^"]+)"')
_OFTEN, _MID, _RARER = "in most texts", "in one of ten", "in one of a hundred"
#: Which share of the sampled texts a word of each sort stands in.
_COMMON = {_OFTEN: (0.6, 1.0), _MID: (0.08, 0.12), _RARER: (0.005, 0.015)}
_SAMPLE = 400  # texts


@dataclass(slots=True)
class Asked:
    """What the requests for one kind of page came to."""

    waited: list[float] = field(default_factory=list)  # ms
    worked: list[float] = field(default_factory=list)  # ms of CPU
    weight: int = 0  # bytes of the heaviest, where it is a page and no data
    answers: set[int] = field(default_factory=set)
    slowest: str = ""


class Served:
    """The archive in a real `tearsheet serve`."""

    def __init__(self, db: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "pipelines.cli", "serve", "--db", str(db), "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                self.get("/-/versions.json")
                return
            except OSError:
                self._line.close()
                if self._process.poll() is not None or time.monotonic() > until:
                    raise SystemExit("the server did not start") from None
                time.sleep(0.1)

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        self._line.request("GET", path)
        answer = self._line.getresponse()
        return answer.status, answer.read()

    def worked(self) -> float:
        """Milliseconds of CPU that the process has taken, of all its threads."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(one.read_text().split()[0]) for one in tasks) / 1e6

    def peak(self) -> int:
        """Megabytes of memory that the process had at most."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+)", status)
        return int(found[1]) // 1024 if found else 0

    def stop(self) -> None:
        """End it."""
        self._line.close()
        self._process.terminate()
        self._process.wait()


@contextmanager
def archive(rows: int, keep: Path | None) -> Iterator[Path]:
    """The archive to ask: `keep` if it is there, or one that is made."""
    if keep and keep.exists():
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="tearsheet-bench-") as folder:
        path = keep or Path(folder, "archive.db")
        fill(path, rows, until=datetime.now(UTC))
        print(f"{rows:,} articles made in {time.process_time():.0f} s of CPU, {path.stat().st_size / 1e9:.1f} GB")
        yield path


def pages(db: Path, times: int) -> dict[str, list[str]]:
    """Addresses to ask for, by kind of page; what they ask of is spread over the whole archive."""
    dice, connection = random.Random(7), sqlite3.connect(f"file:{db}?mode=ro", uri=True)
    try:
        first, last = connection.execute("SELECT min(id), max(id) FROM articles").fetchone()

        def some(sql: str, count: int = times) -> list[Any]:
            """Rows at or after ids that are drawn by chance."""
            drawn = (dice.randint(first, last) for _ in range(count))
            return [row for number in drawn if (row := connection.execute(sql, (number,)).fetchone())]

        def any_of(sql: str) -> list[str]:
            return dice.choices([quote(str(one), safe="") for (one,) in connection.execute(sql)] or ["none"], k=times)

        plain = some("SELECT id FROM articles WHERE id >= ? ORDER BY id LIMIT 1")
        edited = some("SELECT article_id FROM changes WHERE article_id >= ? ORDER BY article_id LIMIT 1")
        heads = some("SELECT head_id FROM clusters WHERE article_id >= ? ORDER BY article_id LIMIT 1")
        captures = some("SELECT capture_id FROM articles WHERE id >= ? ORDER BY id LIMIT 1")
        texts = some("SELECT title, text FROM articles WHERE id >= ? ORDER BY id LIMIT 1", _SAMPLE)
        chinese = "SELECT text FROM articles WHERE id >= ? AND language = 'zh' ORDER BY id LIMIT 1"
        signs = [text[40:42].strip("。\n") or "一" for (text,) in some(chinese)] or ["一"]
        sources, rules = any_of("SELECT id FROM sources"), any_of("SELECT id FROM rules")
        watches = any_of("SELECT name FROM watches")
    finally:
        connection.close()
    words = drawn(texts, dice, times)
    found = {
        "front": ["/"] * times,
        **_searches(words, texts[:times], signs, sources),
        "article": [f"/-/article/{one}" for (one,) in plain],
        "article with edits": [f"/-/article/{one}" for (one,) in edited],
        "article with cuts": [f"/-/article/{one}?cuts=1" for (one,) in plain],
        "citation": [f"/-/article/{one}.bib" for (one,) in plain],
        "raw source": [f"/-/capture/{one}" for (one,) in captures],
        "source": [f"/-/source/{one}" for one in sources],
        "story": [f"/-/story/{one}" for (one,) in heads],
        "changes": ["/-/changes"] * times,
        "changes of a source": [f"/-/changes?source={one}" for one in sources],
        "removals": ["/-/removals"] * times,
        "removals of a rule": [f"/-/removals/{one}" for one in rules],
        "watches": ["/-/watches"] * times,
        "watch": [f"/-/watch/{one}" for one in watches],
    }
    values = {
        "source": sources,
        "rule": rules,
        "address": ["2026/11"],
        "since": ["2026-10-01"],
        "article": [str(one) for (one,) in heads],
    }
    for one in questions():
        asked = ["&".join(f"{name}={dice.choice(values.get(name, words[_RARER]))}" for name in one.params)]
        found[f"question {one.name}"] = [f"/-/question/{one.name}?{args}" for args in asked * times]
    return found


def drawn(texts: list[Any], dice: random.Random, times: int) -> dict[str, list[str]]:
    """Words of the archive, by how common they are in a sample of its texts."""
    counts = Counter(word for _, text in texts for word in set(re.findall(r"[a-z]{4,}", text)))
    found = {}
    for name, (least, most) in _COMMON.items():
        fitting = [word for word, count in counts.items() if least <= count / len(texts) <= most]
        found[name] = dice.choices(fitting or [counts.most_common(1)[0][0]], k=times)
    return found


def _searches(
    words: dict[str, list[str]], texts: list[Any], signs: list[str], sources: list[str]
) -> dict[str, list[str]]:
    rarer, often = words[_RARER], words[_OFTEN]
    asked = {
        **{f"word {name}": some for name, some in words.items()},
        "rare name": [text.split()[-1].strip(".") for _, text in texts],
        "phrase": ['"' + " ".join(text.split()[5:8]).replace('"', "") + '"' for _, text in texts],
        "prefix": [f"{one[:4]}*" for one in rarer],
        "two words": [f"{one} {other}" for one, other in zip(rarer, often, strict=True)],
        "not": [f"{one} NOT {other}" for one, other in zip(often, rarer, strict=True)],
        "or": [f"{one} OR {other}" for one, other in zip(often, rarer, strict=True)],
        "title": [f"title:{title.split()[0]}" for title, _ in texts if title],
        "of a source": [f"{one} source:{source}" for one, source in zip(often, sources, strict=True)],
        "since": [f"{one} since:2026-06-01" for one in often],
        "Chinese": signs,
    }
    found = {f"search: {name}": [f"/-/search?q={quote(one)}" for one in some] for name, some in asked.items()}
    found["search: newest first"] = [f"/-/search?q={one}&sort=newest" for one in often]
    for form in ("json", "csv", "atom"):
        found[f"search: {form}"] = [f"/-/search.{form}?q={one}" for one in rarer]
    return found


def ask(served: Served, paths: list[str]) -> Asked:
    """Ask for each of the paths, after one that does not count."""
    asked, sheets = Asked(), dict[bytes, int]()
    served.get(paths[0])
    for path in paths:
        worked, waited = served.worked(), time.perf_counter()
        status, body = served.get(path)
        asked.waited.append((time.perf_counter() - waited) * 1000)
        asked.worked.append(served.worked() - worked)
        asked.answers.add(status)
        if asked.worked[-1] == max(asked.worked):
            asked.slowest = path
        for sheet in set(_SHEET.findall(body)) - sheets.keys():
            sheets[sheet] = len(served.get(sheet.decode())[1])
        if body[:9].lower() == b"<!doctype":
            asked.weight = max(asked.weight, len(body) + sum(sheets.values()))
    return asked


def _at(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main() -> None:
    """Print a line for each kind of page, and what the bounds say."""
    parser = argparse.ArgumentParser(prog="python -m bench.explorer", description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000, help="articles of the archive")
    parser.add_argument("--times", type=int, default=20, help="requests for each kind of page")
    parser.add_argument("--keep", type=Path, help="archive to ask; made there where it is missing")
    parser.add_argument("--only", default="", help="kinds of page whose name begins so")
    given = parser.parse_args()
    with archive(given.rows, given.keep) as db:
        wanted = pages(db, given.times)
        served = Served(db)
        try:
            print(f"{'':32}{'wait ms':>16}{'CPU ms':>16}{'bound':>7}{'kB':>7}")
            print(f"{'page':32}{'p50':>8}{'p95':>8}{'p50':>8}{'p95':>8}{'p95':>7}{'150':>7}")
            for name, paths in wanted.items():
                if name.startswith(given.only):
                    _show(name, ask(served, paths))
            print(f"peak memory of the server: {served.peak()} MB")
        finally:
            served.stop()


def _show(name: str, asked: Asked) -> None:
    bound = _SEARCH if name.startswith("search") else _PAGE
    figures = [_at(values, share) for values in (asked.waited, asked.worked) for share in (0.5, 0.95)]
    over = [f"slowest: {asked.slowest}"] if figures[3] > bound or asked.weight > _WEIGHT * 1000 else []
    answers = [f"answers {sorted(asked.answers)}"] if asked.answers != {200} else []
    print(f"{name:32}" + "".join(f"{one:8.1f}" for one in figures) + f"{bound:7}{asked.weight / 1000:7.0f}  ",
          *over, *answers, flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
