"""Which copies of a story are found, and what finding them costs: `python -m bench.duplicates [FOLDER] [--rows N]`.

First 20,000 articles and 2,000 edited copies of some of them, told in random order; FOLDER holds pages with known text
(as `../shared/corpus`) whose sentences make up the articles, else words are invented. Then an archive of N articles
(1,000,000) whose bands are filled with drawn values and with those of the outlets' standing paragraphs, popular ones,
and what it takes to add one article to it. Times are wall clock and CPU of the writer's thread, commits aside.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.corpus import DEFAULT_FOLDER
from bench.invented import EDITS, OUTLETS, Made, Writers
from pipelines.fingerprint import fingerprint
from pipelines.store import dedupe, ledger
from pipelines.store.writer import Writer

_ARTICLES, _COPIES = 20_000, 2_000
_ADDED = 2_000  # to the large archive; and a tenth as many copies
_SEED = 2  # of the large archive: its outlets' standing paragraphs
_START = 1_700_000_000
_DAY = 86_400
_BATCH = 200  # articles in one transaction
_ROWS = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
INSERT INTO articles (
    id, source_id, capture_id, url, urlkey, title, published_at, published_precision, first_seen_at, word_count,
    removed_chars, digest, recipe_id, text
)
SELECT (? + i * 30) << 20, 'outlet' || (i % ?), 1, 'https://outlet' || (i % ?) || '.example/' || i, i, 'Title ' || i,
       '2023-01-01', 'day', '2023-01-01T00:00:00Z', 400, 0, hex(randomblob(32)), 'r', 'Text ' || hex(randomblob(100))
FROM n
"""


def main(folder: Path | None, rows: int) -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory(prefix="tearsheet-") as place:
        _quality(Path(place) / "quality.db", Writers(folder))
        if rows:
            _scale(Path(place) / "scale.db", folder, rows)


def _quality(path: Path, writers: Writers) -> None:
    dice = random.Random(3)
    originals = writers.articles(_ARTICLES)
    carried = dice.choices(originals, k=_COPIES)
    copies = [writers.copy(one, EDITS[n % len(EDITS)]) for n, one in enumerate(carried)]
    told: list[Made] = [*originals, *copies]
    dice.shuffle(told)
    with Writer.open(path) as writer:
        _prepare(writer)
        added = list(_add_all(writer, told))
        by_id = {article_id: made for article_id, made, *_ in added}
        clusters = _clusters(writer)
        _print_quality(by_id, clusters)
        _print_cost(writer, added, f"{len(told):,} articles")


def _print_quality(by_id: dict[int, Made], clusters: Sequence[Sequence[int]]) -> None:
    """Pairs of one story that share a cluster, and pairs in a cluster that are of one story."""
    stories: defaultdict[int, list[int]] = defaultdict(list)
    for article_id, made in by_id.items():
        stories[made.story].append(article_id)
    truth = {pair for ids in stories.values() for pair in combinations(sorted(ids), 2)}
    found = {pair for ids in clusters for pair in combinations(sorted(ids), 2)}
    print(f"{'edit':24}{'copies':>8}{'found':>8}")
    for edit in EDITS:
        pairs = [pair for pair in truth if {by_id[one].edit for one in pair} == {None, edit}]
        print(f"{edit:24}{len(pairs):>8}{_share(sum(pair in found for pair in pairs), len(pairs)):>8}")
    right = len(truth & found)
    print(f"{'all pairs: recall':24}{len(truth):>8}{_share(right, len(truth)):>8}")
    print(f"{'all pairs: precision':24}{len(found):>8}{_share(right, len(found)):>8}\n")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.4f}" if whole else "-"


def _clusters(writer: Writer) -> list[list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for article_id, head_id in writer.db.execute("SELECT article_id, head_id FROM clusters"):
        found[head_id].append(article_id)
    return list(found.values())


def _scale(path: Path, folder: Path | None, rows: int) -> None:
    started = time.monotonic()
    child = get_context("spawn").Process(target=_fill, args=(path, folder, rows))  # its memory is not what is measured
    child.start()
    child.join()
    print(f"{rows:,} articles filled in {time.monotonic() - started:.0f} s")
    writers = Writers(folder, seed=_SEED)
    with Writer.open(path) as writer:
        news = writers.articles(_ADDED)
        copies = [writers.copy(one, EDITS[n % len(EDITS)]) for n, one in enumerate(news[: _ADDED // 10])]
        added = list(_add_all(writer, [*news, *copies]))
        _print_cost(writer, added, f"{len(added):,} articles added to {rows:,}")


def _print_cost(writer: Writer, added: Sequence[tuple[int, Made, float, float, float]], what: str) -> None:
    """Milliseconds an article, the size of the tables, and the memory."""
    print(f"{what:44}{'median':>9}{'mean':>9}{'p95':>9}{'p99':>9}")
    for name, place, picked in (
        ("ms of a worker: fingerprint, CPU", 2, added),
        ("ms of the writer: bands and lookup, wall", 3, added),
        ("ms of the writer: bands and lookup, CPU", 4, added),
        ("  of these, originals, CPU", 4, [one for one in added if not one[1].edit]),
        ("  of these, copies, CPU", 4, [one for one in added if one[1].edit]),
    ):
        spent = [1000 * float(one[place]) for one in picked]  # type: ignore[arg-type]
        cuts = quantiles(spent, n=100)
        print(f"{name:44}{median(spent):>9.2f}{sum(spent) / len(spent):>9.2f}{cuts[94]:>9.2f}{cuts[98]:>9.2f}")
    print(f"{'bands, bytes an article':44}{_bytes_of_bands(writer):>9.0f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'peak memory of the process, MB':44}{peak:>9.0f}\n")


def _bytes_of_bands(writer: Writer) -> float:
    """Bytes of the table and its index for each article, as dropping both would set free."""
    connection = writer.db.conn
    (held,) = connection.execute("SELECT count(*) FROM articles").fetchone()
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    connection.execute("BEGIN IMMEDIATE")
    try:
        (before,) = connection.execute("PRAGMA freelist_count").fetchone()
        connection.execute("DROP TABLE bands")
        (after,) = connection.execute("PRAGMA freelist_count").fetchone()
    finally:
        connection.execute("ROLLBACK")
    return float(page * (after - before) / held)


def _prepare(writer: Writer) -> None:
    with writer.transaction() as connection:
        connection.execute("INSERT INTO recipes (id, version, rules, made_at) VALUES ('r', '1', '', '')")
        connection.executemany("INSERT INTO sources (id) VALUES (?)", [(f"outlet{n}",) for n in range(OUTLETS)])
        connection.execute(
            "INSERT INTO captures (id, url, urlkey, fetched_at, status) VALUES (1, 'u', 'u', '2024-01-01', 200)"
        )


def _add_all(writer: Writer, told: Iterable[Made]) -> Iterator[tuple[int, Made, float, float, float]]:
    """Add articles; (id, article, CPU of the fingerprint, wall and CPU of the writer) for each."""
    listed = list(told)
    for start in range(0, len(listed), _BATCH):
        with writer.transaction() as connection:
            for n, made in enumerate(listed[start : start + _BATCH], start):
                began = time.thread_time()
                found = fingerprint(made.text)
                signed = time.thread_time() - began
                article_id = _insert(connection, made, n, found.digest)
                wall, began = time.perf_counter(), time.thread_time()
                ledger.put_bands(connection, article_id, found)
                dedupe.place(connection, article_id)
                yield article_id, made, signed, time.perf_counter() - wall, time.thread_time() - began


def _insert(connection: Any, made: Made, n: int, digest: str) -> int:
    seconds = _START + int(made.hours * 3600)
    article_id = (seconds << 20) + n
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    url = f"https://outlet{made.outlet}.example/{article_id}"
    connection.execute(
        "INSERT INTO articles (id, source_id, capture_id, url, urlkey, title, published_at, published_precision,"
        " first_seen_at, word_count, removed_chars, digest, recipe_id, text)"
        " VALUES (?, ?, 1, ?, ?, ?, ?, 'second', ?, ?, 0, ?, 'r', ?)",
        (article_id, f"outlet{made.outlet}", url, url, made.title, at, at, made.text.count(" "), digest, made.text),
    )
    return article_id


def _fill(path: Path, folder: Path | None, rows: int) -> None:
    """Articles of a few words with the bands of real ones: drawn values, and popular ones of standing paragraphs."""
    with Writer.open(path) as writer:
        _prepare(writer)
        connection = writer.db.conn
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA cache_size = -500000")
        for (name,) in connection.execute("SELECT name FROM temp.sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER temp.{name}")
        with writer.transaction():
            connection.execute("DROP INDEX bands_article")
            connection.execute(_ROWS, (rows, _START - 30 * rows - _DAY, OUTLETS, OUTLETS))
            _fill_bands(connection, Writers(folder, seed=_SEED))
            connection.execute("CREATE INDEX bands_article ON bands (article_id)")


def _fill_bands(connection: Any, writers: Writers) -> None:
    """Sixteen bands and a sketch of twenty drawn values each; half of the articles have a standing paragraph's too."""
    connection.execute("CREATE TEMP TABLE popular (source TEXT, band INTEGER, value INTEGER)")
    for outlet in range(OUTLETS):
        found = fingerprint(writers.standing(outlet))
        values = [*enumerate(found.bands[:2]), *((ledger.SKETCH, one) for one in found.sketch)]
        connection.executemany("INSERT INTO popular VALUES (?, ?, ?)", [(f"outlet{outlet}", *one) for one in values])
    connection.execute(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 35)"
        " INSERT OR IGNORE INTO bands (band, value, article_id)"
        " SELECT min(i, 16), iif(i < 16, random(), random() >> 16), id FROM n, articles"
        " UNION ALL SELECT band, value, id FROM articles JOIN popular ON source = source_id WHERE id >> 20 & 1"
        " ORDER BY 1, 2, 3"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER if DEFAULT_FOLDER.is_dir() else None)
    parser.add_argument("--rows", type=int, default=1_000_000, help="articles of the large archive; 0: none")
    options = parser.parse_args()
    main(options.folder, options.rows)
