"""`tearsheet forget`, `prune` and `merge`: what leaves the archive, for good or by rules, and what joins it."""

from __future__ import annotations

import os
import sys
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pipelines.cli.options import db_option, output_options, sources_if_any, sources_option
from pipelines.cli.output import emit, say
from pipelines.errors import ArchiveError, ConfigError
from pipelines.explore.words import many
from pipelines.lookout import after_run
from pipelines.store import echoes, takedowns
from pipelines.store.archive import Archive
from pipelines.store.echoes import Echoes
from pipelines.store.faults import explained
from pipelines.store.forget import Doomed, doom
from pipelines.store.forget import forget as forget_one
from pipelines.store.held import Held
from pipelines.store.merge import merge as merge_archive
from pipelines.store.merge import rows_of as rows_of_other
from pipelines.store.outgoing import chosen
from pipelines.store.prune import Part, Rules, rows_of
from pipelines.store.prune import find as find_prunable
from pipelines.store.prune import prune as prune_parts
from pipelines.store.rows import handfuls, now
from pipelines.store.space import compact, wipe
from pipelines.store.writer import Writer

_AT_ONCE = 200  # articles for which the archive is looked through once

Plan = list[tuple[list[Doomed], Echoes]]

yes_option = click.option("--yes", is_flag=True, help="Do it without asking.")
vacuum_option = click.option(
    "--vacuum", is_flag=True, help="Write the file anew afterwards, which gives the space back."
)


@click.command()
@click.argument("refs", nargs=-1, metavar="ID...")
@click.option("--where", metavar="SQL", help="Articles for which this condition on the table `articles` holds.")
@click.option("--reason", metavar="TEXT", required=True, help="Why; it is kept, and must not repeat what is forgotten.")
@click.option("--dry-run", is_flag=True, help="Only list what would go.")
@yes_option
@vacuum_option
@db_option
@output_options
def forget(
    refs: tuple[str, ...],
    where: str | None,
    reason: str,
    dry_run: bool,
    yes: bool,
    vacuum: bool,
    db: Path,
    form: str | None,
) -> None:
    """Forget articles for good: text, headlines, revisions, cuts, addresses, bytes and index go.

    What remains is a tombstone (digests of address and text, reason, date), and nothing fetched, imported or merged
    later brings them back. ID is what `tearsheet show` takes. Bodies of feeds and pages of the same outlet that show
    an article's address or headline go as well; their own articles stay. Copies of the file, exports and
    articles of other outlets are not touched: see docs/retention.md.

    \b
    Example:
        tearsheet forget 1547812059136000000 --reason "court order 7/26" --dry-run
        tearsheet forget --where "source_id = 'example-post' AND id < 1500000000000000000" --reason "licence ended"
    """
    if not refs and where is None:
        raise ConfigError("forget: name articles by ID, or with --where")
    if not reason.strip():
        raise ConfigError("--reason is empty; say in a few words why, for whoever asks later")
    with Archive(db) as archive:
        ids, before = _wanted(archive, refs, where)
    for ref in before:
        say(ref)
    if not ids and not before:
        say("no article fits; nothing is forgotten")
        return
    with Archive(db) if dry_run else Held.open(db) as opened, explained(db):
        plan = _plan(opened, ids)
        rows = [_facts(opened, one) for doomed, _ in plan for one in doomed]
        emit(rows, form)
        _tell(plan)
        if dry_run or not isinstance(opened, Held):
            say("nothing is changed: --dry-run")
            return
        if rows and not (yes or _agreed(f"Forget {many(len(rows), 'article')} for good?")):
            raise ArchiveError("nothing is changed")
        with _bar(len(rows), "forgetting") as bar:
            for doomed, found in plan:
                echoes.clear(opened, found)
                for one in doomed:
                    forget_one(opened, one, reason, now())
                    bar.update(1)
        problem = wipe(opened, vacuum=vacuum)  # also after one that was stopped before it came to this
    say(f"forgotten: {many(len(rows), 'article')}")
    if problem:
        say(f"note: {problem}")
    for copy in sorted(db.parent.glob(f"{db.stem}.before-*{db.suffix}")):
        say(f"note: {copy} is a copy from before an upgrade; it still has all of it")


def _wanted(archive: Archive, refs: Sequence[str], where: str | None) -> tuple[list[int], list[str]]:
    """The ids of the articles named, and a line for each that was forgotten before. Raises ArchiveError for others."""
    ids, before = [], []
    for ref in refs:
        article = archive.article(ref)
        if article is not None:
            ids.append(article["id"])
        elif takedowns.find(archive.db.conn, ref):
            before.append(absent(archive, ref))
        else:
            raise ArchiveError(f"{archive.path}: {absent(archive, ref)}")
    if where is not None:
        ids += chosen(archive.db.conn, archive.path, where)
    return list(dict.fromkeys(ids)), before


def absent(archive: Archive, ref: str) -> str:
    """Why the archive holds no such article, in words."""
    row = takedowns.find(archive.db.conn, ref)
    if row is not None:
        return f"{ref!r} was {takedowns.say(row)}"
    return f"holds no article {ref!r}; find one with `tearsheet search`"


def _plan(opened: Archive | Held, ids: Sequence[int]) -> Plan:
    connection = opened.db.conn
    plan: Plan = []
    for some in handfuls(ids, _AT_ONCE):
        doomed = [one for article_id in some if (one := doom(connection, article_id))]
        with _bar(echoes.count(connection, doomed), "looking for what points there") as bar:
            plan.append((doomed, echoes.find(connection, doomed, bar.update)))
    return plan


def _facts(opened: Archive | Held, doomed: Doomed) -> dict[str, Any]:
    (revisions,) = opened.db.execute("SELECT count(*) FROM revisions WHERE article_id = ?", (doomed.id,)).fetchone()
    facts = {"id": doomed.id, "source": doomed.source_id, "title": doomed.title, "addresses": len(doomed.keys)}
    return {**facts, "revisions": revisions, "captures": len(doomed.captures)}


def _tell(plan: Plan) -> None:
    """What goes beside the articles themselves."""
    bodies = sum(len(found.bodies) for _, found in plan)
    if bodies:
        size = sum(found.stored for _, found in plan)
        say(f"they are shown by {many(bodies, 'feed or page', 'feeds or pages')}: these lose their bytes ({size:,})")
    if others := len({one for _, found in plan for one in found.articles}):
        say(f"they are linked or named by {many(others, 'article')}: there the links go, and cuts are blacked out")


def _agreed(question: str) -> bool:
    """Whether the person at the terminal agrees; where there is none, --yes must say so."""
    if not sys.stdin.isatty():
        raise ConfigError("nobody can be asked here; add --yes, or see first what would go with --dry-run")
    return click.confirm(question, err=True)


@contextmanager
def _bar(length: int, label: str) -> Iterator[Any]:
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield bar


@click.command()
@yes_option
@vacuum_option
@db_option
@sources_option
@output_options
def prune(yes: bool, vacuum: bool, db: Path, sources_path: Path, form: str | None) -> None:
    """Drop what the sources file says is not to be kept, after a look at what that is.

    `keep_bodies` and `keep_revisions`, in [archive] or of a source, are the rules; without any nothing goes. Without
    --yes this only tells what would go. Articles stay as they were last read, digests and seals stay valid; a page
    without its bytes cannot be read again. Pages that were not read yet, or that failed, keep theirs.

    \b
    Example:
        tearsheet prune
        tearsheet prune --yes --vacuum
    """
    file = sources_if_any(sources_path)
    rules = Rules.of(file.config(os.environ), file.sources.values(), datetime.now(UTC))
    Archive(db).close()  # says what is wrong with it, and makes none
    with Held.open(db) if yes else Archive(db) as opened, explained(db):
        connection = opened.db.conn
        sums: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
        with _bar(rows_of(connection), "pruning" if yes else "looking") as bar:
            parts = _counted(find_prunable(connection, rules, bar.update), sums)
            if isinstance(opened, Held):
                prune_parts(opened, parts)
            else:
                deque(parts, maxlen=0)
        if isinstance(opened, Held):
            opened.checkpoint()
            if vacuum:
                say(f"the file is {max(0, compact(opened)):,} bytes shorter")
    emit(({"source": source, **sums[source]} for source in sorted(sums, key=str)), form)
    if not (rules.drop_bodies or rules.drop_revisions):
        say('no rules: set keep_bodies = "365d" or keep_revisions = 20 in the sources file; everything is kept')
    elif not sums:
        say("nothing goes by these rules")
    elif not yes:
        say("nothing is changed: add --yes to drop it")
    elif not vacuum:
        say("the space is used again by what comes; --vacuum gives it back")


def _counted(parts: Iterable[Part], sums: defaultdict[str | None, Counter[str]]) -> Iterator[Part]:
    for one in parts:
        row = sums[one.source_id] or Counter(bodies=0, revisions=0, bytes=0)
        sums[one.source_id] = row
        row["revisions" if one.payload_id is None else "bodies"] += 1
        row["bytes"] += one.size
        yield one


@click.command()
@click.argument("other", metavar="OTHER.DB", type=click.Path(path_type=Path))
@db_option
@output_options
def merge(other: Path, db: Path, form: str | None) -> None:
    """Join another archive to this one; that one is only read.

    Sources, feeds, captures with their bytes, articles with their history, what waits to be fetched, verdicts and
    tombstones come along, each only where it is missing, so a second merge adds nothing, and one that was stopped goes
    on. An article that both hold gets one history of all its texts. What either archive has forgotten stays forgotten.
    Where both differ in what a person decided, this archive's word counts.

    \b
    Example:
        tearsheet merge ../laptop/archive.db
    """
    total = rows_of_other(other)
    with Writer.open(db) as writer:
        run_id = writer.start_run("import", f"merge {other}")
        reason = "failed"
        result: dict[str, Any] = {}
        try:
            with _bar(total, "merging") as bar:
                result = merge_archive(writer, other, run_id, bar.update)
            reason = "finished"
        except KeyboardInterrupt:
            reason = "shutdown"
            raise
        finally:
            writer.finish_run(run_id, reason, {"merged": str(other), **result})
            writer.checkpoint()
    added = result["added"]
    emit([added] if added else [], form)
    if not added:
        say(f"all that {other} has is in {db} already")
    for line in after_run(db):
        say(line)
