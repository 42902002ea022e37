"""An archive of invented articles, as it would be after two years of following fifty outlets.

Written in one pass by plain SQL: the schema's own triggers fill the search indexes, and memory does not grow with the
number of articles. Words follow Zipf's law; four texts in a hundred are in another script. The same number of articles
ending at the same time gives the same archive.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import zstandard
from sqlite_utils import Database

from bench.invented import EDITS, OUTLETS, Made, Writers
from pipelines.store.migrations import migrations

DAYS = 730
RULES = 100
WATCHES = 10
AGENCIES = ("Northern Wire", "Coast Press", "Agence du Sud", "Delta News Agency", "Metro Service")
SECTIONS = ("Region", "Politics", "Business", "Culture", "Sport", "Science", "World", "Opinion")
_HANDFUL = 1000  # articles that share a transaction
_KINDS = ("headline", "standfirst", "correction", "number", "quote", "name", "addition", "deletion", "typo", "wording")
_REFUSED = ("robots.txt forbids it", "no article: section page", "too short", "duplicate of an article", "HTTP 404")


@dataclass(frozen=True, slots=True)
class Script:
    """Writing of a language: what words are made of, and what stands between them."""

    language: str
    letters: str
    most: int  # letters of a word
    space: str
    stop: str


SCRIPTS = (
    Script("zh", "".join(map(chr, range(0x4E00, 0x5A00))), 2, "", "。"),
    Script("ja", "".join(map(chr, [*range(0x3042, 0x3094), *range(0x6700, 0x6C00)])), 3, "", "。"),
    Script("th", "".join(map(chr, range(0x0E01, 0x0E2E))) + "าะเแโ", 5, "", " "),
    Script("ar", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي", 6, " ", ". "),
    Script("ru", "абвгдежзиклмнопрстуфхцчшыья", 8, " ", ". "),
)


class Tongue:
    """Writes texts of one script in words drawn by Zipf's law; `words` are in the order of how common they are."""

    def __init__(self, script: Script, dice: random.Random) -> None:
        self._script, self._dice = script, dice
        self.words = ["".join(dice.choices(script.letters, k=dice.randint(1, script.most))) for _ in range(8000)]
        total, self._weights = 0.0, list[float]()
        for n in range(len(self.words)):
            total += 1 / (n + 2)
            self._weights.append(total)

    def sentence(self, most: int = 24) -> str:
        """A few words and a full stop."""
        drawn = self._dice.choices(self.words, cum_weights=self._weights, k=self._dice.randint(5, most))
        return self._script.space.join(drawn) + self._script.stop

    def text(self) -> tuple[str, ...]:
        """The paragraphs of an article."""
        return tuple("".join(self.sentence() for _ in range(self._dice.randint(2, 5))) for _ in range(8))


@dataclass(frozen=True, slots=True)
class Told:
    """An invented article with its place in the archive; `of` is the one it copies."""

    made: Made
    id: int
    at: datetime
    language: str
    head: int | None = None
    of: int | None = None


def fill(path: Path, articles: int, *, until: datetime, seed: int = 1) -> None:
    """Write an archive of so many articles to `path`; the last ones are from the hours before `until`."""
    db = Database(path)
    migrations.apply(db)
    connection = db.conn
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -200000")
    dice = random.Random(seed)
    rows = Rows(dice, until)
    with connection:
        rows.frame()
        rows.write(connection)
    told = _told(articles, dice, until, seed)
    while handful := list(islice(told, _HANDFUL)):
        with connection:
            for one in handful:
                rows.article(one)
            rows.write(connection)
    with connection:
        rows.end()
        rows.write(connection)
    connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _told(count: int, dice: random.Random, until: datetime, seed: int) -> Iterator[Told]:
    """Articles in the order of publication; one in sixteen copies one of the latest of another outlet."""
    writers = Writers(seed=seed)
    tongues = {one.language: Tongue(one, dice) for one in SCRIPTS}
    latest: deque[Told] = deque(maxlen=200)
    begun, step = until - timedelta(days=DAYS), timedelta(days=DAYS) / count
    for n in range(count):
        at = begun + step * n
        id_ = (int(at.timestamp()) << 20) + n % 1000
        if latest and dice.random() < 0.06:
            one = dice.choice(latest)
            yield Told(
                writers.copy(one.made, dice.choice(EDITS[:5])), id_, at, one.language, one.head or one.id, one.id
            )
            continue
        made, language = writers.articles(1, first=n)[0], "en"
        if dice.random() < 0.04:
            tongue = tongues[language := dice.choice(SCRIPTS).language]
            made = Made(n, made.outlet, tongue.sentence(9), tongue.text(), 0)
        one = Told(made, id_, at, language)
        latest.append(one)
        yield one


class Rows:
    """Makes the rows of articles and of what stands around them, and writes them table by table."""

    def __init__(self, dice: random.Random, until: datetime) -> None:
        self._dice, self._until = dice, until
        self._pending: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._captures = 0
        self._tallies: dict[tuple[int, str, str], int] = defaultdict(int)
        self._heads: set[int] = set()
        self._noted = deque[tuple[int, str, str]](maxlen=5000)
        self._names = [f"{_name(dice)} {_name(dice)}" for _ in range(600)]
        self._pack = zstandard.ZstdCompressor(level=1).compress

    def write(self, connection: Any) -> None:
        """Write what is pending, each table with one statement."""
        for table, rows in self._pending.items():
            names = list(rows[0])
            sql = f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            connection.executemany(sql, [tuple(row.values()) for row in rows])
        self._pending.clear()

    def frame(self) -> None:
        """Sources, their feeds, health and furniture, rules and the recipe."""
        at = _iso(self._until)
        self._add("recipes", id="r1", version="1", rules="0" * 64, made_at=at)
        for n in range(RULES):
            zone, origin = (
                self._dice.choice(("lead", "body", "tail", "field")),
                self._dice.choice(("shipped", "learned")),
            )
            why = f"Stands on {n + 20} of 300 pages of a source."
            self._add("rules", id=f"rule-{n}", zone=zone, language=None, origin=origin, pattern=None, why=why)
        for n in range(OUTLETS):
            self._source(_source(n), n, at)

    def end(self) -> None:
        """A crawl a day, with what it did, and what readers watch for: last, since triggers look for watches."""
        for n in range(DAYS + 1):
            day = self._until - timedelta(days=DAYS - n)
            self._add("runs", id=n + 1, kind="crawl", version="0.2.0", started_at=_iso(day - timedelta(minutes=20)),
                      finished_at=_iso(day), reason="finished")  # fmt: skip
        for (run, source, what), n in self._tallies.items():
            self._add("tallies", run_id=run, source_id=source, what=what, n=n)
        for n in range(WATCHES):
            self._add("watches", id=n + 1, name=f"topic-{n}", query=f"tag:topic-{n}", made_at=_iso(self._until))
        for n, (number, url, at) in enumerate(self._noted):
            self._add("hits", watch_id=n % WATCHES + 1, urlkey=url, article_id=number, seen_at=at, printed=1)

    def article(self, one: Told) -> None:
        """An article with its page, its facts and its company."""
        dice, made = self._dice, one.made
        source, n = _source(made.outlet), one.id
        url = f"https://{source}.example/{one.at:%Y/%m/%d}/{n:x}"
        run = DAYS - (self._until - one.at).days + 1
        capture = self._capture(source, url, one.at + timedelta(minutes=20), made.title, run)
        removals = self._removals(n, made)
        author, agency = dice.choice(self._names), dice.choice(AGENCIES) if dice.random() < 0.2 else None
        text = made.text + f"\n\n“{_name(dice)} {_name(dice)}”, {dice.choice(self._names)}."
        published = None if dice.random() < 0.03 else _iso(one.at)
        claims = [{"field": "published_at", "value": published, "origin": "jsonld"},
                  {"field": "authors", "value": [author], "origin": "jsonld"},
                  {"field": "title", "value": made.title, "origin": "meta:og:title"}]  # fmt: skip
        self._add("articles", id=n, source_id=source, capture_id=capture, url=url, urlkey=url, title=made.title,
                  description=made.paragraphs[0][:160] if dice.random() < 0.6 else None,
                  authors=json.dumps([author] if dice.random() < 0.7 else []), agency=agency,
                  section=dice.choice(SECTIONS), tags=json.dumps([f"topic-{dice.randrange(400)}"]),
                  language=one.language, published_at=published, published_precision=published and "second",
                  published_from=published and "jsonld", first_seen_at=_iso(one.at + timedelta(minutes=20)),
                  gone_at=_iso(one.at + timedelta(days=3)) if dice.random() < 0.005 else None,
                  word_count=len(text.split()), removed_chars=removals, digest=_digest(text), recipe_id="r1",
                  claims=json.dumps(claims, ensure_ascii=False), text=text)  # fmt: skip
        self._add("addresses", article_id=n, url=url, urlkey=url, kind="canonical")
        self._entries(source, url, made.title, one.at, capture)
        self._tallies[run, source, "new"] += 1
        self._tallies[run, source, "fetched"] += 1
        if one.of and one.head:
            self._copy(one, one.of, one.head)
        if dice.random() < 0.05:
            self._revised(one, source, url, run)
        if dice.random() < 0.01:
            self._add("notes", article_id=n, urlkey=url, tag=dice.choice(("follow-up", "check", "budget")), text=None)
            self._noted.append((n, url, _iso(one.at + timedelta(minutes=20))))
            self._add("notes", article_id=n, urlkey=url, tag=None, text=f"Ask {author} about {made.title[:40]}")

    def _revised(self, one: Told, source: str, url: str, run: int) -> None:
        for n in range(1, self._dice.choice((1, 1, 1, 2, 3)) + 1):
            since, until = one.at + timedelta(hours=n), one.at + timedelta(hours=n + 1)
            capture = self._capture(source, url, since, f"{n} {one.made.title}", run)
            paragraphs = [*one.made.paragraphs[n:], self._dice.choice(self._names)]
            text = "\n\n".join(paragraphs)
            self._add("revisions", article_id=one.id, n=n, capture_id=capture, seen_from=_iso(since),
                      seen_until=_iso(until), title=f"{one.made.title} {n}", description=None, digest=_digest(text),
                      text=text)  # fmt: skip
            for part in range(1, self._dice.randint(2, 5)):
                self._add("changes", article_id=one.id, n=n, part=part, kind=self._dice.choice(_KINDS),
                          before=paragraphs[0][:60], after=one.made.paragraphs[0][:60])  # fmt: skip
            self._tallies[run, source, "revised"] += 1

    def _copy(self, one: Told, of: int, head: int) -> None:
        share = round(self._dice.uniform(0.5, 1), 3)
        if head not in self._heads:
            self._add("clusters", article_id=head, head_id=head)
            self._heads.add(head)
        self._add("clusters", article_id=one.id, head_id=head)
        kind = "near" if share < 0.98 else "exact"
        self._add("similar", article_id=one.id, other_id=of, kind=kind, score=share)
        self._add("copies", article_id=one.id, head_id=head, of_own=share, of_head=share, kept=8, cut=2, added=1,
                  cut_chars=410, added_chars=190)  # fmt: skip

    def _removals(self, number: int, made: Made) -> int:
        total = 0
        for n in range(self._dice.randint(2, 6)):
            # few rules cut most
            rule = min(int(self._dice.expovariate(1 / 12)), RULES - 1)
            cut = f"\n\nRead more: {made.title[: self._dice.randint(10, 60)]} {rule}"
            begin = len(made.text) + total
            self._add("removals", article_id=number, n=n + 1, start=begin, stop=begin + len(cut), zone="tail",
                      rule_id=f"rule-{rule}", text=cut)  # fmt: skip
            total += len(cut)
        return total

    def _entries(self, source: str, url: str, title: str, at: datetime, capture: int) -> None:
        common = {"source_id": source, "feed_id": None, "kind": "feed", "title": title, "found_at": _iso(at)}
        self._add("entries", **common, url=url, urlkey=url, state="fetched", reason=None, capture_id=capture)
        if self._dice.random() < 0.2:
            state = self._dice.choice(("refused", "refused", "failed"))
            reason, other = self._dice.choice(_REFUSED), f"{url}/live"
            self._add("entries", **common, url=other, urlkey=other, state=state, reason=reason, capture_id=None)

    def _capture(self, source: str, url: str, at: datetime, title: str, run: int) -> int:
        self._captures += 1
        body = f"<!doctype html><title>{title}</title><article><p>{url}</p></article>".encode()
        self._add("payloads", id=self._captures, digest=hashlib.sha256(body).hexdigest(), codec="zstd",
                  size=len(body), body=self._pack(body))  # fmt: skip
        self._add("captures", id=self._captures, source_id=source, run_id=run, url=url, urlkey=url,
                  fetched_at=_iso(at), status=200, mime="text/html", payload_id=self._captures, outcome="article",
                  headers='[["Content-Type", "text/html; charset=utf-8"], ["Server", "nginx"]]')  # fmt: skip
        return self._captures

    def _source(self, name: str, n: int, at: str) -> None:
        dice = self._dice
        self._add("sources", id=name, name=f"The {_name(dice)} Post", homepage=f"https://{name}.example/",
                  language="en", country="GB", timezone="Europe/London")  # fmt: skip
        for kind in ("feed", "sitemap", "section"):
            self._add("feeds", source_id=name, kind=kind, url=f"https://{name}.example/{kind}", checked_at=at,
                      status=200, listed=40, fresh=3, failures=4 if n % 20 == 0 else 0)  # fmt: skip
        self._add("vitals", source_id=name, looked_at=at, last_success_at=at, newest_at=at, usual_gap=1.5,
                  longest_gap=9.0, articles_week=140, usual_week=150.0, dated=0.97, authored=0.7, standfirst=0.6,
                  length=2600, cut=0.05, pages_week=160, rejects='{"too short": 4}')  # fmt: skip
        for ended in (None, at) if n % 10 == 0 else ():
            self._add("findings", source_id=name, kind="fewer", detail="90 articles a week; 150 are usual", value=90.0,
                      usual=150.0, began_at=at, found_at=at, seen_at=at, ended_at=ended)  # fmt: skip
        for digest in range(60):
            verdict = dice.choice(("furniture", "content", None))
            self._add("blocks", source_id=name, digest=n * 1000 + digest, verdict=verdict, zone=verdict and "edge",
                      origin=verdict and "learned", articles=dice.randint(2, 300), looked_at=300, first_seen_at=at,
                      last_seen_at=at, text=f"Subscribe to our {_name(dice)} letter")  # fmt: skip

    def _add(self, table: str, **row: Any) -> None:
        self._pending[table].append(row)


def _source(n: int) -> str:
    return f"outlet-{n:02}"


def _name(dice: random.Random) -> str:
    syllables: Sequence[str] = ("mar", "ben", "tol", "vi", "ka", "ris", "dun", "el", "or", "fa", "gre", "wil")
    return "".join(dice.choices(syllables, k=dice.randint(2, 5))).capitalize()


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
