"""Tables of what crawls of the press come to, from the servers' own log: `python -m tests.press`.

Requests of a first, an unchanged and a changed crawl; coverage from homepages alone; twenty kills and what they cost.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.crawls import Project
from tests.press import Press
from tests.press.kills import STATE, kill_and_resume
from tests.press.show import Crawl, coverage, coverage_table, crawl, pages_of, requests_table

_KILLS = 20


def main() -> int:
    """Print the tables; 1 where something is missing, false, or lost by a kill."""
    with tempfile.TemporaryDirectory(prefix="press-") as name, Press() as press:
        folder = Path(name)
        for part in ("crawls", "kills"):
            (folder / part).mkdir()
        project = Project(folder / "crawls", press.sources_toml())
        crawls: list[tuple[str, Crawl, list[str]]] = []
        for which in ("first", "second", "third"):
            if which == "third":
                press.next_edition()
            one = crawl(press, project)
            crawls.append((which, one, pages_of(project, press, one.log)))
            if which == "first":
                found = coverage(press, project)
        print(
            "Requests of the first crawl, of one where nothing has changed, and of one with 5 new and 3 edited articles"
        )
        print(requests_table(press, crawls), end="\n\n")
        print("Coverage from homepages alone, after the first crawl")
        print(coverage_table(found), end="\n\n")
        kills = kill_and_resume(press, folder / "kills", _KILLS)
        print("A crawl killed (-9) and started again, and again")
        print(kills.table())
        same = {part: kills.never[part] == kills.resumed[part] for part in STATE}
        print(
            "beside a crawl never killed:",
            ", ".join(f"{part} {'the same' if ok else 'DIFFER'}" for part, ok in same.items()),
        )
    return int(not all(same.values()) or any(one.missing or one.false for one in found))


if __name__ == "__main__":
    sys.exit(main())
