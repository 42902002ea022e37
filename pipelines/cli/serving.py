"""`tearsheet serve` and `tearsheet password`: the archive in Datasette, for oneself, for a desk or for everybody."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from pipelines.cli.desk import Desk, desk_of
from pipelines.cli.options import db_option
from pipelines.cli.output import say
from pipelines.cli.publishing import published, ready_made
from pipelines.errors import ConfigError
from pipelines.explore.passwords import SHORTEST
from pipelines.explore.terms import EVERYBODY, Terms
from pipelines.explore.words import many
from pipelines.store.archive import Archive

_VARIABLE = "TEARSHEET_PASSWORD"
_LEFT_OUT = "pages as they came, notes, watches, SQL and downloads are left out"
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "[::1]"))


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True, help="Port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; 0.0.0.0 is every one of this machine.")
@click.option("--password", "desk", is_flag=True, help="For a desk: who reads or writes signs in first.")
@click.option("--public", is_flag=True, help="For everybody: a snapshot, read only, without SQL.")
@click.option(
    "--snapshot", type=click.Path(path_type=Path), help="With --public: this one, made by `tearsheet export`."
)
@click.option("--setting", "pairs", nargs=2, multiple=True, metavar="NAME VALUE", help="A setting of Datasette's.")
@db_option
def serve(
    port: int,
    host: str,
    desk: bool,
    public: bool,
    snapshot: Path | None,
    pairs: tuple[tuple[str, str], ...],
    db: Path,
) -> None:
    """Open the archive in Datasette: for you on this machine, for a desk, or for everybody.

    Datasette describes it as ./metadata.yaml says, or as the one that comes with Tearsheet. Ctrl-C stops it.

    \b
    --password  everybody signs in. The first start asks for a password, or takes TEARSHEET_PASSWORD;
                `tearsheet password NAME` gives one to each person instead.
    --public    a snapshot of the archive, made at the start: articles and what was said of them, without
                pages as they came, notes, watches and SQL. What one reader can ask for is bounded.

    \b
    Example:
        tearsheet serve --port 8010
        tearsheet serve --public --setting base_url /news/
    """
    from pipelines.explore import server  # takes half a second, which other commands need not wait

    task = _Task(host, port, desk, public, snapshot)
    task.check()
    settings = server.settings_of(dict(pairs), public=public)
    metadata = server.metadata_of(*_metadata())
    with _door(host, port) as door:
        path, terms, secret, said = task.prepared(db)
        serving = server.Serving(path=path, terms=terms, metadata=metadata, settings=settings, secret=secret)

        def ready() -> None:
            say(f"{task.address(settings)}  {said}")
            say("Ctrl-C stops it.")

        try:
            server.run(serving, door, ready)
        except KeyboardInterrupt:
            say("stopped")


@click.command()
@click.argument("name", default=EVERYBODY)
@click.option("--remove", is_flag=True, help="Take the password away: NAME may not sign in any more.")
@db_option
def password(name: str, remove: bool, db: Path) -> None:
    """Set the password by which NAME signs in to `tearsheet serve --password`; without NAME, one that all share.

    It is asked for, or read from standard input, and kept hashed beside the archive. Whoever was signed in by
    an old one signs in again.

    \b
    Example:
        tearsheet password maud
    """
    Archive(db).close()  # says what is wrong with it
    desk = desk_of(db)
    if not name.strip() or not name.isprintable():
        raise ConfigError(f"{name!r}: is no name that one can type")
    desk = desk.without(name) if remove else desk.admitting(name, _asked())
    desk.write()
    rest = f"{many(len(desk.users), 'person', 'people')} may sign in" if desk.users else "nobody may sign in"
    say(f"{desk.path}: {rest}, from the next start of `tearsheet serve --password`")


@dataclass(frozen=True, slots=True)
class _Task:
    host: str
    port: int
    desk: bool
    public: bool
    snapshot: Path | None

    def check(self) -> None:
        """Raises ConfigError where these options do not go together."""
        if self.desk and self.public:
            raise ConfigError("--password and --public: choose one; everybody has no password")
        if self.snapshot and not self.public:
            raise ConfigError("--snapshot is for --public")
        if not (self.desk or self.public or _is_loopback(self.host)):
            raise ConfigError(
                f"--host {self.host}: others could read and change everything; add --password for a desk,"
                " or --public to let everybody read a snapshot"
            )

    def prepared(self, db: Path) -> tuple[Path, Terms, str | None, str]:
        """The file to serve, on what terms, the secret of its cookies, and all that in words."""
        if self.public:
            path = self.snapshot or published(db)
            count = ready_made(path)
            made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            said = f"for everybody: {many(count, 'article')} as of {made:%Y-%m-%d %H:%M} UTC ({path}); {_LEFT_OUT}"
            return path, Terms(public=True), None, said
        Archive(db).close()  # says what is wrong with it
        if not self.desk:
            terms = Terms(annotate=True, hosts=_LOOPBACK | {_bracketed(self.host)})
            return db, terms, None, f"{db}, for you on this machine"
        desk = _desk(db)
        terms = Terms(annotate=True, users=desk.users)
        return db, terms, desk.secret, f"{db}, for {_those(desk)}{self._warning()}"

    def _warning(self) -> str:
        if _is_loopback(self.host):
            return ""
        return "; without TLS, others on the network can read along: put a proxy before it (docs/operations.md)"

    def address(self, settings: dict[str, Any]) -> str:
        """Where it is."""
        return f"http://{_bracketed(self.host)}:{self.port}{settings.get('base_url', '/')}"


def _metadata() -> tuple[str, str]:
    """Where Datasette's metadata stand, and their text. Raises ConfigError."""
    own = Path("metadata.yaml")
    try:
        if own.exists():
            return str(own), own.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{own}: cannot be read ({problem})") from None
    return "metadata.yaml", files("pipelines.cli").joinpath("templates/metadata.yaml").read_text(encoding="utf-8")


def _door(host: str, port: int) -> socket.socket:
    """The socket to listen on. Raises ConfigError where it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio sends at once only where a socket says that it is of TCP: else each page waits 40 ms for an ACK
        door = socket.socket(family, kind, protocol)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
    except socket.gaierror as problem:
        raise ConfigError(f"--host {host}: is no address ({problem.strerror})") from None
    except OSError as problem:
        door.close()
        raise ConfigError(f"port {port} cannot be had ({problem.strerror}); name another with --port") from None
    return door


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _desk(db: Path) -> Desk:
    """The desk, with a password set now if it has none. Raises ConfigError where nobody is there to ask."""
    desk = desk_of(db)
    given = os.environ.get(_VARIABLE)
    if given is not None and not desk.knows(EVERYBODY, given):
        desk = desk.admitting(EVERYBODY, _long_enough(given, _VARIABLE))
        desk.write()
    if not desk.users:
        if not sys.stdin.isatty():
            raise ConfigError(f"--password: none is set yet; run `tearsheet password`, or set {_VARIABLE}")
        desk = desk.admitting(EVERYBODY, _asked())
        desk.write()
    return desk


def _asked() -> str:
    """A new password, from whoever sits there, or the first line of standard input."""
    if not sys.stdin.isatty():
        return _long_enough(sys.stdin.readline().rstrip("\r\n"), "standard input")
    typed: str = click.prompt("New password", hide_input=True, confirmation_prompt="Once more", err=True)
    return _long_enough(typed, "the password")


def _long_enough(typed: str, what: str) -> str:
    if len(typed) < SHORTEST:
        raise ConfigError(f"{what}: a password has at least {SHORTEST} characters")
    return typed


def _those(desk: Desk) -> str:
    if list(desk.users) == [EVERYBODY]:
        return "whoever knows the password"
    return f"{', '.join(sorted(desk.users))}, by name and password"
