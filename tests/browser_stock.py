"""The reading room's archive with more in it, for a browser: scripts, a story, edits, much to leaf through."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from tests.reading_room import FERRY, HOSTILE, OVERRIDE, WIRE, stock
from tests.shelf import add_article, add_capture, add_source, insert

#: Articles, each with a word by which search finds it and no other: (id, language, title, text, word).
TONGUES = tuple(
    (number, *row)
    for number, row in zip(
        range(1010 << 20, 1020 << 20, 1 << 20),
        (
            (
                "sv",
                "Färjan över Öresund är inställd",
                "Färjan över sundet går inte före mars.",
                "oresund",
            ),
            ("zh", "市议会批准渡轮贷款", "市议会周四批准了修理两座码头的贷款，轮船公司表示欢迎。", "码头"),
            ("ja", "島へのフェリーは三月まで欠航", "運航会社は三月まで島へのフェリーを欠航にすると発表した。", "欠航"),
            ("th", "เรือข้ามฟากหยุดให้บริการ", "บริษัทแจ้งว่าเรือข้ามฟากจะหยุดให้บริการจนถึงเดือนมีนาคม", "ให้บริการ"),
            ("ru", "Паром не выйдет из порта", "Паром на острова не выйдет до марта, сообщила компания.", "паром"),
            ("el", "Το πλοίο μένει στο λιμάνι", "Το πλοίο για τα νησιά δεν θα φύγει πριν από τον Μάρτιο.", "λιμάνι"),
            ("he", "המעבורת נשארת בנמל", "המעבורת אל האיים לא תצא לפני חודש מרץ, אמרה החברה.", "המעבורת"),
        ),
        strict=False,
    )
)
EDITED, STORY = 1030 << 20, 1031 << 20
MANY = 60  # further articles, enough for a second page
WORDS = "The lighthouse keeper retires after forty years.\n\nNobody will follow; the lamp is electric now."
#: What a page would write where it can, if it could: everything that could run sets `window.ran`.
SCRIPT = "<script>window.ran=1</script>"
IMAGE = "<img src=x onerror=window.ran=2>"
EVIL = f"evil\"/?#&<b>'{OVERRIDE}"  # id of a source
BREAKOUT = "\"'></textarea></title></style><svg/onload=window.ran=3>{{7*7}}{%raw%}"


def stocked(path: Path) -> Path:
    """The archive, written to `path`."""
    db = Database(stock(path))
    _tongues(db)
    _edited(db)
    _story(db)
    _many(db)
    _furniture(db)
    _hostile(db)
    _watch(db)
    db.close()
    return path


def _tongues(db: Database) -> None:
    for number, language, title, text, _ in TONGUES:
        add_source(db, language, f"Paper in {language}", language=language)
        add_article(db, number, language, title, text, language=language, published_at="2017-11-17",
                    published_precision="day", published_from="jsonld")  # fmt: skip


def _edited(db: Database) -> None:
    """An article that was edited twice."""
    texts = [
        "The bridge will open in April, the council said.\n\nIt costs 12 million.",
        "The bridge will open in May, the council said.\n\nIt costs 12 million.",
        "The bridge will open in May, the mayor said.\n\nIt costs 14 million.\n\nCorrection: an earlier version of this"
        " article gave a wrong sum.",
    ]
    add_article(db, EDITED, "post", "Bridge opens in May", texts[-1], language="en", authors=["Maud Ferris"],
                published_at="2017-11-18T08:00:00Z", published_precision="minute", published_from="meta")  # fmt: skip
    for n, text in enumerate(texts[:-1], 1):
        capture = add_capture(db, "post", f"https://post.example/bridge/{n}", text.encode())
        title = f"Bridge opens in {('April', 'May')[n - 1]}"
        insert(db, "revisions", article_id=EDITED, n=n, capture_id=capture, title=title, digest=f"{n:064}",
               seen_from=f"2017-11-18T0{n}:00:00Z", seen_until=f"2017-11-18T0{n + 1}:00:00Z", text=text)  # fmt: skip
    told = (1, "headline", "April", "May"), (1, "wording", "April", "May"), (2, "number", "12", "14")
    for part, (n, kind, before, after) in enumerate(told, 1):
        insert(db, "changes", article_id=EDITED, n=n, part=part, kind=kind, before=before, after=after)


def _story(db: Database) -> None:
    """A story that three outlets carry."""
    for n, source in enumerate(("wire", "post", "sv")):
        number = STORY + (n << 20)
        add_article(db, number, source, f"Keeper retires ({n})", WORDS, language="en", agency="Northern Wire",
                    published_at=f"2017-11-19T0{n + 1}:00:00Z", published_precision="minute",
                    published_from="jsonld")  # fmt: skip
        insert(db, "clusters", article_id=number, head_id=STORY)
        if n:
            insert(db, "similar", article_id=number, other_id=STORY, kind="exact", score=1.0)
            insert(db, "copies", article_id=number, head_id=STORY, of_own=1.0, of_head=1.0, kept=2, cut=0, added=n,
                   cut_chars=0, added_chars=40 * n)  # fmt: skip


def _many(db: Database) -> None:
    for n in range(MANY):
        add_article(db, (1100 + n) << 20, ("post", "wire")[n % 2], f"Harbour notes, part {n}",
                    f"Notes of day {n} from the harbour: nothing moved but the tide.", language="en",
                    section=("Region", "Sport")[n % 2], published_at=f"2017-{10 + n // 30}-{n % 30 + 1:02}T06:00:00Z",
                    published_precision="minute", published_from="meta",
                    cuts=(("related-headlines", "after", f"Read on: day {n + 1}"),))  # fmt: skip


def _furniture(db: Database) -> None:
    """A line that an outlet repeats, for a person to judge."""
    insert(db, "blocks", source_id="post", digest=77, verdict="furniture", origin="learned", zone="edge", articles=40,
           looked_at=60, first_seen_at="2017-11-01T00:00:00Z", last_seen_at="2017-11-19T00:00:00Z",
           text="Sign up for our weekly letter")  # fmt: skip


def _watch(db: Database) -> None:
    insert(db, "watches", id=1, name="ferries", query="ferry", made_at="2017-11-01T00:00:00Z")
    for number in (FERRY, WIRE, HOSTILE + 7):
        insert(db, "hits", watch_id=1, urlkey=str(number), article_id=number, seen_at="2017-11-19T00:00:00Z")


def _hostile(db: Database) -> None:
    """A source whose every word is hostile, wherever a page or a feed can write."""
    source, everything = EVIL, f"{SCRIPT}{IMAGE}{BREAKOUT}{OVERRIDE}"
    add_source(db, source, f"{everything} outlet", language=f'en" onload="{SCRIPT}', country=SCRIPT)
    number, copy = HOSTILE + 7, HOSTILE + 8
    long = f"{everything} body\n\n{'x' * 20_000} {everything}"
    for one, text in ((number, long), (copy, f"{everything} other body")):
        add_article(db, one, source, f"{everything} harbour {'wide' * 100}", text, description=everything,
                    section=everything,
                    url=f"javascript:window.ran=4//{one}", image="javascript:window.ran=5", authors=[everything],
                    tags=[everything], captions=[everything], links=["javascript:window.ran=6", everything],
                    language=everything, agency=everything, dateline=everything, published_at=everything,
                    claims=[{"field": everything, "value": everything, "origin": everything}],
                    cuts=(("share-counts", "before", everything), ("learned-9f2c", "after", everything)),
                    body=everything.encode())  # fmt: skip
        insert(db, "clusters", article_id=one, head_id=number)
    insert(db, "similar", article_id=copy, other_id=number, kind="near", score=0.9)
    capture = add_capture(db, source, f"javascript:{everything}", f"<html>{everything}".encode())
    insert(db, "revisions", article_id=number, n=1, capture_id=capture, title=f"{everything} before",
           digest="e" * 64, seen_from=everything, seen_until="2026-11-20T06:00:00Z", description=everything,
           text=everything)  # fmt: skip
    for part, kind in enumerate(("headline", "correction", "deletion"), 1):
        insert(db, "changes", article_id=number, n=1, part=part, kind=kind, before=everything, after=everything)
    insert(db, "rules", id=everything, zone="tail", origin="learned", pattern=everything, why=everything)
    insert(db, "removals", article_id=number, n=90, start=0, stop=0, zone="tail", rule_id=everything, text=everything)
    insert(db, "feeds", source_id=source, kind="feed", url=f"javascript:{everything}", failures=9, status=500)
    insert(db, "findings", source_id=source, kind="failing", detail=everything, began_at=everything,
           found_at="2026-11-20T06:00:00Z", seen_at="2026-11-20T06:00:00Z")  # fmt: skip
    insert(db, "blocks", source_id=source, digest=1, verdict="furniture", origin="learned", zone="edge", articles=9,
           looked_at=10, first_seen_at=everything, last_seen_at=everything, text=everything)  # fmt: skip
    insert(db, "entries", source_id=source, url=f"javascript:{everything}", urlkey=everything, kind="feed",
           title=everything, found_at=everything, state="refused", reason=everything)  # fmt: skip
    insert(db, "failures", url=everything, stage="process", error=everything, at=everything)
    insert(db, "addresses", article_id=number, url=f"javascript:{everything}", urlkey=everything, kind=everything)
    insert(db, "notes", article_id=WIRE, urlkey=f"https://wire.example/news/{WIRE}", text=everything, author=everything)
    insert(db, "notes", article_id=WIRE, urlkey=f"https://wire.example/news/{WIRE}", tag=SCRIPT, author=everything)
