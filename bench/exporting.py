"""How fast exports are, and that their memory does not grow: `python -m bench.exporting [ARTICLES] [FORMAT…]`.

An archive is made by hand: articles of 4 kB, each with two captures of 60 kB, the second unchanged. Every format is
written by a process of its own, of a tenth of it and of all. Peak memory is what the kernel says (ru_maxrss).
"""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import zstandard
from sqlite_utils import Database

from pipelines.store.migrations import migrations

_FORMATS = {
    "ndjson": "out.ndjson", "csv": "out.csv", "parquet": "out.parquet", "markdown": "out/", "warc": "out.warc.gz",
    "bibtex": "out.bib", "csl": "out.csl.json", "snapshot": "out.db",
}  # fmt: skip
_MEASURED = """
import resource, runpy, sys
try:
    runpy.run_module("pipelines.cli", run_name="__main__")
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print("used", used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)
"""
_SOURCES = 20
_START = 1_700_000_000


def main(articles: int = 20_000, *formats: str) -> None:
    """Print a line for each format: articles a CPU second, size, and peak memory for a tenth and for all."""
    folder = Path(tempfile.mkdtemp(prefix="tearsheet-bench-"))
    try:
        db = folder / "archive.db"
        _fill(db, articles)
        tenth = f"id < {(_START + articles // 10) << 20}"
        print(f"{articles} articles, archive {db.stat().st_size / 1e6:.0f} MB")
        print(f"{'format':10}{'articles/s':>12}{'MB':>8}{'peak MB, a tenth':>18}{'all':>6}")
        for form in formats or _FORMATS:
            few, whole = (_export(db, folder, form, where) for where in (tenth, "true"))
            if few is None or whole is None:
                print(f"{form:10}  needs an extra that is not installed")
                continue
            rate = (articles - articles // 10) / max(whole[0] - few[0], 1e-9)
            print(f"{form:10}{rate:>12.0f}{whole[1] / 1e6:>8.1f}{few[2] / 1e3:>18.0f}{whole[2] / 1e3:>6.0f}")
    finally:
        shutil.rmtree(folder)


def _export(db: Path, folder: Path, form: str, where: str) -> tuple[float, int, int] | None:
    """CPU seconds, bytes written, and peak memory in kB of one export; None where it could not be made."""
    out = folder / _FORMATS[form]
    command = [sys.executable, "-c", _MEASURED, "export", str(out), "--format", form, "--db", str(db), "--where", where]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode == 2:
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    _, seconds, peak = done.stderr.splitlines()[-1].split()
    if out.is_dir():
        size = sum(one.stat().st_size for one in out.rglob("*") if one.is_file())
        shutil.rmtree(out)
    else:
        size = out.stat().st_size
        out.unlink()
    return float(seconds), size, int(peak)


def _fill(path: Path, articles: int) -> None:
    db = Database(path)
    migrations.apply(db)
    words = [f"word{n}" for n in range(5000)]
    chance, packer = random.Random(1), zstandard.ZstdCompressor(level=3)
    connection = db.conn
    with connection:
        connection.execute("INSERT INTO recipes (id, version, rules, made_at) VALUES ('r', '1', '0', '2026-01-01')")
        for n in range(_SOURCES):
            connection.execute("INSERT INTO sources (id, name) VALUES (?, ?)", (f"source-{n}", f"The Post {n}"))
        for n in range(articles):
            _article(connection, n, chance, words, packer)
    db.close()


def _article(
    connection: object, n: int, chance: random.Random, words: list[str], packer: zstandard.ZstdCompressor
) -> None:
    text = "\n\n".join(" ".join(chance.choices(words, k=60)) for _ in range(9))
    body = f"<html><title>{n}</title>{text * 15}".encode()
    url, source = f"https://post-{n % _SOURCES}.example/news/{n}", f"source-{n % _SOURCES}"
    execute = connection.execute  # type: ignore[attr-defined]
    execute(
        "INSERT INTO payloads (id, digest, codec, size, body) VALUES (?, ?, 'zstd', ?, ?)",
        (n + 1, hashlib.sha256(body).hexdigest(), len(body), packer.compress(body)),
    )
    for again in (1, 2):
        execute(
            "INSERT INTO captures (id, source_id, url, urlkey, fetched_at, status, headers, payload_id, outcome)"
            ' VALUES (?, ?, ?, ?, ?, 200, \'[["Content-Type","text/html"],["Server","nginx"]]\', ?, ?)',
            (
                2 * n + again,
                source,
                url,
                url,
                f"2026-01-0{again}T00:00:00Z",
                n + 1,
                ("article", "unchanged")[again - 1],
            ),
        )
    digest = hashlib.sha256(text.encode()).hexdigest()
    execute(
        "INSERT INTO articles (id, source_id, capture_id, url, urlkey, title, authors, published_at, first_seen_at,"
        " word_count, removed_chars, digest, recipe_id, text)"
        " VALUES (?, ?, ?, ?, ?, ?, '[\"Jane Doe\"]', '2026-01-01', '2026-01-01T00:00:00Z', 540, 0, ?, 'r', ?)",
        ((_START + n) << 20, source, 2 * n + 1, url, url, f"Title {n} of the day", digest, text),
    )


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:2]), *sys.argv[2:])
