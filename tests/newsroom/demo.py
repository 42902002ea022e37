"""`make demo`: serve the newsroom, crawl it, import five texts, and say what came of it.

Uses nothing but the commands that anybody would type, and shows them.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from pipelines.errors import StoreError
from pipelines.store.archive import Archive
from tests.newsroom import Newsroom, PortTakenError

_FIRST_PORT = 8701
_HERE = Path(os.path.relpath(Path(__file__).parent))
_SOURCES = _HERE / "sources.toml"
_SEEDS = _HERE.parent / "seeds"
_SQL = (
    "SELECT rule_id, count(*) AS cuts, count(DISTINCT source_id) AS sources, substr(max(text), 1, 50) AS example"
    " FROM ledger GROUP BY rule_id ORDER BY cuts DESC LIMIT 10"
)


def main() -> int:
    """Run the demo; 0 if all went well, else the exit code of what did not."""
    parser = argparse.ArgumentParser(prog="python -m tests.newsroom.demo", description=__doc__)
    parser.add_argument("--first-port", type=int, default=_FIRST_PORT, help="five ports in a row; 0: any free ones")
    parser.add_argument("--db", type=Path, default=Path("archive.db"), help="the archive; default: archive.db")
    options = parser.parse_args()
    try:
        before = _articles(options.db)
        newsroom = Newsroom(options.first_port)
    except StoreError as problem:
        print(f"Error: {problem}", file=sys.stderr)
        return problem.exit_code
    except PortTakenError as problem:
        print(f"Error: {problem}, for example: make demo PORT={options.first_port + 100}", file=sys.stderr)
        return 1
    if problem := _stranger(options.db, newsroom, before):
        newsroom.close()
        print(f"Error: {problem}", file=sys.stderr)
        return 1
    with newsroom, tempfile.TemporaryDirectory() as folder:
        first, last = newsroom.outlets[0], newsroom.outlets[-1]
        print(f"Five invented outlets are on the air, from {first.base} to {last.base}.", flush=True)
        sources = _SOURCES
        if options.first_port != _FIRST_PORT:
            sources = Path(folder, "sources.toml")
            sources.write_text(newsroom.sources_toml(), encoding="utf-8")
        db = [] if options.db == Path("archive.db") else ["--db", str(options.db)]
        for command in (
            ["crawl", "--sources", str(sources), *db],
            ["import", str(_SEEDS), "--sources", str(sources), *db],
        ):
            if code := _run(command):
                return code
    _summary(options.db, before, db)
    return 0


def _run(arguments: list[str]) -> int:
    print(f"\n$ tearsheet {shlex.join(arguments)}", flush=True)
    # Ctrl-C reaches the command too, which ends in its own time and says what to do next
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.call([sys.executable, "-m", "pipelines.cli", *arguments])
    finally:
        signal.signal(signal.SIGINT, before)


def _summary(db: Path, before: int, flags: list[str]) -> None:
    with Archive(db) as archive:
        counts = archive.counts()
    now = counts["articles"]
    if now == before:
        print(f"\nNothing was added: {db} already held all {now} articles.")
        return
    tool = Path(os.path.relpath(sys.executable)).with_name("tearsheet")
    name = str(tool) if tool.exists() else "tearsheet"
    serve = "make serve" if not flags else shlex.join([name, "serve", *flags])
    print(
        f"\n{db}: {now} articles of {counts['sources']} sources, and {counts['removals']} cuts, each with its reason."
        f"\n\nNext:"
        f"\n  {serve}"
        f"\n  {shlex.join([name, 'search', 'ice OR ferry', *flags])}"
        f"\n  {shlex.join([name, 'sql', *flags, _SQL])}"
    )


def _articles(db: Path) -> int:
    """How many articles an archive holds; 0 where there is none yet."""
    if not db.exists():
        return 0
    with Archive(db) as archive:
        return archive.counts()["articles"]


def _stranger(db: Path, newsroom: Newsroom, before: int) -> str | None:
    """Why an archive is none of this newsroom's: it follows other outlets, or these where they are no more."""
    if not db.exists():
        return None
    with Archive(db) as archive:
        held = {row["id"]: row["homepage"] for row in archive.db.query("SELECT id, homepage FROM sources")}
    now = {outlet.slug: f"{outlet.base}/" for outlet in newsroom.outlets}
    if before and (others := sorted(held.keys() - now.keys() - {"imports"})):
        return f"{db} holds {', '.join(others)}; the demo leaves it alone: move it away"
    then = next((held[slug] for slug in now if held.get(slug, now[slug]) != now[slug]), None)
    if then is None:
        return None
    port = then.rstrip("/").rpartition(":")[2]
    return f"{db} follows outlets from {then} on: move it away, or have them there again: make demo PORT={port}"


if __name__ == "__main__":
    sys.exit(main())
