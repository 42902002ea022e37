"""`tearsheet serve` as people start it: real processes, real HTTP."""

from __future__ import annotations

import itertools
import json
import os
import re
import socket
import stat
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from pipelines.cli import main
from tests.public_room import fat_snapshot
from tests.reading_room import FERRY, stock

_PATIENCE = 60  # seconds


class _Still(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Reader:
    """Somebody with a browser: keeps cookies, and tells redirects and errors like any answer."""

    def __init__(self, base: str, pid: int = 0) -> None:
        self.base = base
        self.pid = pid  # of the server
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _Still())

    def ask(self, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str, Any]:
        data = urlencode(form).encode() if form is not None else None
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.base + path, data=data, headers=named)
        try:
            with self._opener.open(request, timeout=_PATIENCE) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read().decode(), problem.headers

    def status(self, path: str, **headers: str) -> int:
        return self.ask(path, **headers)[0]

    def memory(self) -> int:
        """Megabytes that the server had at most."""
        told = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return int(told.partition("VmHWM:")[2].split()[0]) // 1024

    def seconds(self, path: str, times: int) -> float:
        """The median that a page takes."""

        def once() -> float:
            begun = time.perf_counter()
            assert self.status(path) == 200
            return time.perf_counter() - begun

        return statistics.median(once() for _ in range(times))

    def sign_in(self, path: str = "/-/sign-in", **form: str) -> tuple[int, str, Any]:
        token = re.search(r'name="csrftoken" value="([^"]*)"', self.ask(path)[1])
        assert token
        return self.ask(path, {**form, "csrftoken": token[1]})


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "pipelines.cli", *options]


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEARSHEET_")}
    return {**kept, **variables}


def refusal(db: Path, *options: str) -> str:
    """What is said where nothing is served."""
    done = CliRunner().invoke(main, ["serve", "--db", str(db), *options])
    assert done.exit_code in (2, 3), done.output
    return done.output


def set_password(db: Path, password: str, *options: str) -> str:
    done = CliRunner().invoke(main, ["password", "--db", str(db), *options], input=f"{password}\n")
    return f"{done.exit_code} {done.output}"


@contextmanager
def served(db: Path, *options: str, **variables: str) -> Iterator[tuple[Reader, str]]:
    """A server that is ready, and what it said."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said = db.parent / f"said-{port}"
    with said.open("wb") as log:
        server = subprocess.Popen(
            command("serve", "--db", str(db), "--port", str(port), *options), cwd=db.parent, stdin=subprocess.DEVNULL,
            env=environment(**variables), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until = time.monotonic() + _PATIENCE
        while "Ctrl-C stops it." not in said.read_text(encoding="utf-8"):
            assert server.poll() is None, said.read_text(encoding="utf-8")
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.05)
        yield Reader(f"http://127.0.0.1:{port}", server.pid), said.read_text(encoding="utf-8")
    finally:
        server.terminate()
        server.wait(timeout=_PATIENCE)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock(tmp_path_factory.mktemp("serve") / "archive.db")


def test_for_oneself(archive: Path) -> None:
    with served(archive) as (reader, said):
        assert re.search(r"^http://127\.0\.0\.1:\d+/  .*archive\.db, for you on this machine$", said, re.M)
        assert reader.status("/") == reader.status(f"/-/article/{FERRY}") == 200
        assert reader.ask("/archive.json?sql=select+1+as+one&_shape=array")[1] == '[{"one": 1}]'
        # a page elsewhere whose name was made to lead here learns nothing, and its forms do nothing
        assert reader.status("/", Host="attacker.example") == 421
        assert reader.status("/", Host="attacker.example:80") == 421
        assert reader.status("/", Host=reader.base.replace("http://127.0.0.1", "localhost")) == 200
        for headers in ({"Origin": "https://attacker.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}):
            assert reader.ask("/-/logout", {}, **headers)[0] == 403
        # what would take all memory in one step of a query
        for bomb in ("zeroblob(900000000)", "hex(zeroblob(400000000))", "printf('%.*c',900000000,'x')"):
            status, text, _ = reader.ask(f"/archive.json?{urlencode({'sql': f'select {bomb}'})}")
            assert status == 400
            assert "memory" in json.loads(text)["error"]
        assert reader.status("/archive/articles") == 200


def test_others_come_in_only_where_that_was_said(archive: Path) -> None:
    assert "add --password for a desk, or --public" in refusal(archive, "--host", "0.0.0.0")
    assert "run `tearsheet password`" in refusal(archive, "--password")
    assert "choose one" in refusal(archive, "--password", "--public")
    assert "stands fixed" in refusal(archive, "--public", "--setting", "default_allow_sql", "on")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "name another with --port" in refusal(archive, "--port", str(taken.getsockname()[1]))


def test_a_desk_with_one_password(tmp_path: Path) -> None:
    db = stock(tmp_path / "archive.db")
    with served(db, "--password", TEARSHEET_PASSWORD="ferry at dawn") as (reader, said):
        assert "for whoever knows the password" in said
        assert "ferry at dawn" not in said
        for path in ("/", "/archive", f"/-/article/{FERRY}", "/archive/articles?source_id=post"):
            status, _, headers = reader.ask(path)
            assert (status, headers["location"].startswith("/-/sign-in")) == (303, True)
        for path in ("/archive.json", "/archive.db", "/archive/articles.csv", "/-/search.atom?q=ferry"):
            assert reader.status(path) == 401
        assert reader.ask("/-/anything", {})[0] == 401
        assert reader.status("/", Cookie="ds_actor=forged") == 303
        assert reader.ask("/robots.txt")[1] == "User-agent: *\nDisallow: /\n"

        page = reader.ask(f"/-/article/{FERRY}")[2]["location"]
        status, text, _ = reader.sign_in(page, password="ferry at dusk")
        assert (status, "not the password" in text) == (403, True)
        status, _, headers = reader.sign_in(page, password="ferry at dawn")
        assert (status, headers["location"]) == (303, f"/-/article/{FERRY}")
        assert {"httponly", "samesite=lax"} <= set(headers["set-cookie"].lower().split("; "))
        assert reader.status(f"/-/article/{FERRY}") == reader.status("/archive.json") == 200
        assert reader.sign_in("/-/sign-in?next=//attacker.example/", password="ferry at dawn")[2]["location"] == "/"
    kept = db.with_suffix(".desk")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "ferry at dawn" not in kept.read_text(encoding="utf-8")
    with served(db, "--password") as (again, _):  # a restart keeps logins
        again._opener = reader._opener
        assert again.status("/archive.json") == 200
    assert set_password(db, "ferry at dusk").startswith("0")
    with served(db, "--password") as (again, _):  # a new password ends them
        again._opener = reader._opener
        assert again.status("/archive.json") == 401


@pytest.mark.slow
def test_a_desk_of_several(tmp_path: Path) -> None:
    db = stock(tmp_path / "archive.db")
    assert "at least 8 characters" in set_password(db, "short", "maud")
    assert set_password(db, "maud's password", "maud").startswith("0")
    assert "2 people may sign in" in set_password(db, "ivo's password", "ivo")
    with served(db, "--password", "--host", "0.0.0.0") as (reader, said):
        assert "for ivo, maud, by name and password; without TLS" in said
        for name, password in (("maud", "ivo's password"), ("nobody", ""), ("desk", "maud's password")):
            assert reader.sign_in(name=name, password=password)[0] == 403
        assert reader.sign_in(name="maud", password="maud's password")[0] == 303
        assert json.loads(reader.ask("/-/actor.json")[1])["actor"]["id"] == "maud"
        stranger = Reader(reader.base)
        for _ in range(4):
            stranger.sign_in(name="maud", password="a guess")
        status, text, _ = stranger.sign_in(name="maud", password="maud's password")
        assert (status, "Too many wrong tries" in text) == (403, True)
    assert "1 person may sign in" in set_password(db, "", "ivo", "--remove")
    assert "nobody of that name" in set_password(db, "", "ivo", "--remove")


def test_for_everybody(tmp_path: Path) -> None:
    db = stock(tmp_path / "archive.db")
    with served(db, "--public", "--setting", "base_url", "/news/") as (reader, said):
        assert "for everybody: 6 articles as of" in said
        assert "notes, watches, SQL and downloads are left out" in said
        reader.base += "/news"
        assert reader.status("/") == reader.status(f"/-/article/{FERRY}") == reader.status("/archive/articles") == 200
        for path in (
            "/",
            "/archive",
            "/archive/articles",
            "/archive/latest",
            f"/-/article/{FERRY}",
            "/-/search?q=ferry",
        ):
            text = reader.ask(path)[1]
            links = re.findall(r'(?:href|src|action)="(?:http://[\d.:]+)?(/[^"]*)"', text)
            assert links
            assert not [link for link in links if not link.startswith("/news/") or "/news/news/" in link]
            assert str(tmp_path) not in text
        assert reader.ask("/archive/articles/")[2]["location"] in (None, "/news/archive/articles")
        left = {path.name for path in tmp_path.iterdir()}
        assert {"archive.db", "archive.public"} <= left
        assert not [name for name in left if ".part" in name or "filling" in name]
    made = tmp_path / "elsewhere.db"
    (tmp_path / "archive.public").rename(made)
    with served(db, "--public", "--snapshot", str(made)) as (reader, said):
        assert f"({made})" in said
        assert reader.status("/elsewhere/articles") == 200
    assert "is no snapshot" in refusal(db, "--public", "--snapshot", str(db))


def _heavy(long: list[int]) -> list[str]:
    """What one asks for who means harm."""
    many = ",".join(map(str, long[:90]))
    return [
        "/fat/articles.json?_size=max&_shape=array&_all=on", "/fat/articles.csv?_size=max&_all=on",
        "/fat/history.json?_size=max&_all=on", "/fat/history?_sort=text&_size=max&_all=on",
        "/fat/revisions.json?_size=max&_all=on&_shape=objects", "/fat/articles?text__contains=zzzz",
        "/fat/articles?_sort_desc=text&_size=max&_all=on", "/fat/articles.json?text__like=%25a%25b%25c%25d%25zz%25q",
        "/fat/articles.json?text__glob=*a*b*c*d*e*zz*q", "/fat/articles.json?_search=the&_size=max&_all=on",
        f"/fat/articles.json?id__in={many}&_all=on&_size=max&_shape=array", f"/fat/articles.csv?id__in={many}&_all=on",
        "/fat.json?sql=select+zeroblob(900000000)", "/fat/articles?_facet=title", "/fat/edits.json?_size=max",
        "/-/search?q=the", "/-/search?q=t*", "/-/search?q=the+OR+and&sort=newest&page=50",
        "/-/search.json?q=%22the+and%22+OR+NEAR(the+and,100)", "/-/search.atom?q=the", "/-/changes", "/-/removals",
        *(path for n in long[:4] for path in (f"/-/article/{n}", f"/-/article/{n}.txt", f"/-/article/{n}?old=1",
                                              f"/fat/articles/{n}", f"/fat/articles/{n}.json")),
    ]  # fmt: skip


@pytest.mark.slow
def test_nobody_takes_the_server_from_the_others(tmp_path: Path) -> None:
    """Six who ask for the heaviest there is, then sixty who do not read what they asked for."""
    path, long = fat_snapshot(tmp_path / "fat.db", articles=20_000, long=50, length=1_000_000)
    with served(path, "--public", "--snapshot", str(path)) as (reader, _):
        heavy = _heavy(long)
        for one in heavy:
            assert reader.status(one) != 500, one
        light = f"/-/article/{long[0] + (1 << 20)}"
        alone = reader.seconds(light, times=21)
        over = threading.Event()

        def insist(first: int) -> None:
            asking = Reader(reader.base)
            for n in itertools.count(first * 5):
                if over.is_set():
                    return
                asking.status(heavy[n % len(heavy)])

        crowd = [threading.Thread(target=insist, args=(first,)) for first in range(6)]
        for one in crowd:
            one.start()
        among = reader.seconds(light, times=41)
        over.set()
        for one in crowd:
            one.join()
        assert among < max(0.2, 20 * alone)  # a machine that is busy otherwise is slower alone, too
        idlers = []
        for _ in range(60):
            idlers.append(socket.create_connection(("127.0.0.1", int(reader.base.rpartition(":")[2]))))
            idlers[-1].sendall(f"GET {heavy[4]} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert reader.seconds(light, times=21) < max(0.2, 20 * alone)
        for one in idlers:
            one.close()
        assert reader.memory() < 500
