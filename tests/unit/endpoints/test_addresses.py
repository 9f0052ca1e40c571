"""Webhooks reach public addresses, and of others only those of networks that are named."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from leadflow.endpoints.posting import Poster, Signed
from leadflow.outward.addresses import (
    Address,
    AddressRefused,
    UrlRefused,
    check_url,
    refuse_inward,
)
from leadflow.outward.guarded import look_up
from leadflow.settings import Settings
from tests.receivers import Receiver, receiving

HERE = "127.0.0.0/8"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
INWARD = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - nothing listens
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "ff0e::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::a00:1",
    "2001:db8::1",
]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def settings(networks: str = "", **others: float) -> Settings:
    return Settings(webhook_allowed_networks=networks, **others)  # type: ignore[arg-type]


def signed(url: str) -> Signed:
    return Signed(url, "msg_1", "{}", [SECRET])


@pytest.mark.parametrize("address", INWARD)
def test_what_is_not_public_is_refused_however_it_is_written(address: str) -> None:
    with pytest.raises(AddressRefused, match="LEADFLOW_WEBHOOK_ALLOWED_NETWORKS"):
        refuse_inward([ip_address("93.184.216.34"), ip_address(address)], [])


def test_what_is_public_or_of_a_named_network_is_reached() -> None:
    refuse_inward([ip_address("93.184.216.34"), ip_address("2606:4700::1111")], [])
    named = [ip_network("10.1.0.0/16")]
    refuse_inward([ip_address("10.1.2.3"), ip_address("::ffff:10.1.2.3")], named)
    with pytest.raises(AddressRefused):
        refuse_inward([ip_address("10.2.0.1")], named)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/x",
        "file:///etc/passwd",
        "https://",
        "not a url",
        "https://user:word@example.com/",
        "https://example.com/#part",
        "http://127.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data",
        "https://localhost/x",
        "https://api.localhost/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://0/x",
        "https://example.com:99999/x",
        "https://example.com:0/x",
    ],
)
def test_a_url_that_no_webhook_may_go_to_is_refused_as_it_is_written_down(url: str) -> None:
    with pytest.raises(UrlRefused):
        check_url(url, [])


def test_a_name_that_stands_for_something_else_a_moment_later_gains_nothing(
    receiver: Receiver,
) -> None:
    """The name is public when it is first asked about and inward from then on: DNS rebinding."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [ip_address("93.184.216.34" if len(asked) == 1 else "127.0.0.1")]

    port = receiver.url.rpartition(":")[2]
    poster = Poster(settings(webhook_connect_seconds=0.2), resolve)
    first = poster.post(signed(f"http://rebind.example:{port}/"), NOW)
    assert first.status is None
    assert asked == ["rebind.example"]  # once, and connected to just what was checked
    second = poster.post(signed(f"http://rebind.example:{port}/"), NOW)
    assert second.error is not None
    assert "127.0.0.1 is no public address" in second.error
    assert receiver.got == []


def test_one_inward_address_among_public_ones_is_enough_to_refuse(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    both = [ip_address("127.0.0.1"), ip_address("93.184.216.34")]
    poster = Poster(settings(), lambda host, port: both)
    answer = poster.post(signed(f"http://both.example:{port}/"), NOW)
    assert answer.error is not None
    assert "no public address" in answer.error
    assert receiver.got == []


def test_the_checked_address_is_called_by_the_name_of_the_url(receiver: Receiver) -> None:
    port = receiver.url.rpartition(":")[2]
    poster = Poster(settings(HERE), lambda host, port: [ip_address("127.0.0.1")])
    answer = poster.post(signed(f"http://crm.example:{port}/hook?x=1"), NOW)
    assert answer.status == 200
    assert receiver.got[0].headers["host"] == f"crm.example:{port}"
    assert receiver.got[0].path == "/hook?x=1"


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answers = [302]
    answer = Poster(settings(HERE)).post(signed(f"{receiver.url}/"), NOW)
    assert answer.status == 302
    assert not answer.delivered
    assert [one.path for one in receiver.got] == ["/"]


def test_a_name_that_nobody_knows_and_a_port_where_nobody_listens_are_said() -> None:
    poster = Poster(settings(HERE))
    unknown = poster.post(signed("http://nothing.invalid/"), NOW)
    assert unknown.error == "Its name is not known, or the name server does not answer."
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = poster.post(signed(f"http://127.0.0.1:{taken.getsockname()[1]}/"), NOW)
    assert closed.error is not None
    assert "nobody listens" in closed.error


def test_an_answer_that_comes_byte_by_byte_ends_all_the_same() -> None:
    """Each byte comes in time, and the whole never does."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not ended.wait(0.05):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        answer = Poster(settings(HERE, webhook_answer_seconds=0.5)).post(signed(url), NOW)
        ended.set()
        thread.join()
    assert answer.status is None
    assert 400 < answer.milliseconds < 5000


def test_tls_is_checked_for_the_name_and_not_for_the_address(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path, "crm.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    named: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: named.append(name)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        thread = threading.Thread(target=_answer, args=(server, context, 2), daemon=True)
        thread.start()
        trusted = ssl.create_default_context(cafile=str(certificate))
        poster = Poster(settings(HERE), lambda host, port: [ip_address("127.0.0.1")], trusted)
        right = poster.post(signed(f"https://crm.example:{port}/"), NOW)
        wrong = poster.post(signed(f"https://other.example:{port}/"), NOW)
        thread.join(5)
    assert right.status == 200
    assert wrong.status is None
    assert named == ["crm.example", "other.example"]


def test_this_machine_is_found_by_its_name() -> None:
    assert any(address.is_loopback for address in look_up("localhost", 80))


def _answer(server: socket.socket, context: ssl.SSLContext, times: int) -> None:
    for _ in range(times):
        connection, _ = server.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as stream:
                while not stream.recv(65536).endswith(b"{}"):
                    pass
                stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except OSError:
            connection.close()


def _certificate(folder: Path, name: str) -> Path:
    """A key and a certificate of its own for a name, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "tls.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_a_secret_that_cannot_sign_is_an_answer_that_says_what_to_do() -> None:
    broken = Signed("https://example.com/x", "msg_1", "{}", ["whsec_not base64!"])
    answer = Poster(settings()).post(broken, NOW)
    assert answer.status is None
    assert "leadflow endpoints secret" in str(answer.error)
