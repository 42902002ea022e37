"""What a crawl tells nobody, and whom it believes: cookies, passwords, referrers; certificates."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.crawls import Project, source, sources
from tests.hostile.prose import page, title
from tests.newsroom.server import Port

HERE, THERE = "127.0.0.1", "127.0.0.3"
SECRETS = ("crumb-1234", "pass-5678", "token-9012")


class Host(Port):
    """A host that sets a cookie with every answer, asks for a password, and sends readers on to another host."""

    def __init__(self, host: str = HERE, other: Host | None = None) -> None:
        super().__init__(0, _Handler, host)
        self.other = other
        self.links: tuple[str, ...] = ("/story/1", "/story/2")
        self.asked: list[tuple[str, dict[str, str]]] = []

    def secured(self, context: ssl.SSLContext) -> Host:
        """The same behind TLS."""
        self.socket = context.wrap_socket(self.socket, server_side=True)
        return self


class _Handler(BaseHTTPRequestHandler):
    server: Host
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        host = self.server
        host.asked.append((self.path, dict(self.headers)))
        status, body, headers = 200, page(f"{host.server_port} {self.path}").encode(), {}
        match self.path.strip("/").split("/"):
            case ["robots.txt"]:
                status, body = 404, b""
            case ["feed"]:
                scheme = "https" if isinstance(host.socket, ssl.SSLSocket) else "http"
                base = f"{scheme}://{host.server_name}:{host.server_port}"
                rows = "".join(
                    f"<item><title>{title(one)}</title><link>{one if '://' in one else base + one}</link></item>"
                    for one in host.links
                )
                body = f'<rss version="2.0"><channel><title>x</title>{rows}</channel></rss>'.encode()
            case ["away", _] if host.other:
                status, body, headers = 302, b"", {"Location": f"{host.other.base}/arrived/1"}
            case ["locked"]:
                status, body, headers = 401, b"Who are you?", {"WWW-Authenticate": 'Basic realm="x"'}
        self.send_response(status)
        for name, value in {
            "Set-Cookie": f"id={SECRETS[0]}; Path=/",
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    try:
        other = Host(THERE)
    except OSError:
        pytest.skip(f"this machine has no address {THERE}")
    host = Host(HERE, other)
    for one in (host, other):
        one.start()
    yield host, other
    for one in (host, other):
        one.stop()


_ALLOWED = '["127.0.0.0/8"]'


def test_nothing_of_one_host_is_told_to_another(tmp_path: Path, hosts: tuple[Host, Host]) -> None:
    host, other = hosts
    host.links = ("/story/1", "/away/1", "/locked", f"{other.base}/story/over-there")
    project = Project(
        tmp_path, sources(source("paper", feeds=f'["{host.base}/feed"]'), allow_private_networks=_ALLOWED)
    )
    assert project.crawl().code == 0
    assert project.crawl().code == 0
    assert {path for path, _ in other.asked} >= {"/arrived/1"}
    for one in (host, other):
        for path, headers in one.asked:
            assert not {"Cookie", "Authorization", "Proxy-Authorization"} & headers.keys(), path
            assert SECRETS[0] not in str(headers)
    assert not [path for path, headers in other.asked if "Referer" in headers]


def test_a_password_in_an_address_is_refused_where_you_give_it(tmp_path: Path, hosts: tuple[Host, Host]) -> None:
    feed = hosts[0].base.replace("//", f"//reader:{SECRETS[1]}@") + "/feed"
    project = Project(tmp_path, sources(source("paper", feeds=f'["{feed}"]'), allow_private_networks=_ALLOWED))
    ended = project.crawl()
    assert ended.code == 2
    assert "leave them out" in ended.err
    assert SECRETS[1] not in ended.err + ended.out


def test_a_password_in_a_link_is_left_out(tmp_path: Path, hosts: tuple[Host, Host]) -> None:
    host, other = hosts
    host.links = ("/story/1", other.base.replace("//", f"//reader:{SECRETS[1]}@") + "/story/2")
    project = Project(
        tmp_path, sources(source("paper", feeds=f'["{host.base}/feed"]'), allow_private_networks=_ALLOWED)
    )
    ended = project.crawl()
    assert SECRETS[1] not in ended.err + ended.out
    assert [path for path, _ in other.asked if path == "/story/2"]
    for path, headers in [*host.asked, *other.asked]:
        assert "Authorization" not in headers, path
    for table in ("captures", "entries", "articles", "failures", "addresses", "hosts"):
        assert SECRETS[1] not in str(project.rows(f"SELECT * FROM {table}")), table


# certificates


class Authority:
    """A certificate authority of our own, and certificates that are good or bad."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tearsheet test authority")])
        now = datetime.now(UTC)
        own = self._builder(self._name, self._key, now - timedelta(days=9), now + timedelta(days=9))
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def context(self, *, host: str = HERE, days: int = 5, trusted: bool = True) -> ssl.SSLContext:
        """TLS with a certificate for `host` that ends in `days`, signed by the authority or by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        builder = self._builder(name, key, now - timedelta(days=8), now + timedelta(days=days), trusted=trusted)
        names = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(host))])
        signed = builder.add_extension(names, critical=False).sign(self._key if trusted else key, hashes.SHA256())
        file = self._folder / f"{host}-{days}-{trusted}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime, end: datetime, *, trusted: bool = True
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name if trusted else name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )


def test_a_host_that_cannot_prove_its_name_is_not_believed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    contexts = {
        "good": authority.context(),
        "expired": authority.context(days=-1),
        "elsewhere": authority.context(host="127.0.0.9"),
        "self-signed": authority.context(trusted=False),
    }
    hosts = {name: Host().secured(context) for name, context in contexts.items()}
    for host in hosts.values():
        host.start()
    try:
        tables = [source(name, feeds=f'["https://{HERE}:{host.server_port}/feed"]') for name, host in hosts.items()]
        project = Project(tmp_path, sources(*tables, timeout='"5s"'))
        ended = project.crawl(SSL_CERT_FILE=str(authority.file))
    finally:
        for host in hosts.values():
            host.stop()
    assert ended.code == 1
    assert {name for (name,) in project.rows("SELECT DISTINCT source_id FROM captures")} == {"good"}
    assert project.one("SELECT count(*) FROM articles WHERE source_id = 'good'") == 2
    for name in contexts.keys() - {"good"}:
        assert hosts[name].asked == [], name
        assert f"{name}: no feed answered" in ended.err
        told = {
            why
            for (why,) in project.rows("SELECT error FROM failures WHERE url LIKE ?", f"%:{hosts[name].server_port}/%")
        }
        assert told
