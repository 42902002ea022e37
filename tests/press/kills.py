"""Crawls that are killed at random moments and started again, beside one that never was."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crawls import Project, ended, kill, wait_for
from tests.press import Press
from tests.press.show import pages_of, table

#: What must be the same. Ids, times and the order of things may differ, and so may the line that stands as the example
#: of a learned rule whose lines differ in their figures.
STATE = {
    "articles": "SELECT url, title, description, authors, published_at, language, tags, digest, text FROM articles",
    "cuts": "SELECT a.url, r.start, r.stop, r.zone, rules.zone, rules.origin, r.text,"
    " CASE rules.origin WHEN 'learned' THEN '' ELSE rules.pattern END FROM removals r"
    " JOIN articles a ON a.id = r.article_id LEFT JOIN rules ON rules.id = r.rule_id",
    "entries": "SELECT urlkey, state FROM entries",
    "revisions": "SELECT article_id FROM revisions",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """One kill: when, what had been answered by then and kept, and what the next crawl asked for again."""

    seconds: float  # since the process began
    answered: int  # pages, in this crawl
    kept: int  # pages, in the archive
    articles: int
    again: int = 0  # pages that were answered before the kill and asked for again after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Kills:
    """All kills, and the archive after the last crawl, which was let be, beside that of a crawl never killed."""

    rows: list[Killed]
    code: int
    never: dict[str, list[tuple[Any, ...]]]
    resumed: dict[str, list[tuple[Any, ...]]]

    def table(self) -> str:
        """The kills, one a line."""
        rows = [
            [n, f"{one.seconds:.2f}", one.answered, one.kept, one.articles, one.again]
            for n, one in enumerate(self.rows, 1)
        ]
        return table(["kill", "second", "pages answered", "pages kept", "articles", "asked again"], rows)


def kill_and_resume(press: Press, folder: Path, kills: int) -> Kills:
    """Crawl the press in one go; crawl it again with that many kills, one after the other, and to the end."""
    chance = random.Random()
    (folder / "never").mkdir()
    (folder / "killed").mkdir()
    whole = Project(folder / "never", press.sources_toml())
    assert whole.crawl().code == 0
    every = len(pages_of(whole, press, press.log.take()))
    project = Project(folder / "killed", press.sources_toml())
    rows: list[Killed] = []
    before: list[str] = []  # pages answered before the last kill
    # most moments lie where pages come; some before the first one, some while the end of a crawl is near
    for _ in range(kills):
        began = time.monotonic()
        process = project.start()
        moment, pause = chance.randint(0, 2 * every // kills), chance.uniform(0, 0.4)
        wait_for(lambda moment=moment: _pages(press) >= moment, process)  # type: ignore[misc]
        time.sleep(pause)
        seconds = time.monotonic() - began
        kill(process)
        answered = pages_of(project, press, press.log.take()) if project.db.exists() else []
        if rows:
            rows[-1] = _with_again(rows[-1], before, answered)
        before += answered
        rows.append(Killed(seconds=seconds, answered=len(answered), kept=_kept(project), articles=_articles(project)))
    last = ended(project.start())
    answered = pages_of(project, press, press.log.take())
    rows[-1] = _with_again(rows[-1], before, answered)
    return Kills(rows=rows, code=last.code, never=_state(whole), resumed=_state(project))


def _with_again(row: Killed, before: Sequence[str], after: Sequence[str]) -> Killed:
    again = len(set(before) & set(after))
    return Killed(seconds=row.seconds, answered=row.answered, kept=row.kept, articles=row.articles, again=again)


def _pages(press: Press) -> int:
    return sum(one.path != "/robots.txt" for one in press.log)


def _kept(project: Project) -> int:
    if not project.db.exists():
        return 0
    return int(project.one("SELECT count(*) FROM captures WHERE feed_id IS NULL"))


def _articles(project: Project) -> int:
    return int(project.one("SELECT count(*) FROM articles")) if project.db.exists() else 0


def _state(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    return {name: sorted(project.rows(sql), key=repr) for name, sql in STATE.items()}
