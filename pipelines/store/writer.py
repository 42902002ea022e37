"""THE writer: one per archive, held by a lock; each page is all or nothing when it comes, and when it is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from pipelines.errors import StoreError
from pipelines.recipe import Recipe
from pipelines.store import (
    articles,
    blocks,
    captures,
    faillog,
    followed,
    frontier,
    health,
    hosts,
    ledger,
    seals,
    tallies,
    waiting,
)
from pipelines.store.blocks import Repeated
from pipelines.store.captures import Kept as Kept
from pipelines.store.faults import concerns_one_row, explained
from pipelines.store.frontier import Queued as Queued
from pipelines.store.held import Held
from pipelines.store.lock import WriterLock
from pipelines.store.payloads import Packer
from pipelines.store.rows import clean, now, to_json, version
from pipelines.types import Capture, Entry, Failure, Feed, Fetched, Outcome, Rule, Source


class Writer(Held):
    """Writes one archive. Use it from one thread at a time; which one may change.

    Every method is all or nothing, durable when it returns, and raises StoreError (one line with the remedy)
    where the archive cannot take it; then nothing of it is written.
    """

    def __init__(self, path: Path, database: Database, lock: WriterLock) -> None:
        super().__init__(path, database, lock)
        self._packer = Packer(self._connection)

    def _opened(self) -> None:
        self._close_killed_runs()

    # runs

    def start_run(self, kind: str, what: str | None = None) -> int:
        """Begin a run of kind crawl, import or process; `what` names the sources or paths asked for."""
        with self.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO runs (kind, what, version, started_at) VALUES (?, ?, ?, ?)",
                (kind, what and clean(what), version(), now()),
            )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def finish_run(self, run_id: int, reason: str, stats: dict[str, Any], searched: Iterable[str] = ()) -> None:
        """Seal what it captured and end it: finished, shutdown, failed …

        `searched` are sources whose homepage it searched to the end.
        """
        seals.seal(self, run_id)
        with self.transaction() as connection:
            connection.execute(
                "UPDATE runs SET finished_at = ?, reason = ?, stats = ? WHERE id = ?",
                (now(), reason, to_json(stats), run_id),
            )
            followed.searched_now(connection, searched)

    def _close_killed_runs(self) -> None:
        """We hold the lock, so whoever began an unfinished run is dead; it lived at least until its last capture."""
        with self.transaction() as connection:
            connection.execute(
                "UPDATE runs SET reason = 'killed', finished_at ="
                " max(started_at, coalesce((SELECT max(fetched_at) FROM captures WHERE run_id = runs.id), ''))"
                " WHERE finished_at IS NULL"
            )

    # what is followed

    def put_sources(self, sources: Iterable[Source], *, complete: bool = False) -> None:
        """Insert or update sources; with `complete`, those that left the sources file are retired."""
        with self.transaction() as connection:
            followed.put_sources(connection, sources, complete=complete)

    def put_feeds(self, feeds: Iterable[Feed]) -> None:
        """Insert feeds that are not known yet; known ones stay as they are."""
        with self.transaction() as connection:
            followed.put_feeds(connection, feeds)

    def feeds(self, source_id: str) -> list[Feed]:
        """Every feed of a source, with what its last check left behind."""
        with explained(self.path):
            return followed.feeds_of(self._connection, source_id)

    def feed_failed(self, feed: Feed, status: int, error: str, run_id: int | None = None) -> None:
        """Count a check without a usable answer; `status` is 0 where nothing came."""
        with self.transaction() as connection:
            followed.check_failed(connection, feed, status)
            detail = f"status {status}" if status else ""
            faillog.add(connection, Failure("fetch", error, detail), url=feed.url, run_id=run_id)
            tallies.add(connection, run_id, feed.source, "failed")

    # the frontier

    def add_entries(
        self, source_id: str, entries: Iterable[Entry], feed_id: int | None = None, run_id: int | None = None
    ) -> int:
        """Queue what is new or was modified since it was fetched; returns how many joined the queue."""
        with self.transaction() as connection:
            return frontier.add(connection, source_id, entries, feed_id, run_id)

    def take(self, source_id: str, limit: int, *, skip: Collection[int] = ()) -> list[Queued]:
        """Entries to fetch now; pass the ids handed out in this run as `skip`."""
        with explained(self.path):
            return frontier.take(self._connection, source_id, limit, skip)

    def queued(self, source_id: str | None = None) -> int:
        """How many entries `take` would hand out now."""
        with explained(self.path):
            return frontier.queued(self._connection, source_id)

    def refuse(self, url: str, source_id: str | None, reason: str) -> None:
        """Take an address off the queue for good, for example because robots.txt forbids it."""
        with self.transaction() as connection:
            frontier.refuse(connection, url, source_id, reason)

    def fail(
        self,
        url: str,
        source_id: str | None,
        error: str,
        detail: str = "",
        run_id: int | None = None,
        *,
        retry_at: str | None = None,
    ) -> None:
        """Count a failed fetch; the entry is tried again, not before `retry_at`, five times in all."""
        with self.transaction() as connection:
            frontier.fail(connection, url, source_id, f"{error}: {detail}" if detail else error, retry_at)
            faillog.add(connection, Failure("fetch", error, detail), url=url, run_id=run_id)
            tallies.add(connection, run_id, source_id, "failed")

    def put_off(self, entry_id: int, reason: str, until: str) -> None:
        """Hand an entry out later, not before `until`: its host asks for that, or cannot say. No try is counted."""
        with self.transaction() as connection:
            waiting.put_off(connection, entry_id, reason, until)

    # pages

    def keep(self, fetched: Fetched, run_id: int | None = None, *, revisit: Sequence[float] = ()) -> Kept:
        """T1: payload, capture, the entry it answers, and what a feed lists, before anything reads it.

        The page is queued again for the next of `revisit`, seconds from its first capture.
        """
        capture = fetched.capture
        with explained(self.path):
            nothing = capture.status == 304 and not capture.body
            source = capture.source or (fetched.feed.source if fetched.feed else None)
            payload = None if nothing else self._packer.payload(capture.body, source)
            further = [self._packer.payload(page.body, source) for page in capture.pages]
        with self.transaction() as connection:
            return captures.keep(connection, fetched, payload, run_id, revisit, further)

    def store(self, capture_id: int, capture: Capture, outcome: Outcome, run_id: int | None = None) -> str:
        """T2: the outcome; returns new, revised, unchanged, moved, rebuilt, rejected:<reason> or failed; waiting where
        only the whole crawl can tell, and the next one reads it again.

        An article with values that the archive does not take is a failure of its own and stops nothing else.
        """
        try:
            with self.transaction() as connection:
                return articles.settle(connection, capture_id, capture, outcome, run_id)
        except StoreError as problem:
            cause = problem.__cause__
            if cause is None or not concerns_one_row(cause):
                raise
            failure = Failure("store", type(cause).__name__, " ".join(str(cause).split()))
        with self.transaction() as connection:
            return articles.settle(connection, capture_id, capture, failure, run_id)

    def store_all(self, outcomes: Iterable[tuple[int, Capture, Outcome]], run_id: int | None = None) -> None:
        """T2 of many captures in one transaction; where one of them is at fault, in one each."""
        batch = list(outcomes)
        try:
            with self.transaction() as connection:
                for capture_id, capture, outcome in batch:
                    articles.settle(connection, capture_id, capture, outcome, run_id)
        except StoreError as problem:
            if not concerns_one_row(problem.__cause__):
                raise
            for capture_id, capture, outcome in batch:
                self.store(capture_id, capture, outcome, run_id)

    def adopt(self, capture_ids: Iterable[int], recipe_id: str) -> None:
        """The articles of these captures are what this recipe makes of them too: nothing it changed concerns them."""
        with self.transaction() as connection:
            ledger.adopt(connection, capture_ids, recipe_id)

    # what decides results

    def put_repeated(self, source: str, lines: Iterable[Repeated]) -> None:
        """Put these lines in the place of all that the source was known to repeat."""
        with self.transaction() as connection:
            blocks.replace(connection, source, lines)

    def decide(self, source: str, digest: int, verdict: str | None) -> None:
        """Write down what a person says of a line: furniture, content, or None for what the counts say."""
        with self.transaction() as connection:
            blocks.decide(connection, source, digest, verdict)

    def put_recipe(self, recipe: Recipe, sources: Iterable[str | None]) -> None:
        """Write down what decides the results of these sources, and its rules."""
        with self.transaction() as connection:
            ledger.put_recipe(connection, recipe, sources)

    def put_rules(self, rules: Iterable[Rule]) -> None:
        """Insert rules or bring them up to date; a rule in code has the pattern ''."""
        with self.transaction() as connection:
            ledger.put_rules(connection, rules)

    # manners

    def host(self, host: str) -> dict[str, Any] | None:
        """What is known of a host's robots.txt and delays."""
        with explained(self.path):
            return hosts.get(self._connection, host)

    def put_host(self, host: str, /, **columns: Any) -> None:
        """Remember columns of `hosts`; the others stay as they are."""
        with self.transaction() as connection:
            hosts.put(connection, host, columns)

    def hold_host(self, host: str, reason: str, until: str) -> None:
        """Leave a host alone until then: it and all its entries wait."""
        with self.transaction() as connection:
            hosts.put(connection, host, {"retry_at": until, "reason": clean(reason)})
            waiting.put_off_host(connection, host, reason, until)

    def readmit(self, host: str, allows: Callable[[str], bool]) -> set[str]:
        """Queue what a host's robots.txt kept out and now lets in; returns the sources concerned."""
        with self.transaction() as connection:
            return waiting.readmit(connection, host, allows)

    def put_health(self, looks: Iterable[health.Look]) -> dict[str, list[dict[str, str]]]:
        """Write down how sources are; returns the findings that `began` and those that `ended`."""
        with self.transaction() as connection:
            return health.put(connection, looks, now())
