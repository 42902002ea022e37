"""Watches: what newly matches is a hit, once, whatever comes between; and whoever is to hear of it does."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipelines import lookout, telling, ways
from pipelines.cli import main
from pipelines.store import hits, watches
from pipelines.store.forget import doom, forget
from pipelines.store.merge import merge
from pipelines.store.writer import Writer
from pipelines.watching import SIGNATURE, Way
from tests.crawls import Project, kill, wait_for
from tests.hosts import Host
from tests.newsroom import Newsroom
from tests.newsroom.server import Port
from tests.store_values import URL, article, capture, put
from tests.test_cli import Desk, follow

FERRY = "The ferry to the islands will not sail before March, its operator said."
COUNCIL = "The council will vote on a loan for the harbour next week."


def came(writer: Writer, name: str, text: str, hours: float = 0, **values: Any) -> int:
    """A page with a text was captured and read; the id of its article."""
    url = f"{URL}/{name}"
    page = capture(url, hours=hours)
    put(writer, page, article(url, text, title=f"On {name}", **values))
    return int(one(writer, "SELECT id FROM articles WHERE url = ?", url))


def one(writer: Writer, sql: str, *values: Any) -> Any:
    return writer.db.execute(sql, values).fetchone()[0]


def watch(writer: Writer, name: str = "ferries", query: str = "ferry") -> None:
    with writer.transaction() as connection:
        assert watches.add(connection, name, query)


def look(writer: Writer) -> None:
    while True:
        with writer.transaction() as connection:
            if not hits.look(connection)[0]:
                return


def found(writer: Writer, name: str = "ferries") -> list[int]:
    """The articles that a watch came upon so far."""
    look(writer)
    known = watches.get(writer.db.conn, name)
    assert known
    return sorted(row["id"] for row in watches.seen(writer.db.conn, known["id"], 1000))


def test_what_comes_after_a_watch_is_a_hit_and_what_was_there_is_none(writer: Writer) -> None:
    came(writer, "before", FERRY)
    assert not one(writer, "SELECT count(*) FROM watch_queue"), "without a watch nothing is noted"
    watch(writer)
    old = came(writer, "old", FERRY, published_at="1999-01-01", published_precision="day")
    came(writer, "council", COUNCIL)
    assert found(writer) == [old], "ids go by publication, so an old article has a small one"
    new = came(writer, "new", FERRY)
    assert found(writer) == sorted([old, new])
    assert not one(writer, "SELECT count(*) FROM watch_queue")


def test_each_watch_has_hits_of_its_own(writer: Writer) -> None:
    watch(writer)
    first = came(writer, "first", FERRY)
    watch(writer, "loans", "loan OR ferry")
    second = came(writer, "second", COUNCIL)
    assert found(writer) == [first]
    assert found(writer, "loans") == [second], "what came before a watch is none of its hits, though nobody looked yet"
    with writer.transaction() as connection:
        assert watches.remove(connection, "loans")
        assert not watches.remove(connection, "loans")
    assert found(writer) == [first]
    with writer.transaction() as connection:
        watches.remove(connection, "ferries")
    came(writer, "third", FERRY)
    assert not one(writer, "SELECT (SELECT count(*) FROM hits) + (SELECT count(*) FROM watch_queue)")


def test_a_watch_has_the_filters_of_the_search(writer: Writer) -> None:
    watch(writer, "here", "ferry source:paper lang:en")
    english = came(writer, "english", FERRY, language="en")
    came(writer, "german", FERRY, language="de")
    assert found(writer, "here") == [english]


def test_an_edit_that_makes_an_article_match_is_news_and_any_other_is_not(writer: Writer) -> None:
    ferry, council = came(writer, "boat", FERRY), came(writer, "council", COUNCIL)
    edited = came(writer, "edited", COUNCIL)
    came(writer, "edited", f"{COUNCIL} A ferry.", hours=1)
    watch(writer)
    with writer.transaction() as connection:  # captures of these tests are of 2024
        connection.execute("UPDATE watches SET made_at = '2024-05-01T13:30:00.000Z'")
        connection.execute("UPDATE articles SET text = text || ' Read anew.' WHERE id = ?", (edited,))
    came(writer, "boat", f"{FERRY} More ships are to come.", hours=2)
    assert found(writer) == [], "it matched before the watch was set"
    came(writer, "council", f"{COUNCIL} It is for a ferry.", hours=2)
    assert found(writer) == [council]
    came(writer, "council", f"{COUNCIL} It is for a ferry and a bridge.", hours=3)
    came(writer, "boat", "Nothing sails.", hours=3)
    assert found(writer) == [council]
    came(writer, "boat", FERRY + " Again.", hours=4)
    assert found(writer) == sorted([ferry, council])


def test_an_article_that_stops_to_match_stays_and_says_so(writer: Writer) -> None:
    watch(writer)
    council = came(writer, "council", f"{COUNCIL} It is for a ferry.")
    assert found(writer) == [council]
    came(writer, "council", COUNCIL, hours=2)
    assert found(writer) == [council]
    assert one(writer, "SELECT lapsed_at FROM hits")
    came(writer, "council", f"{COUNCIL} A ferry after all.", hours=3)
    assert found(writer) == [council]
    assert one(writer, "SELECT lapsed_at FROM hits") is None


def test_articles_that_are_made_again_are_told_no_second_time(writer: Writer) -> None:
    came(writer, "before", FERRY)
    watch(writer)
    new = came(writer, "new", FERRY + " New.")
    assert found(writer) == [new]
    for delete in ("DELETE FROM articles WHERE url LIKE '%before'", "DELETE FROM articles"):
        with writer.transaction() as connection:
            connection.execute(delete)
        look(writer)
    again = came(writer, "new", FERRY + " New.", published_at="2024-05-01T10:00:01Z")
    came(writer, "before", FERRY)
    assert found(writer) == [again], "the hit finds its article, whatever id it has now"
    assert one(writer, "SELECT count(*) FROM hits") == 1
    assert not one(writer, "SELECT count(*) FROM watch_queue")


def test_an_article_that_gets_another_address_is_the_same_hit(writer: Writer) -> None:
    watch(writer)
    number = came(writer, "amp", FERRY)
    assert found(writer) == [number]
    with writer.transaction() as connection:
        connection.execute("UPDATE articles SET urlkey = urlkey || 'x', text = text || ' More.'")
    assert found(writer) == [number]
    assert one(writer, "SELECT count(*) FROM hits") == 1


def test_of_a_forgotten_article_nothing_is_left(writer: Writer) -> None:
    watch(writer)
    number = came(writer, "secret-place", FERRY)
    assert found(writer) == [number]
    came(writer, "secret-place", FERRY + " More.", hours=2)
    doomed = doom(writer.db.conn, number)
    assert doomed
    forget(writer, doomed, "court order", "2026-01-01T00:00:00Z")
    assert not one(writer, "SELECT (SELECT count(*) FROM hits) + (SELECT count(*) FROM watch_queue)")


def test_what_a_merge_brings_is_new_and_watches_stay_at_home(path: Path, tmp_path: Path) -> None:
    with Writer.open(tmp_path / "other.db") as other:
        watch(other, "theirs")
        came(other, "theirs", FERRY)
        assert len(found(other, "theirs")) == 1
    with Writer.open(path) as writer:
        watch(writer)
        merge(writer, tmp_path / "other.db", None)
        assert len(found(writer)) == 1
        assert [row["name"] for row in watches.all_of(writer.db.conn)] == ["ferries"]


def test_many_at_once_come_in_handfuls(writer: Writer) -> None:
    watch(writer)
    number = came(writer, "first", FERRY)
    names = [row["name"] for row in writer.db.query("SELECT name FROM pragma_table_info('articles')")]
    same = ", ".join(name for name in names if name not in ("id", "url", "urlkey"))
    with writer.transaction() as connection:
        connection.execute(
            f"INSERT INTO articles (id, url, urlkey, {same}) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
            f" SELECT i + 1 FROM n WHERE i < 1300) SELECT {number} + i, 'u' || i, 'k' || i, {same} FROM n, articles"
        )
        first, _ = hits.look(connection)
    assert 0 < first < 1301
    assert len(found(writer)) == 1000
    assert one(writer, "SELECT count(*) FROM hits") == 1301


# telling


class Receiver(Port):
    """A server that takes what is posted, and answers with the status it is told."""

    def __init__(self) -> None:
        super().__init__(0, _Receiving, "127.0.0.1")
        self.status = 200
        self.silent = threading.Event()
        self.posted: list[tuple[dict[str, str], bytes]] = []


class _Receiving(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((dict(self.headers), body))
        if self.server.status == 0:
            self.server.silent.wait(20)
            return
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.silent.set()
    receiver.stop()


def watched(path: Path, way: Way, *names: str) -> None:
    """An archive with a watch that calls something, and hits that nobody has looked for."""
    ways.put(path, "ferries", way)
    with Writer.open(path) as writer:
        watch(writer)
        with writer.transaction() as connection:
            watches.tells(connection, "ferries", way.kind)
        for name in names:
            came(writer, name, f"{FERRY} {name}")


def more(path: Path, name: str) -> None:
    with Writer.open(path) as writer:
        came(writer, name, f"{FERRY} {name}")


def test_a_webhook_hears_of_hits_once_signed(path: Path, receiver: Receiver) -> None:
    watched(path, Way("webhook", f"{receiver.base}/hook?to=desk", "ab" * 32), "one", "two")
    assert lookout.after_run(path) == ["watch ferries: 2 new hits"]
    ((headers, body),) = receiver.posted
    assert headers[SIGNATURE] == "sha256=" + hmac.new(b"\xab" * 32, body, hashlib.sha256).hexdigest()
    said = json.loads(body)
    assert (said["watch"], said["query"]) == ("ferries", "ferry")
    assert {one["title"] for one in said["hits"]} == {"On one", "On two"}
    assert lookout.after_run(path) == []
    assert len(receiver.posted) == 1


@pytest.mark.parametrize(
    ("status", "told"), [(500, "status 500"), (302, "redirects to another address"), (0, "no answer within")]
)
def test_a_webhook_that_fails_is_told_in_a_line_and_tried_again(
    path: Path, receiver: Receiver, status: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "WEBHOOK_SECONDS", 0.5 if status == 0 else 10.0)
    watched(path, Way("webhook", f"{receiver.base}/hook", "ab" * 32), "one")
    receiver.status = status
    (line,) = lookout.after_run(path)
    assert line.startswith("watch ferries: 1 new hit; 127.0.0.1:")
    assert told in line
    more(path, "two")
    receiver.status = 200
    assert lookout.after_run(path) == ["watch ferries: 1 new hit"]
    assert len(json.loads(receiver.posted[-1][1])["hits"]) == 2
    assert len(receiver.posted) == 2


def test_telling_is_given_up_after_many_tries_and_a_week(path: Path) -> None:
    watched(path, Way("command", "false"), "one")
    for _ in range(10):
        assert lookout.run(path, (), lambda _: None, 0) == ["watch ferries: false: exit code 1; tried again next time"]
    with Writer.open(path) as writer:
        assert one(writer, "SELECT told FROM hits") == "owed", "it is young"
        with writer.transaction() as connection:
            connection.execute("UPDATE hits SET seen_at = '2020-01-01T00:00:00Z'")
    assert lookout.run(path, (), lambda _: None, 0)
    assert lookout.run(path, (), lambda _: None, 0) == []
    with Writer.open(path) as writer:
        assert one(writer, "SELECT told FROM hits") == "given up"


def test_a_command_that_takes_too_long_is_stopped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "COMMAND_SECONDS", 0.2)
    watched(path, Way("command", "sleep 60"), "one")
    (line,) = lookout.after_run(path)
    assert "sleep: took longer than 0.2 seconds" in line


def test_a_command_is_no_shell_line_and_reads_the_hits(path: Path) -> None:
    watched(path, Way("command", "tee 'a file; rm'"), "one")
    assert lookout.after_run(path) == ["watch ferries: 1 new hit"]
    hit = json.loads((path.parent / "a file; rm").read_text())
    assert set(hit) == {"watch", "id", "url", "title", "source", "published_at", "seen_at", "passage", "link"}
    assert "ferry" in hit["passage"]
    assert hit["link"] == f"/-/article/{hit['id']}"


def test_what_others_can_write_to_is_never_run(path: Path) -> None:
    watched(path, Way("command", "touch ran"), "one")
    ways.file_of(path).chmod(0o666)
    (line,) = lookout.after_run(path)
    assert "others can write to it, so nothing in it is run" in line
    ways.file_of(path).unlink()
    (line,) = lookout.after_run(path)
    assert "not known on this machine" in line
    assert not (path.parent / "ran").exists()


def test_what_a_watch_calls_is_not_in_the_archive(path: Path) -> None:
    watched(path, Way("webhook", "https://hooks.example/T0KEN", "ab" * 32))
    with Writer.open(path) as writer:
        assert one(writer, "SELECT tells FROM watches") == "webhook"
    held = path.read_bytes()
    assert b"T0KEN" not in held
    assert b"abab" not in held
    assert ways.file_of(path).stat().st_mode & 0o777 == 0o600


# as people type it


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def typed(*arguments: Any) -> Any:
    """A command in this process, which is quicker than one of its own."""
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("ferries", "loan"), "has a watch 'ferries' already, for 'ferry'"),
        (("Fähren!", "ferry"), "lower-case"),
        (("x", "ferry AND"), "AND"),
        (("x",), "say what to look for"),
        (("x", "ferry", "--since", "soon"), "'soon' is none"),
        (("x", "ferry", "--command", "no-such-program -x"), "there is no program 'no-such-program'"),
        (("x", "ferry", "--command", "'"), "quote it as for a shell"),
        (("x", "ferry", "--webhook", "ftp://example.org/"), "begins with https://"),
        (("x", "ferry", "--webhook", "https://me:word@example.org/"), "leave name and password out"),
        (("x", "ferry", "--webhook", "https://example.org/", "--command", "true"), "one of them"),
    ],
)
def test_what_cannot_be_watched_is_refused_in_a_line(path: Path, arguments: tuple[str, ...], told: str) -> None:
    watched(path, Way("command", "true"))
    said = typed("watch", "add", *arguments, "--db", path)
    assert said.exit_code == 2
    assert told in said.stderr
    assert said.stderr.count("\n") == 1
    assert "x" not in typed("watch", "list", "--csv", "--db", path).stdout.split()


def test_watches_are_added_listed_and_removed(path: Path) -> None:
    more(path, "one")
    said = typed("watch", "add", "ferries", "ferry", "--source", "paper", "--db", path)
    assert said.exit_code == 0, said.stderr
    assert "watching for ferry source:paper: 1 article match" in said.stderr
    assert typed("watch", "run", "--db", path).stdout == ""
    more(path, "two")
    assert typed("watch", "add", "ferries", "--webhook", "http://127.0.0.1:1/x", "--db", path).exit_code == 0
    said = typed("watch", "run", "--db", path)
    assert json.loads(said.stdout)["title"] == "On two"
    assert (said.exit_code, "127.0.0.1:1: Connection refused" in said.stderr) == (1, True)
    row = json.loads(typed("watch", "list", "--nl", "--db", path).stdout)
    assert (row["query"], row["hits"], row["tells"], row["owed"]) == ("ferry source:paper", 1, "webhook", 1)
    shown = typed("watch", "show", "ferries", "--db", path)
    assert "On two" in shown.stdout
    assert "webhook at http://127.0.0.1:1/…" in shown.stderr
    assert "no watch 'ferrys'; did you mean 'ferries'" in typed("watch", "show", "ferrys", "--db", path).stderr
    assert typed("watch", "remove", "ferries", "--db", path).exit_code == 0
    assert typed("watch", "list", "--db", path).stdout == ""
    assert not ways.read(path)


def test_two_runs_at_once_print_each_hit_once(desk: Desk) -> None:
    more(desk.db, "before")
    with Writer.open(desk.db) as writer:
        watch(writer)
        for n in range(40):
            came(writer, f"n{n}", f"{FERRY} {n}")
    outs = [process.communicate(timeout=60) for process in [desk.start("watch", "run") for _ in range(3)]]
    lines = [json.loads(line)["id"] for out, _ in outs for line in out.splitlines()]
    assert len(lines) == len(set(lines)) == 40, outs


@pytest.mark.slow
def test_a_kill_between_storing_and_telling_loses_nothing_and_repeats_nothing(desk: Desk) -> None:
    script = desk.write("tell.sh", "#!/bin/sh\nif mkdir first; then echo $$ > pid; exec sleep 60; fi\ncat >> told\n")
    script.chmod(0o755)
    watched(desk.db, Way("command", "./tell.sh"), "one", "two")
    process = desk.start("watch", "run", "ferries")
    pid = desk.folder / "pid"
    assert wait_for(lambda: pid.exists() and pid.read_text().strip() != "", process)
    kill(process)
    os.kill(int(pid.read_text()), signal.SIGKILL)
    assert desk("watch", "run").code == 0
    assert desk("watch", "run").code == 0
    told = [json.loads(line)["title"] for line in (desk.folder / "told").read_text().splitlines()]
    assert sorted(told) == ["On one", "On two"]


@pytest.mark.slow
def test_a_plain_scrapy_crawl_tells_and_a_command_that_fails_does_not_fail_it(path: Path, host: Host) -> None:
    watched(path, Way("command", "tee told"))
    with watches.watching(path) as connection:
        watches.add(connection, "fails", "ferry")
        watches.tells(connection, "fails", "command")
    ways.put(path, "fails", Way("command", "false"))
    host.page("/news/ice-on-the-sound", "No ferry sails.")
    host.feed("/news/ice-on-the-sound")
    crawl = Project(path.parent, host.sources()).crawl("feeds")
    assert crawl.code == 0, crawl.err
    assert "watch ferries: 1 new hit\n" in crawl.err
    assert "watch fails: 1 new hit; false: exit code 1; tried again next time\n" in crawl.err
    assert json.loads((path.parent / "told").read_text())["url"] == f"{host.base}/news/ice-on-the-sound"


@pytest.mark.slow
def test_a_crawl_tells_what_its_edition_brought(tmp_path: Path) -> None:
    with Newsroom() as newsroom:
        desk = Desk(tmp_path)
        desk.write("sources.toml", follow(newsroom, "bote"))
        assert Project(tmp_path, follow(newsroom, "bote")).crawl("feeds").code == 0
        assert typed("watch", "add", "bote", "source:bote", "--command", "tee told", "--db", desk.db).exit_code == 0
        added = newsroom.next_edition().added
        crawl = desk("crawl")
        assert crawl.code == 0, crawl.err
        assert "watch bote: 1 new hit\n" in crawl.err
        assert json.loads((tmp_path / "told").read_text())["title"] == added.title
        said = typed("watch", "run", "bote", "--db", desk.db)
        hit = json.loads(said.stdout)
        assert (hit["url"], hit["watch"], hit["source"]) == (added.url, "bote", "bote")
        assert typed("watch", "run", "bote", "--db", desk.db).stdout == ""
